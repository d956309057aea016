import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AccountError, Accounts } from '../auth/accounts.ts';
import { isDemoStore } from '../auth/demo.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Devices } from '../auth/devices.ts';
import { Users } from '../auth/users.ts';
import type { Config } from '../config.ts';
import { CliError } from './errors.ts';

/**
 * The users of a data folder, and the database that they are in, for one command.
 * @param missing what to do where there is no database: only a command that adds may make one
 * @throws {CliError} when there is none, or it is a demo's
 */
export async function withUsers<T>(
  dataDir: string,
  missing: 'make' | 'refuse',
  work: (users: Users, store: Store) => Promise<T> | T,
): Promise<T> {
  const path = databasePath(dataDir);
  if (missing === 'refuse' && !existsSync(path)) {
    throw new CliError(nothingIn(dataDir, 'users'));
  }
  const store = new Store(path);
  try {
    if (isDemoStore(store)) {
      throw new CliError(`${resolve(dataDir)} holds the database of a demo`);
    }
    return await work(new Users(store), store);
  } finally {
    store.close();
  }
}

/**
 * The same for commands that change users or their phones.
 * @throws {CliError} also when what was asked for cannot be
 */
export async function withAccounts(
  { dataDir, sip }: Config,
  missing: 'make' | 'refuse',
  work: (found: { readonly accounts: Accounts; readonly store: Store }) => Promise<void> | void,
): Promise<void> {
  await withUsers(dataDir, missing, async (users, store) => {
    const devices = new Devices(store);
    const accounts = new Accounts({
      users: () => users,
      devices: () => devices,
      realm: sip?.devices?.realm,
      changed: () => undefined,
    });
    try {
      await work({ accounts, store });
    } catch (error) {
      throw error instanceof AccountError ? new CliError(error.message) : error;
    }
  });
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
