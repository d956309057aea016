import { StoreError } from '../sqlite/database.ts';
import type { Migrations } from '../sqlite/database.ts';
import { inTransaction } from './database.ts';
import type { Pool, Queryable } from './database.ts';

/** Of Offhook's migrations alone, whatever else takes advisory locks in that database. */
const LOCK = 0x0ff_40_0c;
/** Whoever comes second waits for the first one's migrations. */
const LOCK_MS = 60_000;

/** How many migrations a database has had; 0 for one that has had none. Only reads. */
export async function postgresVersion(db: Queryable): Promise<number> {
  // Not `to_regclass`: a connection that looked before remembers that there was none.
  const { rowCount } = await db.query(
    "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'",
  );
  if (rowCount === 0) {
    return 0;
  }
  const { rows } = await db.query<{ version: number }>(
    'SELECT COALESCE(MAX(version), 0)::int AS version FROM migrations',
  );
  return rows[0]?.version ?? 0;
}

/**
 * Brings a database up to date, in one transaction. Several gateways that start at once do it one after the other, and the first one's is enough.
 * @throws {StoreError} when it was made by a newer Offhook
 */
export async function migratePostgres(pool: Pool, migrations: Migrations): Promise<void> {
  // One that is up to date is only read: nobody waits for a lock.
  if ((await postgresVersion(pool)) === migrations.length) {
    return;
  }
  await inTransaction(pool, 'BEGIN', async (client) => {
    await client.query(`SET LOCAL statement_timeout = ${String(LOCK_MS)}`);
    await client.query({
      text: `SELECT pg_advisory_xact_lock(${String(LOCK)})`,
      // What the pool allows for a query is shorter than others may take.
      query_timeout: LOCK_MS,
    } as { text: string });
    const version = await postgresVersion(client);
    checkNotNewer(version, migrations);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)',
    );
    for (const [index, { name, sql }] of migrations.entries()) {
      if (index < version) {
        continue;
      }
      await client.query(sql);
      await client.query('INSERT INTO migrations (version, name, applied_at) VALUES ($1, $2, $3)', [
        index + 1,
        name,
        Date.now(),
      ]);
    }
  });
}

/** @throws {StoreError} unless the database has had all migrations and no others */
export async function requireUpToDate(db: Queryable, migrations: Migrations): Promise<void> {
  const version = await postgresVersion(db);
  checkNotNewer(version, migrations);
  if (version < migrations.length) {
    throw new StoreError(
      'older',
      'The database is of an older Offhook, or empty: run offhook migrate, or start the gateway',
    );
  }
}

function checkNotNewer(version: number, migrations: Migrations): void {
  if (version > migrations.length) {
    throw new StoreError('newer', 'The database was made by a newer Offhook; use that');
  }
}
