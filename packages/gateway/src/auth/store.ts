import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../sqlite/database.ts';
import type { DatabaseOptions, Migrations } from '../sqlite/database.ts';
import { API_KEYS_TABLE } from './api-key-table.ts';
import { AUDIT_TABLE } from './audit-table.ts';

export function databasePath(dataDir: string): string {
  return join(dataDir, 'offhook.sqlite');
}

export const USERS_MIGRATIONS: Migrations = [
  {
    name: 'users',
    sql: `
      CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      CREATE TABLE users (
        name TEXT PRIMARY KEY,
        display_name TEXT NOT NULL,
        password TEXT NOT NULL,
        admin INTEGER NOT NULL DEFAULT 0,
        generate_ringback INTEGER NOT NULL DEFAULT 0,
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL
      ) STRICT;
    `,
  },
  {
    name: 'devices',
    sql: `
      CREATE TABLE devices (
        user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
        name TEXT NOT NULL,
        realm TEXT NOT NULL,
        ha1_md5 TEXT NOT NULL,
        ha1_sha256 TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (user, name)
      ) STRICT;
    `,
  },
  { name: 'api-keys', sql: API_KEYS_TABLE },
  { name: 'audit', sql: AUDIT_TABLE },
  {
    name: 'disabled-users',
    sql: 'ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;',
  },
];

/** The gateway's own database: users, their devices and what it must remember; `users.ts` and its like hold the queries. */
export class Store {
  readonly database: DatabaseSync;

  /**
   * @param path see {@link openDatabase}
   * @throws {StoreError}
   */
  constructor(path: string, options: Pick<DatabaseOptions, 'busyMs' | 'schema'> = {}) {
    this.database = openDatabase(path, USERS_MIGRATIONS, { durable: true, ...options });
  }

  meta(key: string): string | null {
    const value = this.database.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'];
    return typeof value === 'string' ? value : null;
  }

  setMeta(key: string, value: string): void {
    this.database
      .prepare(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      )
      .run(key, value);
  }

  close(): void {
    if (this.database.isOpen) {
      this.database.close();
    }
  }
}
