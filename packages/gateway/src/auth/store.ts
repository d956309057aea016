import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The gateway's database: opened, brought up to date, and nothing more; `users.ts` and its like hold the queries. */
export class StoreError extends Error {
  readonly code: 'newer' | 'unusable';
  constructor(code: 'newer' | 'unusable', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}

export function databasePath(dataDir: string): string {
  return join(dataDir, 'offhook.sqlite');
}

/** Applied in order, once each, never edited after a release. */
const MIGRATIONS: readonly { readonly name: string; readonly sql: string }[] = [
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
];

export class Store {
  readonly database: DatabaseSync;

  /** @param path A file, created with its folder when missing, readable by its owner only; or `:memory:`. */
  constructor(path: string) {
    try {
      if (path !== ':memory:') {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        closeSync(openSync(path, 'a', 0o600));
      }
      this.database = new DatabaseSync(path, { timeout: 5000 });
      // WAL lets `offhook user add` write while the gateway reads.
      this.database.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;',
      );
      this.#migrate();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError(
        'unusable',
        `The database ${path} cannot be used: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
  }

  #migrate(): void {
    const db = this.database;
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(
        'CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT',
      );
      const row = db.prepare('SELECT COALESCE(MAX(version), 0) AS version FROM migrations').get();
      const version = Number(row?.['version'] ?? 0);
      if (version > MIGRATIONS.length) {
        throw new StoreError(
          'newer',
          'The database was made by a newer Offhook; use that, or another data folder',
        );
      }
      const record = db.prepare(
        'INSERT INTO migrations (version, name, applied_at) VALUES (?, ?, ?)',
      );
      for (const [index, migration] of MIGRATIONS.entries()) {
        if (index < version) continue;
        db.exec(migration.sql);
        record.run(index + 1, migration.name, Date.now());
      }
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
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
    if (this.database.isOpen) this.database.close();
  }
}
