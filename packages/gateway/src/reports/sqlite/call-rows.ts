import { gzipSync } from 'node:zlib';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LegMedia, LegRecord } from '@offhook/protocol';
import type { CallRecord, MediaPoint } from '../records.ts';
import type { CallMessages } from '../message-log.ts';
import { viewMessage } from '../view/message.ts';
import type { ConversationRecord } from '../../assistants/conversation.ts';

/** The gateway's own view of calls, and the figures that lists are sorted by. */
export class CallRows {
  readonly #saveCall: StatementSync;
  readonly #saveLeg: StatementSync;
  readonly #saveEvents: StatementSync;
  readonly #saveMedia: StatementSync;
  readonly #saveSeries: StatementSync;
  readonly #saveConversation: StatementSync;
  readonly #saveMessages: StatementSync;
  readonly #endSession: StatementSync;
  readonly #closeCalls: StatementSync;
  readonly #closeLegs: StatementSync;
  readonly #callOf: StatementSync;
  readonly #refresh: StatementSync;

  constructor(db: DatabaseSync) {
    this.#saveCall = db.prepare(`
      INSERT INTO calls (id, started_at, rang_at, answered_at, ended_at, duration_ms, cause, destination, service,
                         caller, caller_number, callee, dropped_events, sip_call_id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET
        rang_at = excluded.rang_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,
        duration_ms = excluded.duration_ms, cause = excluded.cause, service = excluded.service,
        callee = excluded.callee, dropped_events = excluded.dropped_events,
        sip_call_id = excluded.sip_call_id`);
    this.#saveLeg = db.prepare(`
      INSERT INTO legs (id, call, session, call_id, user, number, role, started_at, answered_at, ended_at, cause, ended_by, media, via)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET
        answered_at = excluded.answered_at, ended_at = excluded.ended_at, cause = excluded.cause,
        ended_by = excluded.ended_by, media = COALESCE(excluded.media, media)`);
    this.#saveEvents = db.prepare('INSERT OR REPLACE INTO events (call, data) VALUES (?, ?)');
    this.#saveMedia = db.prepare('UPDATE legs SET media = ? WHERE id = ?');
    // A leg that is forgotten already has no series.
    this.#saveSeries = db.prepare(
      'INSERT OR REPLACE INTO media_series (leg, data) SELECT id, ?2 FROM legs WHERE id = ?1',
    );
    this.#saveConversation = db.prepare(
      'INSERT OR REPLACE INTO conversations (call, at, data) VALUES (?, unixepoch(), ?)',
    );
    // A call that is forgotten already has no messages.
    this.#saveMessages = db.prepare(
      'INSERT OR REPLACE INTO messages (call, dropped, data) SELECT id, ?2, ?3 FROM calls WHERE id = ?1',
    );
    this.#endSession = db.prepare(
      'UPDATE legs SET session_ended_at = ? WHERE session = ? AND session_ended_at IS NULL',
    );
    this.#closeCalls = db.prepare(
      `UPDATE calls SET ended_at = ?1, duration_ms = ?1 - started_at, cause = COALESCE(cause, 'NORMAL_TEMPORARY_FAILURE')
       WHERE ended_at IS NULL`,
    );
    this.#closeLegs = db.prepare(
      `UPDATE legs SET session_ended_at = ?1, ended_at = COALESCE(ended_at, ?1) WHERE session_ended_at IS NULL`,
    );
    this.#callOf = db.prepare('SELECT call FROM legs WHERE id = ?');
    const ofLegs = (column: string): string =>
      `SELECT ${column} FROM legs WHERE call = ?1 AND ${column} IS NOT NULL ORDER BY role DESC, started_at`;
    // The worse end counts, and towards the gateway what the media plane counted. A party that uploads nothing tells what it heard by RTCP.
    this.#refresh = db.prepare(`
      UPDATE calls SET (mos, mos_min, loss_percent, jitter_ms, rtt_ms, feedback) = (
        SELECT MIN(mos), MIN(mos_min), MAX(MAX(COALESCE(heard, uplink), COALESCE(uplink, heard))),
               MAX(COALESCE(jitter_ms, media ->> '$.far.jitterMs')), MAX(COALESCE(rtt_ms, media ->> '$.far.rttMs')),
               MIN(feedback_score)
        FROM (
          SELECT *, 100.0 * (media ->> 'packetsLost')
                    / NULLIF((media ->> 'packetsLost') + (media ->> 'packetsReceived'), 0) AS uplink,
                 COALESCE(loss_percent, media ->> '$.far.lossPercent') AS heard
          FROM legs WHERE call = ?1
        )
      ),
      browsers = (SELECT json_group_array(DISTINCT browser) FROM (${ofLegs('browser')})),
      sdks = (SELECT json_group_array(DISTINCT sdk_version) FROM (${ofLegs('sdk_version')})),
      reports = (SELECT COUNT(*) FROM reports WHERE leg IN (SELECT id FROM legs WHERE call = ?1))
      WHERE id = ?1`);
  }

  save(call: CallRecord): void {
    const { id, startedAt, rangAt, answeredAt, endedAt, cause, destination, service, legs } = call;
    const caller = legs.find((leg) => leg.role === 'caller');
    const callees = legs.filter((leg) => leg.role === 'callee');
    const callee = callees.find((leg) => leg.answeredAt !== null) ?? callees[0];
    this.#saveCall.run(
      id,
      startedAt,
      rangAt,
      answeredAt,
      endedAt,
      endedAt === null ? null : endedAt - startedAt,
      cause,
      destination,
      service,
      caller?.user ?? '',
      caller?.number ?? '',
      callee?.user ?? null,
      call.droppedEvents,
      sipCallIdOf(legs),
    );
    for (const leg of legs) {
      this.#saveOne(id, leg);
    }
    if (call.events) {
      this.#saveEvents.run(id, gzipSync(JSON.stringify(call.events)));
    }
  }

  saveConversation(record: ConversationRecord): void {
    this.#saveConversation.run(record.call, gzipSync(JSON.stringify(record)));
  }

  saveMessages({ call, dropped, messages }: CallMessages): void {
    const shown = messages.map(viewMessage);
    this.#saveMessages.run(call, dropped, gzipSync(JSON.stringify(shown)));
  }

  saveMedia(leg: string, media: LegMedia): void {
    this.#saveMedia.run(JSON.stringify(media), leg);
    const call = this.#callOf.get(leg)?.['call'];
    if (typeof call === 'string') {
      this.refresh(call);
    }
  }

  saveSeries(leg: string, points: readonly MediaPoint[]): void {
    this.#saveSeries.run(leg, gzipSync(JSON.stringify(points)));
  }

  endSession(session: string, at: number): void {
    this.#endSession.run(at, session);
  }

  /** Of a gateway that stopped without saying so. */
  closeAll(at: number): void {
    this.#closeCalls.run(at);
    this.#closeLegs.run(at);
  }

  /** Works the call's figures out anew from those of its legs. */
  refresh(call: string): void {
    this.#refresh.run(call);
  }

  #saveOne(call: string, leg: LegRecord): void {
    this.#saveLeg.run(
      leg.id,
      call,
      leg.session,
      leg.callId,
      leg.user,
      leg.number,
      leg.role,
      leg.startedAt,
      leg.answeredAt,
      leg.endedAt,
      leg.cause,
      leg.endedBy,
      leg.media === null ? null : JSON.stringify(leg.media),
      leg.via,
    );
  }
}

/** Of the party by SIP that talked; else of the first. */
function sipCallIdOf(legs: readonly LegRecord[]): string | null {
  const outside = legs.filter(({ via }) => via === 'sip');
  return (outside.find(({ answeredAt }) => answeredAt !== null) ?? outside[0])?.callId ?? null;
}
