import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { rightsProblem } from '../data-folder/rights.ts';

export class StoreError extends Error {
  readonly code: 'newer' | 'older' | 'unusable';
  constructor(code: 'newer' | 'older' | 'unusable', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}

const BUSY_MS = 5000;

/** Applied in order, once each, never edited after a release. */
export type Migrations = readonly { readonly name: string; readonly sql: string }[];

export interface DatabaseOptions {
  /** Statements that only work before the first table, such as `PRAGMA auto_vacuum`. */
  readonly beforeTables?: string;
  /** How long a statement waits for a lock of another process, once open; blocks the thread. Default: 5000 ms. */
  readonly busyMs?: number;
  /** `require`: one that is not up to date is refused and left as it is. Default: brought up to date. */
  readonly schema?: 'migrate' | 'require';
  /** Whether what was committed outlives a power failure, at the price of one more write to the disk for each commit. Default: false. */
  readonly durable?: boolean;
}

/**
 * Opens a database and brings it up to date.
 * @param path A file, created with its folder when missing, readable by its owner only; or `:memory:`.
 * @throws {StoreError} when the file cannot be used or was made by a newer Offhook
 */
export function openDatabase(
  path: string,
  migrations: Migrations,
  options: DatabaseOptions = {},
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ':memory:' && options.schema !== 'require') {
      createPrivateFile(path);
    }
    database = new DatabaseSync(path, { timeout: BUSY_MS });
    const version = schemaVersion(database);
    if (version === 0 && options.beforeTables !== undefined) {
      database.exec(options.beforeTables);
    }
    // Not WAL: its index (`-shm`) is a mapped file, and whoever makes that shorter, such as `cp` into the data folder, ends the whole
    // process by SIGBUS. With a journal a command and the gateway wait for each other, for as long as a commit takes.
    database.exec(
      `PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = ${options.durable === true ? 'FULL' : 'NORMAL'}; PRAGMA foreign_keys = ON;`,
    );
    // One that is up to date is only read: to lock it for writing would wait for whoever reads it for long.
    if (version !== migrations.length) {
      checkNotNewer(version, migrations);
      if (options.schema === 'require') {
        throw new StoreError(
          'older',
          `The database ${path} is of an older Offhook: run offhook migrate, or start the gateway`,
        );
      }
      migrate(database, migrations);
    }
    database.exec(`PRAGMA busy_timeout = ${String(options.busyMs ?? BUSY_MS)}`);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof StoreError) {
      throw error;
    }
    const why = rightsProblem(path) ?? (error as Error).message;
    const message = `The database ${path} cannot be used: ${why}`;
    throw new StoreError('unusable', message, { cause: error });
  }
}

/** An empty file for a database, with its folder, for its owner only; one that is there stays as it is. */
export function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Not one that is there: closing it would give up the locks of this process on it (POSIX, fcntl).
  if (!existsSync(path)) {
    closeSync(openSync(path, 'a', 0o600));
  }
}

/** How many migrations a database has had; 0 for one that has had none. */
export function schemaVersion(db: DatabaseSync): number {
  const table = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").get();
  if (table === undefined) {
    return 0;
  }
  const row = db.prepare('SELECT COALESCE(MAX(version), 0) AS version FROM migrations').get();
  return Number(row?.['version'] ?? 0);
}

function checkNotNewer(version: number, migrations: Migrations): void {
  if (version > migrations.length) {
    throw new StoreError(
      'newer',
      'The database was made by a newer Offhook; use that, or another data folder',
    );
  }
}

function migrate(db: DatabaseSync, migrations: Migrations): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec(
      'CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT',
    );
    const version = schemaVersion(db);
    checkNotNewer(version, migrations);
    const record = db.prepare(
      'INSERT INTO migrations (version, name, applied_at) VALUES (?, ?, ?)',
    );
    for (const [index, migration] of migrations.entries()) {
      if (index < version) {
        continue;
      }
      db.exec(migration.sql);
      record.run(index + 1, migration.name, Date.now());
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) {
      db.exec('ROLLBACK');
    }
    throw error;
  }
}
