import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AccountTables } from '../auth/account-tables.ts';
import { AccountError, Accounts } from '../auth/accounts.ts';
import { isDemoStore } from '../auth/demo.ts';
import { PostgresTables } from '../auth/postgres-tables.ts';
import { SqliteTables } from '../auth/sqlite-tables.ts';
import { Store, databasePath } from '../auth/store.ts';
import type { Config } from '../config.ts';
import { CliError } from './errors.ts';

/**
 * The users of a gateway, for one command: in PostgreSQL where the configuration names one, else in its data folder.
 * @param missing what to do where there is no database, or one of an older version: only a command that adds may make one
 * @throws {CliError} when there is none, or it is a demo's
 */
export async function withTables<T>(
  { database, dataDir }: Config,
  missing: 'make' | 'refuse',
  work: (tables: AccountTables) => Promise<T> | T,
): Promise<T> {
  if (database === undefined) {
    return withStore(dataDir, missing, (store) => work(SqliteTables.of(store)));
  }
  const tables = await PostgresTables.open(database, missing === 'make' ? 'migrate' : 'require');
  try {
    return await work(tables);
  } finally {
    await tables.close();
  }
}

/**
 * The same for commands that change users or their phones, with the database of the data folder, which has the audit log.
 * @throws {CliError} also when what was asked for cannot be
 */
export async function withAccounts(
  config: Config,
  missing: 'make' | 'refuse',
  work: (found: { readonly accounts: Accounts; readonly store: Store }) => Promise<void> | void,
): Promise<void> {
  await withTables(config, missing, async ({ users, devices }) => {
    const realm = config.sip?.devices?.realm;
    const accounts = new Accounts({ users, devices, realm, changed: () => undefined });
    // A shared database may be there without one of the folder's own.
    const own = config.database === undefined ? 'refuse' : 'make';
    await withStore(config.dataDir, own, async (store) => {
      try {
        await work({ accounts, store });
      } catch (error) {
        throw error instanceof AccountError ? new CliError(error.message) : error;
      }
    });
  });
}

/**
 * The database of a data folder, for one command.
 * @param missing see {@link withTables}
 * @throws {CliError} when there is none, or it is a demo's
 */
export async function withStore<T>(
  dataDir: string,
  missing: 'make' | 'refuse',
  work: (store: Store) => Promise<T> | T,
): Promise<T> {
  const path = databasePath(dataDir);
  if (missing === 'refuse' && !existsSync(path)) {
    throw new CliError(nothingIn(dataDir, 'users'));
  }
  const store = new Store(path, { schema: missing === 'make' ? 'migrate' : 'require' });
  try {
    if (isDemoStore(store)) {
      throw new CliError(`${resolve(dataDir)} holds the database of a demo`);
    }
    return await work(store);
  } finally {
    store.close();
  }
}

/** What a command says that found nothing where it looked. */
export function nothingIn(dataDir: string, what: string): string {
  return (
    `There are no ${what} in ${resolve(dataDir)}, the data folder that was looked in. ` +
    'Another one is named by --data-dir, or by the configuration file that the gateway runs with (--config)'
  );
}

/** What was changed, and where: the folder that a command finds need not be the gateway's. */
export function tell(what: string, dataDir: string): void {
  console.log(`${what} (data folder ${resolve(dataDir)})`);
}

/** The same of users and devices. */
export function tellOfAccounts(what: string, { database, dataDir }: Config): void {
  if (database === undefined) {
    tell(what, dataDir);
  } else {
    console.log(`${what} (${database.url})`);
  }
}
