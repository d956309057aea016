import type { Migrations } from '../sqlite/database.ts';

/** Counts changes of users and devices; each of them locks this row, so that they are numbered in the order in which they are seen. */
export const VERSION_KEY = 'accounts_version';

/** Applied in order, once each, never edited after a release. Names order by bytes, as in SQLite. */
export const POSTGRES_MIGRATIONS: Migrations = [
  {
    name: 'users and devices',
    sql: `
      CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL);
      INSERT INTO meta (key, value) VALUES ('${VERSION_KEY}', '0');
      CREATE TABLE users (
        name text COLLATE "C" PRIMARY KEY,
        display_name text NOT NULL,
        password text NOT NULL,
        admin boolean NOT NULL DEFAULT false,
        generate_ringback boolean NOT NULL DEFAULT false,
        disabled boolean NOT NULL DEFAULT false,
        created_at bigint NOT NULL,
        changed_at bigint NOT NULL,
        -- Of the change that wrote it last.
        version bigint NOT NULL
      );
      CREATE INDEX users_by_version ON users (version);
      CREATE TABLE devices (
        "user" text COLLATE "C" NOT NULL REFERENCES users (name) ON DELETE CASCADE,
        name text COLLATE "C" NOT NULL,
        realm text NOT NULL,
        ha1_md5 text NOT NULL,
        ha1_sha256 text NOT NULL,
        created_at bigint NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY ("user", name)
      );
      CREATE INDEX devices_by_version ON devices (version);
    `,
  },
];
