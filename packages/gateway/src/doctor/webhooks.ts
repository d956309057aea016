import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Config } from '../config.ts';
import { schemaVersion } from '../sqlite/database.ts';
import { MIGRATIONS, reportsPath } from '../reports/sqlite/schema.ts';
import { ok, reasonOf, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** A receiver that is being restarted is back within this. */
const LATE_MS = 600_000;

/** What waits to be told to other programs, and for how long. Changes nothing. */
export function checkWebhooks(config: Config, now = Date.now()): Finding[] {
  const path = reportsPath(config.dataDir);
  if (config.webhooks.urls.length === 0 || !existsSync(path)) {
    return [];
  }
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    try {
      // A gateway that starts brings an older one up to date.
      return schemaVersion(db) === MIGRATIONS.length
        ? config.webhooks.urls.map((url) => findingOf(db, url, now))
        : [];
    } finally {
      db.close();
    }
  } catch (error) {
    return [
      warn('webhooks', `cannot be counted (${reasonOf(error)})`, `look at what is said of ${path}`),
    ];
  }
}

function findingOf(db: DatabaseSync, url: string, now: number): Finding {
  const row = db
    .prepare('SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest FROM deliveries WHERE url = ?')
    .get(url);
  const waiting = Number(row?.['waiting']);
  const host = URL.parse(url)?.host ?? url;
  if (waiting === 0) {
    return ok('webhooks', `none waits for ${host}`);
  }
  const ageMs = now - Number(row?.['oldest']);
  const message = `${String(waiting)} wait for ${host}, the oldest since ${String(Math.floor(ageMs / 1000))} s`;
  return ageMs < LATE_MS
    ? ok('webhooks', message)
    : warn(
        'webhooks',
        message,
        'look whether the receiver answers with 2xx within 10 s; after three days they are given up',
      );
}
