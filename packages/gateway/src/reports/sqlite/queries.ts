import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { CallPage } from '@offhook/protocol';
import type { ConversationRecord } from '../../assistants/conversation.ts';
import type { CallEvent } from '../records.ts';
import type { CallDetail, CallFilter, CallQuery, LegDetail, RecordingSummary } from '../store.ts';
import {
  FIND_CALL,
  legRecordOf,
  linesOf,
  measurementsOf,
  messagesOf,
  reporterOf,
  summaryOf,
  unzip,
} from './rows.ts';
import type { Row } from './rows.ts';
import { recordingFile } from './uploads.ts';

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
  readonly #conversation: StatementSync;
  readonly #messages: StatementSync;
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
    this.#call = db.prepare(FIND_CALL);
    this.#row = db.prepare('SELECT * FROM calls WHERE rowid = ?');
    this.#conversation = db.prepare('SELECT data FROM conversations WHERE call = ?');
    this.#messages = db.prepare('SELECT data, dropped FROM messages WHERE call = ?');
    this.#events = db.prepare('SELECT data FROM events WHERE call = ?');
    this.#reports = db.prepare('SELECT body FROM reports WHERE leg = ? ORDER BY page, segment');
    this.#debug = db.prepare('SELECT data FROM debug WHERE leg = ? ORDER BY id');
    this.#recordings = db.prepare(
      'SELECT * FROM recordings WHERE leg = ? ORDER BY recording_id, track, first_sample',
    );
  }

  list(query: CallQuery): CallPage {
    const { count, page, values } = listStatements(query);
    const total = Number(this.#prepare(count).get(...values)?.['total']);
    if (total === 0) {
      return { calls: [], total };
    }
    const limit = Math.min(query.limit ?? 50, MAX_LIMIT);
    const rows = this.#prepare(page).all(...values, limit, query.offset ?? 0);
    return {
      calls: rows.flatMap(({ rowid }) => {
        const row = this.#row.get(rowid ?? null);
        return row === undefined ? [] : [summaryOf(row)];
      }),
      total,
    };
  }

  find(id: string): CallDetail | null {
    const row = this.#call.get(id);
    if (row === undefined) {
      return null;
    }
    const callId = String(row['id']);
    const legs = this.#legs.all(callId);
    const events = this.#events.get(callId)?.['data'];
    return {
      call: summaryOf(row),
      legs: legs.map((leg) => this.#legOf(leg)),
      events: events instanceof Uint8Array ? (unzip(events) as CallEvent[]) : [],
      droppedEvents: Number(row['dropped_events']),
      ...messagesOf(this.#messages.get(callId)),
      conversation: this.#conversationOf(callId),
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

  #conversationOf(call: string): ConversationRecord | null {
    const data = this.#conversation.get(call)?.['data'];
    return data instanceof Uint8Array ? (unzip(data) as ConversationRecord) : null;
  }

  #legOf(row: Row): LegDetail {
    const id = String(row['id']);
    return {
      ...legRecordOf(row),
      ...measurementsOf(row),
      ...reporterOf(row),
      reports: this.#reports.all(id).map(({ body }) => unzip(body as Uint8Array)),
      debug: this.#debug.all(id).flatMap(({ data }) => linesOf(data as Uint8Array)),
      recordings: this.#recordings.all(id).map((recording) => this.#recordingOf(recording)),
    };
  }

  #recordingOf(row: Row): RecordingSummary {
    return {
      id: Number(row['id']),
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

/** The order is found in an index; only the rows of a page are read. `page` takes a limit and an offset after the values. */
export function listStatements(query: CallQuery): {
  readonly count: string;
  readonly page: string;
  readonly values: SQLInputValue[];
} {
  const { where, values } = conditions(query);
  const column = SORT_COLUMNS[query.sort ?? 'time'];
  const direction = query.order === 'asc' ? 'ASC' : 'DESC';
  return {
    count: `SELECT COUNT(*) AS total FROM calls ${where}`,
    page: `SELECT rowid FROM calls ${where}
           ORDER BY ${column} ${direction} NULLS LAST, rowid ${direction} LIMIT ? OFFSET ?`,
    values,
  };
}

/** Values are bound, never written into the statement. */
function conditions(filter: CallFilter): { where: string; values: SQLInputValue[] } {
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (term: string, ...given: SQLInputValue[]): void => {
    terms.push(term);
    values.push(...given);
  };
  const { from, to, user, id, number, cause, mosFrom, mosTo, browser, sdkVersion, reported } =
    filter;
  if (from !== undefined) {
    add('started_at >= ?', from);
  }
  if (to !== undefined) {
    add('started_at < ?', to);
  }
  if (user !== undefined) {
    add('id IN (SELECT call FROM legs WHERE user = ?)', user);
  }
  if (id !== undefined) {
    add('(id = ? OR id IN (SELECT call FROM legs WHERE call_id = ?))', id, id);
  }
  if (number !== undefined) {
    add('(INSTR(destination, ?) > 0 OR INSTR(caller_number, ?) > 0)', number, number);
  }
  if (cause !== undefined) {
    add('cause = ?', cause);
  }
  if (mosFrom !== undefined) {
    add('mos >= ?', mosFrom);
  }
  if (mosTo !== undefined) {
    add('mos < ?', mosTo);
  }
  // Members of a JSON array of texts. `Firefox` stands for every version of it.
  if (browser !== undefined) {
    const member = JSON.stringify(browser);
    add('(INSTR(browsers, ?) > 0 OR INSTR(browsers, ?) > 0)', member, `${member.slice(0, -1)} `);
  }
  if (sdkVersion !== undefined) {
    add('INSTR(sdks, ?) > 0', JSON.stringify(sdkVersion));
  }
  if (reported !== undefined) {
    add(reported ? 'reports > 0' : 'reports = 0');
  }
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, values };
}
