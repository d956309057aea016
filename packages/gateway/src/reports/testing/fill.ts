import { gzipSync } from 'node:zlib';
import { openDatabase } from '../../sqlite/database.ts';
import { BEFORE_TABLES, MIGRATIONS, reportsPath } from '../sqlite/schema.ts';
import { report, stats } from './samples.ts';

/** Numbers that look random and are the same each time (Lehmer's generator). */
export function series(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const CAUSES = [
  ...Array.from({ length: 14 }, () => 'NORMAL_CLEARING'),
  ...['NO_ANSWER', 'ORIGINATOR_CANCEL', 'USER_BUSY', 'CALL_REJECTED'],
  ...['SUBSCRIBER_ABSENT', 'NORMAL_TEMPORARY_FAILURE', 'MEDIA_TIMEOUT', 'UNALLOCATED_NUMBER'],
];
const BROWSERS = ['Chrome 140', 'Chrome 141', 'Firefox 130', 'Edge 140', 'Safari 18'];
const SDKS = ['0.1.0', '2.27.10', '2.26.4'];

export interface FillOptions {
  readonly calls: number;
  /** The newest began then. */
  readonly until: number;
  readonly days?: number;
}

/**
 * Fills a store with calls of two, each with both reports, by statements of its own: through the door a hundred thousand would take
 * minutes. Bodies are the same for all: what is read is what a page looks at.
 */
export function fillStore(dataDir: string, { calls, until, days = 30 }: FillOptions): void {
  const db = openDatabase(reportsPath(dataDir), MIGRATIONS, { beforeTables: BEFORE_TABLES });
  const random = series(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const addCall = db.prepare(`
    INSERT INTO calls (id, started_at, rang_at, answered_at, ended_at, duration_ms, cause, destination, service, caller, caller_number,
                       callee, dropped_events, mos, mos_min, loss_percent, jitter_ms, rtt_ms, reports, feedback, browsers, sdks)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const addLeg = db.prepare(`
    INSERT INTO legs (id, call, session, call_id, user, number, role, started_at, answered_at, ended_at, cause, ended_by, mos,
                      browser, sdk, sdk_version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'party', ?, ?, ?, ?)`);
  const addEvents = db.prepare('INSERT INTO events (call, data) VALUES (?, ?)');
  const addReport = db.prepare(`
    INSERT INTO reports (leg, page, segment, received_at, intervals, mos_sum, mos_count, mos_min, jitter_sum, jitter_count, rtt_sum,
                         rtt_count, lost, received, body)
    VALUES (?, 0, 0, ?, 12, 48, 12, 3.9, 60, 12, 600, 12, 3, 3000, ?)`);
  const body = gzipSync(JSON.stringify(report('call', { stats: stats(Array(12).fill({})) })));
  const events = gzipSync('[]');

  db.exec('BEGIN');
  for (let index = 0; index < calls; index += 1) {
    const id = `call-${String(index)}`;
    const startedAt = Math.round(until - ((calls - index) / calls) * days * 86_400_000);
    const cause = pick(CAUSES);
    const talks = cause === 'NORMAL_CLEARING' || cause.endsWith('FAILURE') || cause.endsWith('OUT');
    const answeredAt = talks ? startedAt + Math.round(random() * 20_000) : null;
    const endedAt = (answeredAt ?? startedAt) + Math.round(random() * 600_000);
    const mos = talks ? 4.5 - 3.5 * random() ** 6 : null;
    const [caller, callee] = [1000 + Math.floor(random() * 500), 2000 + Math.floor(random() * 500)];
    const [browser, sdk] = [pick(BROWSERS), pick(SDKS)];
    const measured = mos === null ? null : (4.5 - mos) * 3;
    addCall.run(
      id,
      startedAt,
      startedAt + 300,
      answeredAt,
      endedAt,
      endedAt - startedAt,
      cause,
      String(callee),
      String(caller),
      String(caller),
      String(callee),
      mos,
      mos === null ? null : Math.max(1, mos - 0.4),
      measured,
      measured === null ? null : measured * 8,
      measured === null ? null : 40 + measured * 30,
      mos === null ? 0 : 2,
      mos !== null && random() < 0.05 ? 1 + Math.floor(random() * 5) : null,
      JSON.stringify([browser]),
      JSON.stringify([sdk]),
    );
    for (const role of ['caller', 'callee'] as const) {
      const leg = `${id}-${role}`;
      const user = String(role === 'caller' ? caller : callee);
      const times = [startedAt, answeredAt, endedAt] as const;
      const client = [mos, browser, '@telnyx/webrtc', sdk] as const;
      addLeg.run(leg, id, 'session', leg, user, user, role, ...times, cause, ...client);
      if (mos !== null) {
        addReport.run(leg, endedAt, body);
      }
    }
    addEvents.run(id, events);
  }
  db.exec('COMMIT');
  // As a store has it that grew over weeks.
  db.exec('PRAGMA optimize');
  db.close();
}
