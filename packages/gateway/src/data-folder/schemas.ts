import { USERS_MIGRATIONS } from '../auth/store.ts';
import { PUSH_MIGRATIONS } from '../push/push-store.ts';
import { MIGRATIONS as REPORTS_MIGRATIONS } from '../reports/sqlite/schema.ts';

/** How many migrations this Offhook knows of each database. */
export const KNOWN_SCHEMAS: Readonly<Record<string, number>> = {
  'offhook.sqlite': USERS_MIGRATIONS.length,
  'push.sqlite': PUSH_MIGRATIONS.length,
  'reports.sqlite': REPORTS_MIGRATIONS.length,
};
