import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import type {
  CallDetail,
  CallEvent,
  CallFilter,
  CallPage,
  CallQuery,
  CallSummary,
  Feedback,
  LegDetail,
  LegMedia,
  RecordingSummary,
} from '../store.ts';
import { recordingFile } from './uploads.ts';

type Row = Readonly<Record<string, SQLOutputValue>>;

const MAX_LIMIT = 1000;

const SORT_COLUMNS = {
  time: 'started_at',
  duration: 'duration_ms',
  mos: 'mos',
  loss: 'loss_percent',
  jitter: 'jitter_ms',
  rtt: 'rtt_ms',
} as const satisfies Readonly<Record<NonNullable<CallQuery['sort']>, string>>;

/** Reads calls: many by what they have in common, one with everything. */
export class CallQueries {
  readonly #db: DatabaseSync;
  readonly #folder: string;
  readonly #legs: StatementSync;
  readonly #call: StatementSync;
  readonly #row: StatementSync;
  readonly #events: StatementSync;
  readonly #reports: StatementSync;
  readonly #debug: StatementSync;
  readonly #recordings: StatementSync;
  /** Lists differ in their filters: there are few, and preparing costs more than looking up. */
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync, folder: string) {
    this.#db = db;
    this.#folder = folder;
    this.#legs = db.prepare(
      'SELECT * FROM legs WHERE call = ? ORDER BY role DESC, started_at, rowid',
    );
    this.#call = db.prepare(`
      SELECT * FROM calls WHERE id = ?1
      UNION ALL SELECT * FROM calls WHERE id IN (SELECT call FROM legs WHERE call_id = ?1)
      ORDER BY started_at DESC LIMIT 1`);
    this.#row = db.prepare('SELECT * FROM calls WHERE rowid = ?');
    this.#events = db.prepare('SELECT data FROM events WHERE call = ?');
    this.#reports = db.prepare('SELECT body FROM reports WHERE leg = ? ORDER BY page, segment');
    this.#debug = db.prepare('SELECT data FROM debug WHERE leg = ? ORDER BY id');
    this.#recordings = db.prepare(
      'SELECT * FROM recordings WHERE leg = ? ORDER BY recording_id, track, first_sample',
    );
  }

  list(query: CallQuery): CallPage {
    const { where, values } = conditions(query);
    const total = this.#prepare(`SELECT COUNT(*) AS total FROM calls ${where}`).get(...values);
    const column = SORT_COLUMNS[query.sort ?? 'time'];
    const direction = query.order === 'asc' ? 'ASC' : 'DESC';
    // The order is found in an index; only the rows of this page are read.
    const rows = this.#prepare(
      `SELECT rowid FROM calls ${where}
       ORDER BY ${column} ${direction} NULLS LAST, rowid ${direction} LIMIT ? OFFSET ?`,
    ).all(...values, Math.min(query.limit ?? 50, MAX_LIMIT), query.offset ?? 0);
    return {
      calls: rows.flatMap(({ rowid }) => {
        const row = this.#row.get(rowid ?? null);
        return row === undefined ? [] : [summaryOf(row)];
      }),
      total: Number(total?.['total']),
    };
  }

  find(id: string): CallDetail | null {
    const row = this.#call.get(id);
    if (row === undefined) return null;
    const callId = String(row['id']);
    const legs = this.#legs.all(callId);
    const events = this.#events.get(callId)?.['data'];
    return {
      call: summaryOf(row),
      legs: legs.map((leg) => this.#legOf(leg)),
      events: events instanceof Uint8Array ? (unzip(events) as CallEvent[]) : [],
      droppedEvents: Number(row['dropped_events']),
    };
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  #legOf(row: Row): LegDetail {
    const id = String(row['id']);
    return {
      id,
      session: String(row['session']),
      callId: String(row['call_id']),
      user: String(row['user']),
      number: String(row['number']),
      role: row['role'] === 'caller' ? 'caller' : 'callee',
      startedAt: Number(row['started_at']),
      answeredAt: numberOf(row['answered_at']),
      endedAt: numberOf(row['ended_at']),
      cause: textOf(row['cause']),
      endedBy: row['ended_by'] === null ? null : row['ended_by'] === 'party' ? 'party' : 'gateway',
      media: jsonOf(row['media']) as LegMedia | null,
      ...measurementsOf(row),
      browser: textOf(row['browser']),
      sdk: textOf(row['sdk']),
      sdkVersion: textOf(row['sdk_version']),
      feedback: jsonOf(row['feedback']) as Feedback | null,
      reports: this.#reports.all(id).map(({ body }) => unzip(body as Uint8Array)),
      debug: this.#debug.all(id).flatMap(({ data }) => linesOf(data as Uint8Array)),
      recordings: this.#recordings.all(id).map((recording) => this.#recordingOf(recording)),
    };
  }

  #recordingOf(row: Row): RecordingSummary {
    return {
      recordingId: String(row['recording_id']),
      track: row['track'] === 'local' ? 'local' : 'remote',
      startedAt: Number(row['started_at']),
      firstSample: Number(row['first_sample']),
      samples: Number(row['samples']),
      sampleRate: Number(row['sample_rate']),
      file: join(this.#folder, recordingFile(Number(row['id']))),
    };
  }
}

/** Values are bound, never written into the statement. */
function conditions(filter: CallFilter): { where: string; values: SQLInputValue[] } {
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (term: string, ...given: SQLInputValue[]): void => {
    terms.push(term);
    values.push(...given);
  };
  const { from, to, user, number, cause, mosFrom, mosTo, browser, sdkVersion, reported } = filter;
  if (from !== undefined) add('started_at >= ?', from);
  if (to !== undefined) add('started_at < ?', to);
  if (user !== undefined) add('id IN (SELECT call FROM legs WHERE user = ?)', user);
  if (number !== undefined) {
    add('(INSTR(destination, ?) > 0 OR INSTR(caller_number, ?) > 0)', number, number);
  }
  if (cause !== undefined) add('cause = ?', cause);
  if (mosFrom !== undefined) add('mos >= ?', mosFrom);
  if (mosTo !== undefined) add('mos < ?', mosTo);
  // Members of a JSON array of texts. `Firefox` stands for every version of it.
  if (browser !== undefined) {
    const member = JSON.stringify(browser);
    add('(INSTR(browsers, ?) > 0 OR INSTR(browsers, ?) > 0)', member, `${member.slice(0, -1)} `);
  }
  if (sdkVersion !== undefined) add('INSTR(sdks, ?) > 0', JSON.stringify(sdkVersion));
  if (reported !== undefined) add(reported ? 'reports > 0' : 'reports = 0');
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, values };
}

function summaryOf(row: Row): CallSummary {
  const answeredAt = numberOf(row['answered_at']);
  const endedAt = numberOf(row['ended_at']);
  return {
    id: String(row['id']),
    startedAt: Number(row['started_at']),
    answeredAt,
    endedAt,
    durationMs: numberOf(row['duration_ms']),
    talkedMs: answeredAt === null || endedAt === null ? null : endedAt - answeredAt,
    cause: textOf(row['cause']),
    destination: String(row['destination']),
    service: textOf(row['service']),
    caller: String(row['caller']),
    callerNumber: String(row['caller_number']),
    callee: textOf(row['callee']),
    ...measurementsOf(row),
    reports: Number(row['reports']),
    feedback: numberOf(row['feedback']),
    browsers: jsonOf(row['browsers']) as string[],
    sdks: jsonOf(row['sdks']) as string[],
  };
}

function measurementsOf(
  row: Row,
): Pick<CallSummary, 'mos' | 'mosMin' | 'lossPercent' | 'jitterMs' | 'rttMs'> {
  return {
    mos: numberOf(row['mos']),
    mosMin: numberOf(row['mos_min']),
    lossPercent: numberOf(row['loss_percent']),
    jitterMs: numberOf(row['jitter_ms']),
    rttMs: numberOf(row['rtt_ms']),
  };
}

function numberOf(value: SQLOutputValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

function textOf(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function jsonOf(value: SQLOutputValue | undefined): unknown {
  return typeof value === 'string' ? (JSON.parse(value) as unknown) : null;
}

function unzip(data: Uint8Array): unknown {
  return JSON.parse(gunzipSync(data).toString()) as unknown;
}

function linesOf(data: Uint8Array): unknown[] {
  const lines = gunzipSync(data).toString().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
}
