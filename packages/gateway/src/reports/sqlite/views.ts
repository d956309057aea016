import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CallReport, CallView, LegView, ViewRecording } from '@offhook/protocol';
import type { ConversationRecord } from '../../assistants/conversation.ts';
import type { CallEvent, MediaPoint } from '../records.ts';
import { clientSeries } from '../view/client-series.ts';
import {
  clientEvents,
  clientFacts,
  clientPaths,
  clientTimings,
  clientWarnings,
} from '../view/client-story.ts';
import { gatewaySeries } from '../view/gateway-series.ts';
import { legClock } from '../view/leg-clock.ts';
import type { ReceivedReport } from '../view/leg-clock.ts';
import {
  FIND_CALL,
  legRecordOf,
  measurementsOf,
  messagesOf,
  numberOf,
  reporterOf,
  summaryOf,
  unzip,
} from './rows.ts';
import type { Row } from './rows.ts';
import { recordingFile } from './uploads.ts';

/** Reads one call as its page shows it. */
export class CallViews {
  readonly #folder: string;
  readonly #call: StatementSync;
  readonly #legs: StatementSync;
  readonly #events: StatementSync;
  readonly #reports: StatementSync;
  readonly #series: StatementSync;
  readonly #debug: StatementSync;
  readonly #recordings: StatementSync;
  readonly #recording: StatementSync;
  readonly #conversation: StatementSync;
  readonly #messages: StatementSync;

  constructor(db: DatabaseSync, folder: string) {
    this.#folder = folder;
    this.#call = db.prepare(FIND_CALL);
    this.#legs = db.prepare(
      'SELECT * FROM legs WHERE call = ? ORDER BY role DESC, started_at, rowid',
    );
    this.#events = db.prepare('SELECT data FROM events WHERE call = ?');
    this.#reports = db.prepare(
      'SELECT body, received_at FROM reports WHERE leg = ? ORDER BY page, segment',
    );
    this.#series = db.prepare('SELECT data FROM media_series WHERE leg = ?');
    this.#debug = db.prepare('SELECT COUNT(*) AS count FROM debug WHERE leg = ?');
    this.#recordings = db.prepare(
      'SELECT * FROM recordings WHERE leg = ? ORDER BY recording_id, track, first_sample',
    );
    this.#conversation = db.prepare('SELECT data FROM conversations WHERE call = ?');
    this.#messages = db.prepare('SELECT data, dropped FROM messages WHERE call = ?');
    this.#recording = db.prepare('SELECT id FROM recordings WHERE id = ?');
  }

  view(name: string): CallView | null {
    const row = this.#call.get(name);
    if (row === undefined) {
      return null;
    }
    const id = String(row['id']);
    const data = this.#events.get(id)?.['data'];
    const events = data instanceof Uint8Array ? (unzip(data) as CallEvent[]) : [];
    const read = this.#legs.all(id).map((leg) => this.#legOf(leg, events));
    const merged = [...events.map(fromGateway), ...read.flatMap(({ story }) => story)];
    return {
      call: { ...summaryOf(row), rangAt: numberOf(row['rang_at']) },
      legs: read.map(({ leg }) => leg),
      events: merged.sort((a, b) => a.t - b.t),
      droppedEvents: Number(row['dropped_events']),
      ...messagesOf(this.#messages.get(id)),
      conversation: this.#conversationOf(id),
    };
  }

  #conversationOf(call: string): CallView['conversation'] {
    const data = this.#conversation.get(call)?.['data'];
    if (!(data instanceof Uint8Array)) {
      return null;
    }
    const record = unzip(data) as ConversationRecord;
    const { assistant, version, items, turns, interruptions } = record;
    return {
      assistant,
      version,
      items,
      turns,
      interruptions,
      withheld: record.withheld ?? false,
      usage: record.usage ?? null,
      failure: record.failure ?? null,
    };
  }

  recording(id: number): string | null {
    return this.#recording.get(id) === undefined ? null : join(this.#folder, recordingFile(id));
  }

  #legOf(row: Row, events: readonly CallEvent[]): { leg: LegView; story: CallView['events'] } {
    const record = legRecordOf(row);
    const received: ReceivedReport[] = this.#reports.all(record.id).map((stored) => ({
      report: unzip(stored['body'] as Uint8Array) as CallReport,
      receivedAt: Number(stored['received_at']),
    }));
    const reports = received.map(({ report }) => report);
    const clock = legClock(record, received, events);
    const series = this.#series.get(record.id)?.['data'];
    const leg: LegView = {
      ...record,
      ...measurementsOf(row),
      ...reporterOf(row),
      clock,
      reports: reports.length,
      debugFrames: Number(this.#debug.get(record.id)?.['count']),
      client: clientSeries(reports, clock.offsetMs),
      gateway: series instanceof Uint8Array ? gatewaySeries(unzip(series) as MediaPoint[]) : null,
      paths: clientPaths(reports, clock.offsetMs),
      warnings: clientWarnings(reports, clock.offsetMs),
      facts: clientFacts(reports),
      timings: clientTimings(reports),
      recordings: this.#recordings.all(record.id).map(recordingOf),
    };
    return { leg, story: clientEvents(record.id, reports, clock.offsetMs) };
  }
}

function fromGateway({
  t,
  leg,
  type,
  name = '',
  detail = '',
}: CallEvent): CallView['events'][number] {
  return { t, leg, source: 'gateway', type, name, detail };
}

function recordingOf(row: Row): ViewRecording {
  return {
    id: Number(row['id']),
    track: row['track'] === 'local' ? 'local' : 'remote',
    startedAt: Number(row['started_at']),
    seconds: Number(row['samples']) / Number(row['sample_rate']),
  };
}
