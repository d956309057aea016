import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { DatabaseSync } from 'node:sqlite';
import { POSTGRES_MIGRATIONS } from '../auth/postgres-schema.ts';
import { USERS_MIGRATIONS, databasePath } from '../auth/store.ts';
import type { Config } from '../config.ts';
import { openPool } from '../postgres/database.ts';
import { migratePostgres, postgresVersion } from '../postgres/migrate.ts';
import { PUSH_MIGRATIONS, pushPath } from '../push/push-store.ts';
import { BEFORE_TABLES, MIGRATIONS, reportsPath } from '../reports/sqlite/schema.ts';
import { StoreError, openDatabase, schemaVersion } from '../sqlite/database.ts';
import type { Migrations } from '../sqlite/database.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import type { ConfigOptions } from './options.ts';

/** A database of a gateway, and how it is brought up to date. */
interface Place {
  readonly name: string;
  readonly migrations: Migrations;
  version(): Promise<number> | number;
  migrate(): Promise<void> | void;
  close?(): Promise<void>;
}

export function migrateCommand(): Command {
  return withDataOptions(new Command('migrate'))
    .description('bring the databases up to date, as a gateway does when it starts')
    .option('--check', 'only look; exit code 1 when something would be done')
    .action(async (options: ConfigOptions & { readonly check?: true }) => {
      for (const place of placesOf(configFromOptions(options))) {
        try {
          await (options.check === true ? check(place) : bring(place));
        } finally {
          await place.close?.();
        }
      }
    });
}

function placesOf({ dataDir, database }: Config): Place[] {
  const files = [
    [databasePath(dataDir), USERS_MIGRATIONS, undefined],
    [reportsPath(dataDir), MIGRATIONS, BEFORE_TABLES],
    [pushPath(dataDir), PUSH_MIGRATIONS, undefined],
  ] as const;
  const places = files.flatMap(([path, migrations, beforeTables]) =>
    // The gateway makes what is missing when it needs it.
    existsSync(path) ? [sqlitePlace(path, migrations, beforeTables)] : [],
  );
  if (database === undefined) {
    return places;
  }
  const pool = openPool(database);
  const shared: Place = {
    name: database.url,
    migrations: POSTGRES_MIGRATIONS,
    version: () => postgresVersion(pool),
    migrate: () => migratePostgres(pool, POSTGRES_MIGRATIONS),
    close: () => pool.end(),
  };
  return [...places, shared];
}

function sqlitePlace(path: string, migrations: Migrations, beforeTables?: string): Place {
  return {
    name: path,
    migrations,
    version: () => {
      const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
      try {
        return schemaVersion(db);
      } finally {
        db.close();
      }
    },
    migrate: () => {
      openDatabase(path, migrations, beforeTables === undefined ? {} : { beforeTables }).close();
    },
  };
}

async function check(place: Place): Promise<void> {
  const { name, migrations } = place;
  const version = await versionOf(place);
  if (version === migrations.length) {
    console.log(`${name} is up to date`);
    return;
  }
  process.exitCode = 1;
  const what =
    version > migrations.length
      ? 'was made by a newer Offhook'
      : `needs ${migrations
          .slice(version)
          .map((each) => each.name)
          .join(', ')}`;
  console.log(`${name} ${what}`);
}

async function bring(place: Place): Promise<void> {
  const before = await versionOf(place);
  await place.migrate();
  const done = place.migrations.slice(before).map((each) => each.name);
  console.log(
    done.length === 0 ? `${place.name} is up to date` : `${place.name}: ${done.join(', ')}`,
  );
}

async function versionOf(place: Place): Promise<number> {
  try {
    return await place.version();
  } catch (error) {
    const message = `${place.name} cannot be used: ${(error as Error).message}`;
    throw new StoreError('unusable', message, { cause: error });
  }
}
