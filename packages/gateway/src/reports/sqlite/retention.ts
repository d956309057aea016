import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { PruneOutcome, ReportStoreOptions } from '../store.ts';
import { recordingFile } from './uploads.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Small enough that an upload does not wait long behind it. */
const BATCH = 100;
/** Down to this share of the limit, so that not every upload makes room for itself. */
const TARGET = 0.9;

/** Forgets calls with all that belongs to them: those that are too old, then the oldest while there is too much. */
export class Retention {
  readonly #db: DatabaseSync;
  readonly #folder: string;
  readonly #options: ReportStoreOptions;
  readonly #older: StatementSync;
  readonly #recordings: StatementSync;
  readonly #remove: StatementSync;
  readonly #pages: StatementSync;
  readonly #recorded: StatementSync;

  constructor(db: DatabaseSync, folder: string, options: ReportStoreOptions) {
    this.#db = db;
    this.#folder = folder;
    this.#options = options;
    // Live calls stay: a report of theirs may be on its way.
    this.#older = db.prepare(
      `SELECT id FROM calls WHERE started_at < ? AND ended_at IS NOT NULL ORDER BY started_at LIMIT ${String(BATCH)}`,
    );
    this.#recordings = db.prepare(
      'SELECT id FROM recordings WHERE leg IN (SELECT id FROM legs WHERE call = ?)',
    );
    this.#remove = db.prepare('DELETE FROM calls WHERE id = ?');
    this.#pages = db.prepare(`
      SELECT (page_count - freelist_count) * page_size AS bytes
      FROM pragma_page_count, pragma_freelist_count, pragma_page_size`);
    this.#recorded = db.prepare('SELECT COALESCE(SUM(bytes), 0) AS bytes FROM recordings');
  }

  prune(now: number): PruneOutcome {
    const { retentionDays, maxBytes } = this.#options;
    let removed = 0;
    for (let count = -1; count !== 0; removed += count) {
      count = this.#removeBefore(now - retentionDays * DAY_MS);
    }
    if (this.#bytes() > maxBytes) {
      for (let count = -1; count !== 0 && this.#bytes() > maxBytes * TARGET; removed += count) {
        count = this.#removeBefore(Number.MAX_SAFE_INTEGER);
      }
    }
    if (removed > 0) this.#db.exec('PRAGMA incremental_vacuum');
    return { removed, bytes: this.#bytes() };
  }

  /** One batch, oldest first. */
  #removeBefore(time: number): number {
    const calls = this.#older.all(time).map((row) => String(row['id']));
    const files: string[] = [];
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const call of calls) {
        for (const row of this.#recordings.all(call)) files.push(recordingFile(Number(row['id'])));
        this.#remove.run(call);
      }
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
    for (const file of files) rmSync(join(this.#folder, file), { force: true });
    return calls.length;
  }

  #bytes(): number {
    return Number(this.#pages.get()?.['bytes']) + Number(this.#recorded.get()?.['bytes']);
  }
}
