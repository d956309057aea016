import { join } from 'node:path';
import type { Migrations } from '../../sqlite/database.ts';

/** Apart from the users' database: it is large, may be thrown away, and is written all the time. */
export function reportsPath(dataDir: string): string {
  return join(dataDir, 'reports.sqlite');
}

export function recordingsFolder(dataDir: string): string {
  return join(dataDir, 'recordings');
}

/** Freed pages can be given back without rewriting the file. Works only before the first table. */
export const BEFORE_TABLES = 'PRAGMA auto_vacuum = INCREMENTAL;';

/**
 * What lists and filters look at stands in `calls` and `legs`, whose rows are small; what only one call's page needs stands in
 * tables of its own, gzipped.
 */
export const MIGRATIONS: Migrations = [
  {
    name: 'calls',
    sql: `
      CREATE TABLE calls (
        id TEXT PRIMARY KEY,
        started_at INTEGER NOT NULL,
        rang_at INTEGER,
        answered_at INTEGER,
        ended_at INTEGER,
        duration_ms INTEGER,
        cause TEXT,
        destination TEXT NOT NULL,
        service TEXT,
        caller TEXT NOT NULL,
        caller_number TEXT NOT NULL,
        callee TEXT,
        dropped_events INTEGER NOT NULL,
        mos REAL,
        mos_min REAL,
        loss_percent REAL,
        jitter_ms REAL,
        rtt_ms REAL,
        reports INTEGER NOT NULL DEFAULT 0,
        feedback REAL,
        -- JSON arrays of texts: those of its legs, so that filters need not look there.
        browsers TEXT NOT NULL DEFAULT '[]',
        sdks TEXT NOT NULL DEFAULT '[]'
      ) STRICT;
      -- Everything that filters ask for: they are answered, and counted, without a look at the rows.
      CREATE INDEX calls_by_time ON calls (started_at, mos, cause, reports, browsers, sdks, destination, caller_number);
      CREATE INDEX calls_by_cause ON calls (cause, started_at);
      CREATE INDEX calls_by_duration ON calls (duration_ms);
      CREATE INDEX calls_by_mos ON calls (mos);
      CREATE INDEX calls_by_loss ON calls (loss_percent);
      CREATE INDEX calls_by_jitter ON calls (jitter_ms);
      CREATE INDEX calls_by_rtt ON calls (rtt_ms);

      CREATE TABLE legs (
        id TEXT PRIMARY KEY,
        call TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
        session TEXT NOT NULL,
        call_id TEXT NOT NULL,
        user TEXT NOT NULL,
        number TEXT NOT NULL,
        role TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        answered_at INTEGER,
        ended_at INTEGER,
        cause TEXT,
        ended_by TEXT,
        session_ended_at INTEGER,
        media TEXT,
        mos REAL,
        mos_min REAL,
        loss_percent REAL,
        jitter_ms REAL,
        rtt_ms REAL,
        browser TEXT,
        sdk TEXT,
        sdk_version TEXT,
        feedback TEXT,
        feedback_score REAL
      ) STRICT;
      CREATE INDEX legs_by_call ON legs (call);
      CREATE INDEX legs_by_client ON legs (call_id, session);
      CREATE INDEX legs_by_session ON legs (session) WHERE session_ended_at IS NULL;
      CREATE INDEX legs_by_user ON legs (user, call);

      CREATE TABLE events (
        call TEXT PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,
        data BLOB NOT NULL
      ) STRICT;

      CREATE TABLE reports (
        id INTEGER PRIMARY KEY,
        leg TEXT NOT NULL REFERENCES legs (id) ON DELETE CASCADE,
        -- When the client's call object was made: after a reload the same call counts its segments anew.
        page INTEGER NOT NULL,
        segment INTEGER NOT NULL,
        received_at INTEGER NOT NULL,
        intervals INTEGER NOT NULL,
        mos_sum REAL NOT NULL,
        mos_count INTEGER NOT NULL,
        mos_min REAL,
        jitter_sum REAL NOT NULL,
        jitter_count INTEGER NOT NULL,
        rtt_sum REAL NOT NULL,
        rtt_count INTEGER NOT NULL,
        lost INTEGER NOT NULL,
        received INTEGER NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (leg, page, segment)
      ) STRICT;

      CREATE TABLE debug (
        id INTEGER PRIMARY KEY,
        leg TEXT NOT NULL REFERENCES legs (id) ON DELETE CASCADE,
        received_at INTEGER NOT NULL,
        data BLOB NOT NULL
      ) STRICT;
      CREATE INDEX debug_by_leg ON debug (leg);

      CREATE TABLE recordings (
        id INTEGER PRIMARY KEY,
        leg TEXT NOT NULL REFERENCES legs (id) ON DELETE CASCADE,
        recording_id TEXT NOT NULL,
        track TEXT NOT NULL,
        first_seq INTEGER NOT NULL,
        first_sample INTEGER NOT NULL,
        samples INTEGER NOT NULL,
        sample_rate INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        UNIQUE (leg, recording_id, track, first_sample, first_seq)
      ) STRICT;
    `,
  },
  {
    name: 'pages',
    sql: `
      -- Everything that the overview counts, so that it is answered without a look at the rows.
      CREATE INDEX calls_for_overview
        ON calls (started_at, cause, mos, answered_at, ended_at, reports, browsers, sdks);

      CREATE TABLE media_series (
        leg TEXT PRIMARY KEY REFERENCES legs (id) ON DELETE CASCADE,
        data BLOB NOT NULL
      ) STRICT;
    `,
  },
  {
    name: 'conversations',
    sql: `
      CREATE TABLE conversations (
        call TEXT PRIMARY KEY,
        at INTEGER NOT NULL,
        data BLOB NOT NULL
      ) STRICT;
      -- It may be told before the call's own last state is, so the call is no foreign key.
      CREATE TRIGGER conversations_go_with_calls AFTER DELETE ON calls BEGIN
        DELETE FROM conversations WHERE call = OLD.id;
      END;
    `,
  },
  {
    name: 'bytes',
    sql: `
      -- Of all that the leg's client sent, as it is kept: what its quota is counted by.
      ALTER TABLE legs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
      UPDATE legs SET bytes =
        (SELECT COALESCE(SUM(LENGTH(body)), 0) FROM reports WHERE leg = legs.id) +
        (SELECT COALESCE(SUM(LENGTH(data)), 0) FROM debug WHERE leg = legs.id) +
        (SELECT COALESCE(SUM(bytes), 0) FROM recordings WHERE leg = legs.id);
      -- Sums by session and by user, answered without a look at the rows.
      CREATE INDEX legs_for_session_quota ON legs (session, bytes);
      CREATE INDEX legs_for_user_share ON legs (user, bytes);
    `,
  },
  {
    name: 'messages',
    sql: `
      ALTER TABLE legs ADD COLUMN via TEXT NOT NULL DEFAULT 'browser';
      ALTER TABLE calls ADD COLUMN sip_call_id TEXT;
      CREATE TABLE messages (
        call TEXT PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,
        dropped INTEGER NOT NULL,
        data BLOB NOT NULL
      ) STRICT;
    `,
  },
  {
    name: 'outbox',
    sql: `
      CREATE TABLE deliveries (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        -- No foreign key: a call that is forgotten is told of all the same.
        call TEXT NOT NULL,
        url TEXT NOT NULL,
        body TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        -- When it may be taken; while it is under way, when others may take it.
        due_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE INDEX deliveries_by_due ON deliveries (url, due_at);
      CREATE INDEX deliveries_by_call ON deliveries (url, call, seq);
      CREATE INDEX deliveries_by_age ON deliveries (url, created_at);
    `,
  },
];
