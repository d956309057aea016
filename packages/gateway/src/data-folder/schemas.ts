import type { DatabaseSync } from 'node:sqlite';
import { USERS_MIGRATIONS } from '../auth/store.ts';
import { MIGRATIONS as REPORTS_MIGRATIONS } from '../reports/sqlite/schema.ts';

/** How many migrations this Offhook knows of each database. */
export const KNOWN_SCHEMAS: Readonly<Record<string, number>> = {
  'offhook.sqlite': USERS_MIGRATIONS.length,
  'reports.sqlite': REPORTS_MIGRATIONS.length,
};

/** How many migrations a database has had; 0 for one that has had none. */
export function schemaVersion(database: DatabaseSync): number {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").get();
  if (table === undefined) {
    return 0;
  }
  const row = database.prepare('SELECT MAX(version) AS version FROM migrations').get();
  return Number(row?.['version'] ?? 0);
}
