import type { DatabaseSync } from 'node:sqlite';
import { isApiScope } from './api-keys.ts';
import type { ApiKeyStore, StoredApiKey } from './api-keys.ts';

export const API_KEYS_TABLE = `
  CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash BLOB NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER,
    used_at INTEGER
  ) STRICT;
`;

/** Keys in the gateway's own database. */
export class ApiKeyTable implements ApiKeyStore {
  readonly #database: () => DatabaseSync;

  /** @param database the one that is open now: its file may have been replaced since */
  constructor(database: () => DatabaseSync) {
    this.#database = database;
  }

  get(id: string): StoredApiKey | null {
    const row = this.#database().prepare('SELECT * FROM api_keys WHERE id = ?').get(id);
    return row === undefined ? null : fromRow(row);
  }

  list(): readonly StoredApiKey[] {
    const sql = 'SELECT * FROM api_keys ORDER BY created_at DESC, id';
    return this.#database().prepare(sql).all().map(fromRow);
  }

  add(key: StoredApiKey): boolean {
    const { id, name, hash, scopes, createdAt, createdBy, expiresAt } = key;
    const { changes } = this.#database()
      .prepare(
        `INSERT INTO api_keys (id, name, hash, scopes, created_at, created_by, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      )
      .run(id, name, hash, scopes.join(' '), createdAt, createdBy, expiresAt);
    return Number(changes) === 1;
  }

  remove(id: string): boolean {
    const { changes } = this.#database().prepare('DELETE FROM api_keys WHERE id = ?').run(id);
    return Number(changes) === 1;
  }

  used(id: string, at: number): void {
    this.#database().prepare('UPDATE api_keys SET used_at = ? WHERE id = ?').run(at, id);
  }
}

function fromRow(row: Record<string, unknown>): StoredApiKey {
  const { expires_at: expiresAt, used_at: usedAt } = row;
  return {
    id: String(row['id']),
    name: String(row['name']),
    hash: Buffer.from(row['hash'] as Uint8Array),
    scopes: String(row['scopes']).split(' ').filter(isApiScope),
    createdAt: Number(row['created_at']),
    createdBy: String(row['created_by']),
    expiresAt: expiresAt === null ? null : Number(expiresAt),
    usedAt: usedAt === null ? null : Number(usedAt),
  };
}
