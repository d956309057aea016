import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DiallingGrant } from '../calls/dialling-grant.ts';
import { openDatabase } from '../sqlite/database.ts';
import type { Migrations } from '../sqlite/database.ts';
import type { Subscription } from './subscription.ts';

/** A browser of a user that can be woken. */
export interface PushDevice extends Subscription {
  readonly user: string;
  /** Which password the user had then (a hash of its hash); null: no user of this gateway, his tokens are from elsewhere. */
  readonly standing: string | null;
  /** What the token said of calls outside with which the device signed in. */
  readonly dialling: DiallingGrant | null;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export const PUSH_MIGRATIONS: Migrations = [
  {
    name: 'push devices',
    sql: `
      CREATE TABLE push_devices (
        endpoint TEXT PRIMARY KEY,
        user TEXT NOT NULL,
        p256dh TEXT NOT NULL,
        auth TEXT NOT NULL,
        standing TEXT,
        dialling TEXT,
        expires_at INTEGER NOT NULL
      ) STRICT;
    `,
  },
];

export function pushPath(dataDir: string): string {
  return join(dataDir, 'push.sqlite');
}

/** The devices, as they outlive a restart. */
export class PushStore {
  readonly #database: DatabaseSync;
  readonly #list: StatementSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  /** @throws {StoreError} */
  constructor(dataDir: string) {
    this.#database = openDatabase(pushPath(dataDir), PUSH_MIGRATIONS, { busyMs: 200 });
    this.#list = this.#database.prepare('SELECT * FROM push_devices ORDER BY expires_at');
    this.#put = this.#database.prepare(
      'INSERT OR REPLACE INTO push_devices (endpoint, user, p256dh, auth, standing, dialling, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#remove = this.#database.prepare('DELETE FROM push_devices WHERE endpoint = ?');
  }

  /** Whoever expires first first. */
  list(): PushDevice[] {
    return this.#list.all().map((row) => ({
      endpoint: String(row['endpoint']),
      user: String(row['user']),
      p256dh: String(row['p256dh']),
      auth: String(row['auth']),
      standing: row['standing'] === null ? null : String(row['standing']),
      dialling:
        row['dialling'] === null ? null : (JSON.parse(String(row['dialling'])) as DiallingGrant),
      expiresAt: Number(row['expires_at']),
    }));
  }

  put({ endpoint, user, p256dh, auth, standing, dialling, expiresAt }: PushDevice): void {
    const grant = dialling === null ? null : JSON.stringify(dialling);
    this.#put.run(endpoint, user, p256dh, auth, standing, grant, expiresAt);
  }

  remove(endpoint: string): void {
    this.#remove.run(endpoint);
  }

  close(): void {
    this.#database.close();
  }
}
