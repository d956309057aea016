import { readFileSync } from 'node:fs';
import pg from 'pg';
import { StoreError } from '../sqlite/database.ts';
import { isLocal, parsePostgresUrl } from './address.ts';

/** Where a PostgreSQL is, and how it is spoken to. */
export interface PostgresSettings {
  /** See {@link parsePostgresUrl}. */
  readonly url: string;
  readonly password?: string | undefined;
  /** The certificate must be good for the host's name. Default: but for a socket or loopback. */
  readonly tls?: boolean | undefined;
  /** PEM file of who signed it; default: who Node trusts. */
  readonly ca?: string | undefined;
  /** Connections at most. */
  readonly pool: number;
}

const CONNECT_MS = 5000;
/** A server that is frozen answers nothing: whoever waits for it must know soon. */
const QUERY_MS = 10_000;
const IDLE_MS = 60_000;

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;
/** A pool, or one of its connections with a transaction open. */
export type Queryable = Pick<pg.Pool, 'query'>;

/**
 * Connections to a PostgreSQL; none is opened yet.
 * @throws {StoreError} when the address or the CA's file is wrong
 */
export function openPool(settings: PostgresSettings): Pool {
  const where = parsePostgresUrl(settings.url);
  if (where === null) {
    throw new StoreError('unusable', 'database.url is no address of a PostgreSQL');
  }
  const { host, port, user, database } = where;
  const isSecured = settings.tls ?? !isLocal(where);
  const pool = new pg.Pool({
    host,
    port,
    database,
    ...(user === undefined ? {} : { user }),
    ...(settings.password === undefined ? {} : { password: settings.password }),
    ssl: isSecured ? { ...caOf(settings.ca), rejectUnauthorized: true } : false,
    max: settings.pool,
    application_name: 'offhook',
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    statement_timeout: QUERY_MS,
    idle_in_transaction_session_timeout: QUERY_MS,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
  });
  // A connection that breaks while nobody uses it; the next one who asks is told.
  pool.on('error', () => undefined);
  return pool;
}

function caOf(path: string | undefined): { readonly ca?: string } {
  if (path === undefined) {
    return {};
  }
  try {
    return { ca: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new StoreError('unusable', `database.ca cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Classes of SQLSTATE that are about the connection, room, an operator or the system, and not about what was asked. */
const AWAY = /^(?:08|53|57|58)/;

/** Whether it was the server or the way to it that failed, and not what was asked. */
export function isAway(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || AWAY.test(error.code ?? '');
}

/** Whole or not at all. */
export async function inTransaction<T>(
  pool: Pool,
  begin: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: unknown) => {
      broken = failure as Error;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
