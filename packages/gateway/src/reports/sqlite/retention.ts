import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { PruneOutcome, ReportStoreOptions } from '../store.ts';
import { recordingFile } from './uploads.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Small enough that an upload does not wait long behind it. */
const BATCH = 100;
/** At a time of one user: after them another one may hold most. */
const FEW = 8;
/** What a leg costs beside what its client sent: its row, events and figures over time. */
const PER_LEG = 8192;
/** Down to this share of the limit, so that not every upload makes room for itself. */
const TARGET = 0.9;

/** Forgets calls with all that belongs to them: those that are too old; while there is too much, the oldest of whoever holds most. */
export class Retention {
  readonly #db: DatabaseSync;
  readonly #folder: string;
  readonly #options: ReportStoreOptions;
  readonly #older: StatementSync;
  readonly #recordings: StatementSync;
  readonly #delete: StatementSync;
  readonly #heaviest: StatementSync;
  readonly #oldestOf: StatementSync;
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
    this.#delete = db.prepare('DELETE FROM calls WHERE id = ?');
    this.#heaviest = db.prepare(
      'SELECT user, SUM(bytes + ?) AS held FROM legs GROUP BY user ORDER BY held DESC',
    );
    this.#oldestOf = db.prepare(`
      SELECT DISTINCT calls.id AS id FROM legs JOIN calls ON calls.id = legs.call
      WHERE legs.user = ? AND calls.ended_at IS NOT NULL ORDER BY calls.started_at LIMIT ${String(FEW)}`);
    this.#pages = db.prepare(`
      SELECT (page_count - freelist_count) * page_size AS bytes
      FROM pragma_page_count, pragma_freelist_count, pragma_page_size`);
    this.#recorded = db.prepare('SELECT COALESCE(SUM(bytes), 0) AS bytes FROM recordings');
  }

  /** Whether what is held, the open transaction included, may be. */
  fits(): boolean {
    return this.#bytes() <= this.#options.maxBytes;
  }

  /**
   * Forgets old calls until there is room for so much more, each time one of the user who holds most: a heavy uploader forgets his own, and nobody else's.
   * Users whose calls are all going on hold no more than their quotas.
   */
  makeRoom(bytes: number): number {
    const { maxBytes } = this.#options;
    const target = Math.min(maxBytes * TARGET, maxBytes - bytes);
    let removed = 0;
    const spared = new Set<string>();
    while (this.#bytes() > target) {
      const user = this.#heaviest
        .all(PER_LEG)
        .map((row) => String(row['user']))
        .find((name) => !spared.has(name));
      if (user === undefined) {
        break;
      }
      const count = this.#remove(this.#oldestOf.all(user));
      if (count === 0) {
        spared.add(user);
      }
      removed += count;
    }
    return removed;
  }

  prune(now: number): PruneOutcome {
    const { retentionDays } = this.#options;
    let removed = 0;
    for (let count = -1; count !== 0; removed += count) {
      count = this.#remove(this.#older.all(now - retentionDays * DAY_MS));
    }
    if (!this.fits()) {
      removed += this.makeRoom(0);
    }
    if (removed > 0) {
      this.#db.exec('PRAGMA incremental_vacuum');
    }
    return { removed, bytes: this.#bytes() };
  }

  #remove(rows: readonly Record<string, unknown>[]): number {
    const calls = rows.map((row) => String(row['id']));
    if (calls.length === 0) {
      return 0;
    }
    const files: string[] = [];
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const call of calls) {
        for (const row of this.#recordings.all(call)) {
          files.push(recordingFile(Number(row['id'])));
        }
        this.#delete.run(call);
      }
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) {
        this.#db.exec('ROLLBACK');
      }
      throw error;
    }
    for (const file of files) {
      rmSync(join(this.#folder, file), { force: true });
    }
    return calls.length;
  }

  #bytes(): number {
    return Number(this.#pages.get()?.['bytes']) + Number(this.#recorded.get()?.['bytes']);
  }
}
