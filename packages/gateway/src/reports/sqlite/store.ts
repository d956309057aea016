import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { CallPage, CallView, CallsOverview, LegMedia } from '@offhook/protocol';
import type { ConversationRecord } from '../../assistants/conversation.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { FileReplaced, RolledBack, fileId } from '../../sqlite/trouble.ts';
import type { CallMessages } from '../message-log.ts';
import { MAX_AGE_MS } from '../outbox.ts';
import type { NewDelivery, SettleRequest, TakeRequest, Taken } from '../outbox.ts';
import type { MediaPoint } from '../records.ts';
import type {
  CallDetail,
  CallQuery,
  DebugChunk,
  PruneOutcome,
  ReportStoreOptions,
  ReportVerbs,
  SavedCall,
  Upload,
  UploadOutcome,
} from '../store.ts';
import { BodyError } from '../body.ts';
import { CallRows } from './call-rows.ts';
import { CallOverview } from './overview.ts';
import { OutboxRows } from './outbox-rows.ts';
import { CallQueries } from './queries.ts';
import { Retention } from './retention.ts';
import { BEFORE_TABLES, MIGRATIONS, recordingsFolder, reportsPath } from './schema.ts';
import { NoRoom, Uploads } from './uploads.ts';
import { CallViews } from './views.ts';

/** `offhook doctor` reads every page; what is to be written waits meanwhile, and nobody but this thread with it. */
const BUSY_MS = 15_000;

/** Reports in SQLite, on the thread that calls it: `threaded.ts` gives it one of its own. */
export class SqliteReports implements ReportVerbs {
  readonly #db: DatabaseSync;
  readonly #options: ReportStoreOptions;
  readonly #calls: CallRows;
  readonly #uploads: Uploads;
  readonly #queries: CallQueries;
  readonly #views: CallViews;
  readonly #overview: CallOverview;
  readonly #retention: Retention;
  readonly #outbox: OutboxRows;
  readonly #file: string | null;
  #together = false;

  /** @throws {StoreError} when the database cannot be used */
  constructor(options: ReportStoreOptions) {
    this.#options = options;
    this.#db = openDatabase(reportsPath(options.dataDir), MIGRATIONS, {
      beforeTables: BEFORE_TABLES,
      busyMs: options.busyMs ?? BUSY_MS,
      ...(options.schema === undefined ? {} : { schema: options.schema }),
    });
    // No `mmap_size`: a mapped file that another program makes shorter is a SIGBUS, which ends the gateway with all its calls.
    this.#file = fileId(reportsPath(options.dataDir));
    const folder = recordingsFolder(options.dataDir);
    this.#calls = new CallRows(this.#db);
    this.#uploads = new Uploads(this.#db, this.#calls, folder, options.maxBytes, () =>
      this.#retention.fits(),
    );
    this.#queries = new CallQueries(this.#db, folder);
    this.#views = new CallViews(this.#db, folder);
    this.#overview = new CallOverview(this.#db);
    this.#retention = new Retention(this.#db, folder, options);
    this.#outbox = new OutboxRows(this.#db);
  }

  /** To be called once by the gateway, when it starts: no session and no call outlives it. */
  recover(now: number): void {
    this.#transaction(() => {
      this.#calls.closeAll(now);
      this.#outbox.forget(now - MAX_AGE_MS);
      this.#outbox.hasten(now);
    });
    const kept = this.#uploads.recordingFiles();
    const folder = recordingsFolder(this.#options.dataDir);
    for (const name of filesOf(folder)) {
      if (!kept.has(name)) {
        rmSync(join(folder, name));
      }
    }
  }

  saveCall({ deliveries = [], ...call }: SavedCall): number {
    return this.#transaction(() => {
      this.#calls.save(call);
      return this.#outbox.addDeliveries(deliveries);
    });
  }

  addDeliveries(deliveries: readonly NewDelivery[]): number {
    return this.#transaction(() => this.#outbox.addDeliveries(deliveries));
  }

  takeDeliveries(request: TakeRequest): Taken {
    return this.#transaction(() => this.#outbox.takeDeliveries(request));
  }

  settleDelivery(request: SettleRequest): void {
    this.#transaction(() => {
      this.#outbox.settleDelivery(request);
    });
  }

  sessionEnded({ session, at }: { readonly session: string; readonly at: number }): void {
    this.#transaction(() => {
      this.#calls.endSession(session, at);
    });
  }

  saveMedia({ leg, media }: { readonly leg: string; readonly media: LegMedia }): void {
    this.#transaction(() => {
      this.#calls.saveMedia(leg, media);
    });
  }

  saveSeries({
    leg,
    points,
  }: {
    readonly leg: string;
    readonly points: readonly MediaPoint[];
  }): void {
    this.#transaction(() => {
      this.#calls.saveSeries(leg, points);
    });
  }

  saveConversation(record: ConversationRecord): void {
    this.#transaction(() => {
      this.#calls.saveConversation(record);
    });
  }

  saveMessages(messages: CallMessages): void {
    this.#transaction(() => {
      this.#calls.saveMessages(messages);
    });
  }

  addReport(upload: Upload): UploadOutcome {
    return this.#upload(() => this.#uploads.addReport(upload));
  }

  addRecording(upload: Upload): UploadOutcome {
    return this.#upload(() => this.#uploads.addRecording(upload));
  }

  addDebug(chunk: DebugChunk): void {
    this.#transaction(() => {
      this.#uploads.addDebug(chunk);
    });
  }

  list(query: CallQuery): CallPage {
    return this.#queries.list(query);
  }

  find(id: string): CallDetail | null {
    return this.#queries.find(id);
  }

  view(id: string): CallView | null {
    return this.#views.view(id);
  }

  overview(range: { readonly from: number; readonly to: number }): CallsOverview {
    return this.#overview.overview(range);
  }

  recording(id: number): string | null {
    return this.#views.recording(id);
  }

  prune(now: number): PruneOutcome {
    this.#transaction(() => {
      this.#outbox.forget(now - MAX_AGE_MS);
    });
    return this.#retention.prune(now);
  }

  close(): void {
    if (this.#db.isOpen) {
      this.#db.close();
    }
  }

  /** Whole or not at all: what breaks a quota leaves nothing behind. Where there is no room, old calls are forgotten for it, once. */
  #upload(work: () => UploadOutcome): UploadOutcome {
    try {
      return this.#transaction(work);
    } catch (error) {
      if (!(error instanceof NoRoom)) {
        return refusalOf(error);
      }
      this.#retention.makeRoom(error.bytes);
    }
    try {
      return this.#transaction(work);
    } catch (error) {
      return refusalOf(error);
    }
  }

  /**
   * One transaction for all of `work`, in which each verb stands or falls by itself. A commit costs as much as what it
   * commits, so those that wait together are committed together. What `work` reports is true when this returns.
   */
  together(work: () => void): void {
    this.#transaction(() => {
      this.#together = true;
      try {
        work();
      } finally {
        this.#together = false;
      }
    });
  }

  #transaction<T>(work: () => T): T {
    const inside = this.#together;
    const path = reportsPath(this.#options.dataDir);
    if (!inside && fileId(path) !== this.#file) {
      throw new FileReplaced(path);
    }
    // What follows in a transaction that is rolled back would be written by itself.
    if (inside && !this.#db.isTransaction) {
      throw new RolledBack();
    }
    this.#db.exec(inside ? 'SAVEPOINT one' : 'BEGIN IMMEDIATE');
    try {
      const result = work();
      if (!this.#db.isTransaction) {
        throw new RolledBack();
      }
      this.#db.exec(inside ? 'RELEASE one' : 'COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) {
        this.#db.exec(inside ? 'ROLLBACK TO one; RELEASE one' : 'ROLLBACK');
      }
      throw error;
    }
  }
}

/** @throws what is no matter of the body */
function refusalOf(error: unknown): UploadOutcome {
  if (!(error instanceof BodyError)) {
    throw error;
  }
  return { ok: false, reason: error.reason, message: error.message };
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}
