import { Command } from 'commander';
import { CopyError, copyAccounts } from '../auth/copy-accounts.ts';
import { PostgresTables } from '../auth/postgres-tables.ts';
import { SqliteTables } from '../auth/sqlite-tables.ts';
import { CliError } from './errors.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import type { ConfigOptions } from './options.ts';
import { withStore } from './users-store.ts';

export function copyToPostgresCommand(): Command {
  return withDataOptions(new Command('copy-to-postgres'))
    .description(
      'copy users and devices of the data folder into the PostgreSQL of database.url, whole or not at all',
    )
    .action(async (options: ConfigOptions) => {
      const { dataDir, database } = configFromOptions(options);
      if (database === undefined) {
        throw new CliError(
          'The configuration names no PostgreSQL: give database.url, for example by --set database.url=postgres://offhook@db.example.com/offhook',
        );
      }
      await withStore(dataDir, 'refuse', async (store) => {
        const accounts = await PostgresTables.open(database, 'migrate');
        try {
          const copied = await copyAccounts(SqliteTables.of(store), accounts);
          console.log(
            `Copied ${String(copied.users)} users and ${String(copied.devices)} devices to ${database.url}; both ends have SHA-256 ${copied.digest}`,
          );
        } catch (error) {
          throw error instanceof CopyError ? new CliError(error.message) : error;
        } finally {
          await accounts.close();
        }
      });
    });
}
