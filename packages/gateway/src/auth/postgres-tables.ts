import { inTransaction, isAway, openPool } from '../postgres/database.ts';
import type { Pool, PostgresSettings, Queryable } from '../postgres/database.ts';
import { migratePostgres, requireUpToDate } from '../postgres/migrate.ts';
import { StoreError } from '../sqlite/database.ts';
import { TablesAway } from './account-tables.ts';
import type { AccountTables, DeviceTable, UserTable } from './account-tables.ts';
import type { Device } from './devices.ts';
import { POSTGRES_MIGRATIONS, VERSION_KEY } from './postgres-schema.ts';
import type { User } from './users.ts';

/** Every change takes the next number, in the statement that makes it. */
const NEXT = `WITH next AS (
  UPDATE meta SET value = (value::bigint + 1)::text WHERE key = '${VERSION_KEY}' RETURNING value::bigint AS version
)`;

/** What changed since a number. */
export interface AccountChanges {
  readonly version: number;
  readonly users: readonly User[];
  readonly devices: readonly Device[];
  /** Of all that there are: fewer than are known when some were removed. */
  readonly userCount: number;
  readonly deviceCount: number;
}

type Row = Readonly<Record<string, unknown>>;

/** Users and devices in PostgreSQL, for any number of gateways. */
export class PostgresTables implements AccountTables {
  readonly users: UserTable;
  readonly devices: DeviceTable;
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
    this.users = {
      get: async (name) => {
        const [row] = await this.#rows('SELECT * FROM users WHERE name = $1', [name]);
        return row === undefined ? null : userOf(row);
      },
      list: async () => (await this.#rows('SELECT * FROM users ORDER BY name')).map(userOf),
      add: (user) => answered(addUser(pool, { ...user, disabled: false, createdAt: Date.now() })),
      page: async ({ search = '', limit, offset }) => {
        const words = `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
        const found = 'FROM users WHERE name ILIKE $1 OR display_name ILIKE $1';
        const [count] = await this.#rows(`SELECT COUNT(*) AS count ${found}`, [words]);
        const rows = await this.#rows(`SELECT * ${found} ORDER BY name LIMIT $2 OFFSET $3`, [
          words,
          limit,
          offset,
        ]);
        return { users: rows.map(userOf), total: Number(count?.['count']) };
      },
      change: async (name, { displayName, admin, generateRingback, disabled }) => {
        const [row] = await this.#rows(
          `${NEXT} UPDATE users SET display_name = COALESCE($2, display_name), admin = COALESCE($3, admin),
             generate_ringback = COALESCE($4, generate_ringback), disabled = COALESCE($5, disabled), changed_at = $6,
             version = next.version
           FROM next WHERE name = $1 RETURNING users.*`,
          [name, displayName, admin, generateRingback, disabled, Date.now()],
        );
        return row === undefined ? null : userOf(row);
      },
      // The version is of nobody who is left; that it moved makes others look.
      remove: (name) =>
        this.#changed(`${NEXT} DELETE FROM users USING next WHERE name = $1`, [name]),
      setPassword: (name, hash) =>
        this.#changed(
          `${NEXT} UPDATE users SET password = $1, changed_at = $2, version = next.version FROM next WHERE name = $3`,
          [hash, Date.now(), name],
        ),
    };
    this.devices = {
      get: async (login) => {
        const at = login.lastIndexOf('~');
        if (at === -1) {
          return null;
        }
        const key = [login.slice(0, at), login.slice(at + 1)];
        const [row] = await this.#rows(
          'SELECT * FROM devices WHERE "user" = $1 AND name = $2',
          key,
        );
        return row === undefined ? null : deviceOf(row);
      },
      list: async (user) => {
        const where = user === undefined ? '' : 'WHERE "user" = $1';
        const sql = `SELECT * FROM devices ${where} ORDER BY "user", name`;
        return (await this.#rows(sql, user === undefined ? [] : [user])).map(deviceOf);
      },
      add: (device) => answered(addDevice(pool, { ...device, createdAt: Date.now() })),
      remove: (user, name) =>
        this.#changed(`${NEXT} DELETE FROM devices USING next WHERE "user" = $1 AND name = $2`, [
          user,
          name,
        ]),
    };
  }

  /**
   * @param schema `migrate`: bring it up to date; `require`: only look, and say what is to be done
   * @throws {StoreError} when it cannot be reached or used
   */
  static async open(
    settings: PostgresSettings,
    schema: 'migrate' | 'require',
  ): Promise<PostgresTables> {
    const pool = openPool(settings);
    try {
      await (schema === 'migrate' ? migratePostgres : requireUpToDate)(pool, POSTGRES_MIGRATIONS);
      return new PostgresTables(pool);
    } catch (error) {
      await pool.end();
      if (error instanceof StoreError) {
        throw error;
      }
      const message = `The PostgreSQL of database.url cannot be used: ${(error as Error).message}`;
      throw new StoreError('unusable', message, { cause: error });
    }
  }

  async meta(key: string): Promise<string | null> {
    const [row] = await this.#rows('SELECT value FROM meta WHERE key = $1', [key]);
    return row === undefined ? null : String(row['value']);
  }

  async setMeta(key: string, value: string): Promise<void> {
    await this.#pool.query(
      'INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      [key, value],
    );
  }

  /** The number of the last change; a cheap question. */
  async version(): Promise<number> {
    return Number(await this.meta(VERSION_KEY));
  }

  /**
   * What changed since that number, as of one moment.
   * @param limit of users and of devices; more are left out
   */
  changesSince(version: number, limit: number): Promise<AccountChanges> {
    const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
    return inTransaction(this.#pool, begin, async (client) => {
      const rows = async (sql: string, values: unknown[] = []): Promise<Row[]> =>
        (await client.query<Row>(sql, values)).rows;
      const count = async (table: string): Promise<number> =>
        Number((await rows(`SELECT COUNT(*) AS count FROM ${table}`))[0]?.['count']);
      const changed = (table: string): Promise<Row[]> =>
        rows(`SELECT * FROM ${table} WHERE version > $1 ORDER BY version LIMIT $2`, [
          version,
          limit,
        ]);
      const [now] = await rows('SELECT value FROM meta WHERE key = $1', [VERSION_KEY]);
      return {
        version: Number(now?.['value']),
        users: (await changed('users')).map(userOf),
        devices: (await changed('devices')).map(deviceOf),
        userCount: await count('users'),
        deviceCount: await count('devices'),
      };
    });
  }

  /** Everything in one transaction; what is thrown in it leaves nothing behind. */
  fill(work: (filling: AccountFilling) => Promise<void>): Promise<void> {
    return inTransaction(this.#pool, 'BEGIN', async (client) => {
      await client.query('LOCK TABLE users, devices IN EXCLUSIVE MODE');
      await work({
        addUser: (user) => addUser(client, user),
        addDevice: (device) => addDevice(client, device),
        users: async () =>
          (await client.query<Row>('SELECT * FROM users ORDER BY name')).rows.map(userOf),
        devices: async () =>
          (await client.query<Row>('SELECT * FROM devices ORDER BY "user", name')).rows.map(
            deviceOf,
          ),
      });
    });
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) {
      await this.#pool.end();
    }
  }

  async #rows(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await answered(this.#pool.query<Row>(sql, values.map(storable)))).rows;
  }

  async #changed(sql: string, values: unknown[]): Promise<boolean> {
    return (await answered(this.#pool.query(sql, values.map(storable)))).rowCount === 1;
  }
}

/** @throws {TablesAway} */
async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isAway(error) ? new TablesAway('PostgreSQL does not answer', { cause: error }) : error;
  }
}

/** PostgreSQL takes no NUL in a text. Nobody's name has one, nor what stands for it here. */
function storable(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}

/** What can be done while accounts are filled. */
export interface AccountFilling {
  readonly addUser: (user: User) => Promise<boolean>;
  readonly addDevice: (device: Device) => Promise<boolean>;
  readonly users: () => Promise<User[]>;
  readonly devices: () => Promise<Device[]>;
}

async function addUser(db: Queryable, user: User): Promise<boolean> {
  const { name, displayName, passwordHash, admin, generateRingback, disabled, createdAt } = user;
  const { rowCount } = await db.query(
    `${NEXT} INSERT INTO users (name, display_name, password, admin, generate_ringback, disabled, created_at, changed_at, version)
     SELECT $1, $2, $3, $4, $5, $6, $7, $7, version FROM next ON CONFLICT (name) DO NOTHING`,
    [name, displayName, passwordHash, admin, generateRingback, disabled, createdAt],
  );
  return rowCount === 1;
}

async function addDevice(db: Queryable, device: Device): Promise<boolean> {
  const { user, name, realm, ha1, createdAt } = device;
  const { rowCount } = await db.query(
    `${NEXT} INSERT INTO devices ("user", name, realm, ha1_md5, ha1_sha256, created_at, version)
     SELECT $1, $2, $3, $4, $5, $6, version FROM next ON CONFLICT ("user", name) DO NOTHING`,
    [user, name, realm, ha1.MD5, ha1['SHA-256'], createdAt],
  );
  return rowCount === 1;
}

function userOf(row: Row): User {
  return {
    name: String(row['name']),
    displayName: String(row['display_name']),
    passwordHash: String(row['password']),
    admin: row['admin'] === true,
    generateRingback: row['generate_ringback'] === true,
    disabled: row['disabled'] === true,
    createdAt: Number(row['created_at']),
  };
}

function deviceOf(row: Row): Device {
  return {
    user: String(row['user']),
    name: String(row['name']),
    realm: String(row['realm']),
    ha1: { MD5: String(row['ha1_md5']), 'SHA-256': String(row['ha1_sha256']) },
    createdAt: Number(row['created_at']),
  };
}
