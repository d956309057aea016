import type { DatabaseSync } from 'node:sqlite';
import type { AuditAction, AuditEntry, AuditPage } from '@offhook/protocol';
import type { AuditStore } from '../control/audit.ts';

export const AUDIT_TABLE = `
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    user TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
`;

const DAY_MS = 86_400_000;
const MAX_TEXT = 256;
const MAX_DETAIL = 2048;

export interface AuditBounds {
  readonly days: number;
  readonly entries: number;
}

export interface AuditQuery {
  /** In the name of who acted, or of what it was done to. */
  readonly search?: string | undefined;
  readonly action?: AuditAction | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** The audit log in the gateway's own database, bounded by age and number. */
export class AuditTable implements AuditStore {
  readonly #database: () => DatabaseSync;
  readonly #bounds: AuditBounds;

  /** @param database the one that is open now: its file may have been replaced since */
  constructor(database: () => DatabaseSync, bounds: AuditBounds) {
    this.#database = database;
    this.#bounds = bounds;
  }

  add(entry: Omit<AuditEntry, 'id'>): void {
    const { at, by, user, address, action, target, detail } = entry;
    const text = JSON.stringify(detail);
    const db = this.#database();
    const { lastInsertRowid } = db
      .prepare(
        'INSERT INTO audit (at, by, user, address, action, target, detail) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        at,
        by,
        user.slice(0, MAX_TEXT),
        address,
        action,
        target.slice(0, MAX_TEXT),
        text.length > MAX_DETAIL ? '{}' : text,
      );
    const { days, entries } = this.#bounds;
    db.prepare('DELETE FROM audit WHERE at < ? OR id <= ?').run(
      at - days * DAY_MS,
      Number(lastInsertRowid) - entries,
    );
  }

  page({ search = '', action, limit, offset }: AuditQuery): AuditPage {
    const words = `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    const where = String.raw`WHERE (user LIKE ? ESCAPE '\' OR target LIKE ? ESCAPE '\') AND (? IS NULL OR action = ?)`;
    const given = [words, words, action ?? null, action ?? null] as const;
    const db = this.#database();
    const count = db.prepare(`SELECT COUNT(*) AS count FROM audit ${where}`).get(...given);
    const rows = db
      .prepare(`SELECT * FROM audit ${where} ORDER BY id DESC LIMIT ? OFFSET ?`)
      .all(...given, limit, offset);
    return { entries: rows.map(fromRow), total: Number(count?.['count']) };
  }
}

function fromRow(row: Record<string, unknown>): AuditEntry {
  const address = row['address'];
  return {
    id: Number(row['id']),
    at: Number(row['at']),
    by: String(row['by']) as AuditEntry['by'],
    user: String(row['user']),
    address: typeof address === 'string' ? address : null,
    action: String(row['action']) as AuditAction,
    target: String(row['target']),
    detail: JSON.parse(String(row['detail'])) as AuditEntry['detail'],
  };
}
