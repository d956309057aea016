import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { AccountTables } from './account-tables.ts';
import { KnownUsers } from './known-users.ts';
import { MirroredUsers } from './mirrored-users.ts';
import { PostgresTables } from './postgres-tables.ts';
import { SqliteTables } from './sqlite-tables.ts';
import { Store, databasePath } from './store.ts';
import type { UsersAtHand } from './users-at-hand.ts';

/** The thread that serves every caller waits no longer for a command that writes to the users. */
const BUSY_MS = 200;

export interface OpenUsersDeps {
  readonly config: Pick<Config, 'database' | 'demo'>;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told when the database begins to fail, and when it works again. Must not throw. */
  readonly onHealth: (works: boolean) => void;
}

/** The database of a data folder. @throws {StoreError} when it cannot be used */
export function openKnownUsers(deps: OpenUsersDeps): KnownUsers {
  const path = databasePath(deps.dataDir);
  return new KnownUsers({
    path,
    open: () => new Store(path, { busyMs: BUSY_MS }),
    logger: deps.logger,
    now: () => deps.clock.monotonic(),
    onHealth: deps.onHealth,
  });
}

/** The users that a gateway serves: at hand, and to be changed. */
export interface OpenUsers {
  readonly users: UsersAtHand;
  readonly tables: AccountTables;
  close(): Promise<void>;
}

/** Those of a PostgreSQL where there is one and this is no demo, else those of the data folder. @throws {StoreError} when it cannot be used */
export async function openUsers(deps: OpenUsersDeps, own: KnownUsers): Promise<OpenUsers> {
  const { config, clock, logger, onHealth } = deps;
  if (config.database === undefined || config.demo.enabled) {
    return { users: own, tables: new SqliteTables(own), close: () => Promise.resolve() };
  }
  const tables = await PostgresTables.open(config.database, 'migrate');
  try {
    const users = await MirroredUsers.start({ accounts: tables, clock, logger, onHealth });
    const close = async (): Promise<void> => {
      await users.close();
      await tables.close();
    };
    return { users, tables, close };
  } catch (error) {
    await tables.close();
    throw error;
  }
}
