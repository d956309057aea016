import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { MAX_WAITING } from '../outbox.ts';
import type { NewDelivery, OutboxVerbs, SettleRequest, TakeRequest, Taken } from '../outbox.ts';

/** The first of its call for its address: the others wait for it. */
const FIRST = `
  FROM deliveries WHERE url = ?1 AND NOT EXISTS (
    SELECT 1 FROM deliveries AS earlier
    WHERE earlier.url = deliveries.url AND earlier.call = deliveries.call AND earlier.seq < deliveries.seq
  )`;

/** Deliveries of webhooks, beside the calls that they tell of. */
export class OutboxRows implements OutboxVerbs {
  readonly #count: StatementSync;
  readonly #add: StatementSync;
  readonly #take: StatementSync;
  readonly #next: StatementSync;
  readonly #settle: StatementSync;
  readonly #remove: StatementSync;
  readonly #forget: StatementSync;
  readonly #hasten: StatementSync;

  constructor(db: DatabaseSync) {
    this.#count = db.prepare(
      'SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest FROM deliveries WHERE url = ?',
    );
    this.#add = db.prepare(
      'INSERT INTO deliveries (id, call, url, body, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#take = db.prepare(`
      UPDATE deliveries SET attempts = attempts + 1, due_at = ?3
      WHERE seq IN (SELECT seq ${FIRST} AND due_at <= ?2 ORDER BY due_at, seq LIMIT ?4)
      RETURNING seq, id, body, created_at, attempts`);
    this.#next = db.prepare(`SELECT MIN(due_at) AS at ${FIRST}`);
    this.#settle = db.prepare('UPDATE deliveries SET due_at = ? WHERE id = ? AND attempts = ?');
    this.#remove = db.prepare('DELETE FROM deliveries WHERE id = ? AND attempts = ?');
    this.#hasten = db.prepare('UPDATE deliveries SET due_at = ?1 WHERE due_at > ?1');
    this.#forget = db.prepare('DELETE FROM deliveries WHERE created_at < ?');
  }

  addDeliveries(deliveries: readonly NewDelivery[]): number {
    let dropped = 0;
    for (const { id, call, url, body, createdAt } of deliveries) {
      if (Number(this.#count.get(url)?.['waiting']) >= MAX_WAITING) {
        dropped += 1;
      } else {
        this.#add.run(id, call, url, body, createdAt, createdAt);
      }
    }
    return dropped;
  }

  takeDeliveries({ url, now, until, limit }: TakeRequest): Taken {
    const rows = this.#take.all(url, now, until, limit);
    const due = rows
      .sort((a, b) => Number(a['seq']) - Number(b['seq']))
      .map((row) => ({
        id: String(row['id']),
        body: String(row['body']),
        createdAt: Number(row['created_at']),
        attempts: Number(row['attempts']),
      }));
    const counts = this.#count.get(url);
    return {
      due,
      nextAt: timeOf(this.#next.get(url)?.['at']),
      waiting: Number(counts?.['waiting']),
      oldestAt: timeOf(counts?.['oldest']),
    };
  }

  settleDelivery({ id, attempts, dueAt }: SettleRequest): void {
    if (dueAt === null) {
      this.#remove.run(id, attempts);
    } else {
      this.#settle.run(dueAt, id, attempts);
    }
  }

  /** What waits is due now: whoever had taken it is no more, and much may have changed since it failed. */
  hasten(now: number): void {
    this.#hasten.run(now);
  }

  /** Those of addresses that nobody delivers to any more. */
  forget(before: number): void {
    this.#forget.run(before);
  }
}

function timeOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
