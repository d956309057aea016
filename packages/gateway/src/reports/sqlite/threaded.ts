import { Worker } from 'node:worker_threads';
import type { CallPage, CallView, CallsOverview, LegMedia } from '@offhook/protocol';
import type { ConversationRecord } from '../../assistants/conversation.ts';
import { StoreError } from '../../sqlite/database.ts';
import { ReportStoreError } from '../store.ts';
import type { CallMessages } from '../message-log.ts';
import type { NewDelivery, SettleRequest, TakeRequest, Taken } from '../outbox.ts';
import type { MediaPoint } from '../records.ts';
import type {
  CallDetail,
  CallQuery,
  DebugChunk,
  PruneOutcome,
  ReportRequest,
  ReportResult,
  ReportStore,
  ReportStoreOptions,
  ReportVerb,
  SavedCall,
  Upload,
  UploadOutcome,
} from '../store.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';

export interface ThreadedOptions extends ReportStoreOptions {
  /** The thread broke; another one is started when it is needed. */
  readonly onBroken: (reason: string) => void;
  /** Nothing is kept from now on, and why; null: everything is again. */
  readonly onPaused?: (reason: string | null) => void;
  /** Milliseconds of a clock that never jumps; default: the process's own. */
  readonly now?: () => number;
  /** Default: the thread of `worker.ts`. */
  readonly spawn?: (settings: WorkerSettings) => Worker;
}

interface Pending {
  readonly verb: ReportVerb;
  readonly bytes: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ReportStoreError) => void;
}

/** What may wait for the thread: bodies of clients, and everything together. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_WAITING = 20_000;
const START_MS = 30_000;
const CLOSE_MS = 10_000;
/** While nothing is kept, this often one write finds out whether it would be. */
const PROBE_MS = 10_000;
/** What needs no room on the disk, and may be asked always. */
const READS: ReadonlySet<ReportVerb> = new Set(['list', 'find', 'view', 'overview', 'recording']);
/** A database that breaks at once is not opened again and again. */
const REST_MS = 1000;

/** {@link SqliteReports} on a thread of its own, behind a queue with bounds. */
export class ThreadedReports implements ReportStore {
  readonly #options: ThreadedOptions;
  readonly #now: () => number;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #brokenAt = Number.NEGATIVE_INFINITY;
  /** When the next write is let through to find out; null while everything is kept. */
  #probeAt: number | null = null;
  #nextId = 1;
  #bytes = 0;
  #closing: Promise<void> | null = null;

  private constructor(options: ThreadedOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** @throws {StoreError} when the database cannot be used */
  static async start(options: ThreadedOptions): Promise<ThreadedReports> {
    const store = new ThreadedReports(options);
    const worker = store.#spawn(true);
    try {
      await ready(worker);
    } catch (error) {
      store.#closing = Promise.resolve();
      void worker.terminate();
      throw error;
    }
    return store;
  }

  /** Requests that wait for the thread. */
  get waiting(): number {
    return this.#pending.size;
  }

  saveCall(call: SavedCall): Promise<number> {
    return this.#ask('saveCall', call);
  }

  addDeliveries(deliveries: readonly NewDelivery[]): Promise<number> {
    return this.#ask('addDeliveries', deliveries);
  }

  takeDeliveries(request: TakeRequest): Promise<Taken> {
    return this.#ask('takeDeliveries', request);
  }

  settleDelivery(request: SettleRequest): Promise<void> {
    return this.#ask('settleDelivery', request);
  }

  sessionEnded(request: { readonly session: string; readonly at: number }): Promise<void> {
    return this.#ask('sessionEnded', request);
  }

  saveMedia(request: { readonly leg: string; readonly media: LegMedia }): Promise<void> {
    return this.#ask('saveMedia', request);
  }

  saveSeries(request: {
    readonly leg: string;
    readonly points: readonly MediaPoint[];
  }): Promise<void> {
    return this.#ask('saveSeries', request);
  }

  saveConversation(record: ConversationRecord): Promise<void> {
    return this.#ask('saveConversation', record);
  }

  saveMessages(request: CallMessages): Promise<void> {
    return this.#ask('saveMessages', request);
  }

  addReport(upload: Upload): Promise<UploadOutcome> {
    return this.#upload('addReport', upload);
  }

  addRecording(upload: Upload): Promise<UploadOutcome> {
    return this.#upload('addRecording', upload);
  }

  addDebug(chunk: DebugChunk): Promise<void> {
    return this.#ask('addDebug', chunk);
  }

  list(query: CallQuery): Promise<CallPage> {
    return this.#ask('list', query);
  }

  find(id: string): Promise<CallDetail | null> {
    return this.#ask('find', id);
  }

  view(id: string): Promise<CallView | null> {
    return this.#ask('view', id);
  }

  overview(range: { readonly from: number; readonly to: number }): Promise<CallsOverview> {
    return this.#ask('overview', range);
  }

  recording(id: number): Promise<string | null> {
    return this.#ask('recording', id);
  }

  prune(now: number): Promise<PruneOutcome> {
    return this.#ask('prune', now);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) {
      return;
    }
    const late = setTimeout(() => void worker.terminate(), CLOSE_MS);
    await new Promise<void>((resolve) => {
      worker.once('exit', () => {
        resolve();
      });
      worker.postMessage({ type: 'close' } satisfies ToWorker);
    });
    clearTimeout(late);
  }

  #upload(verb: 'addReport' | 'addRecording', upload: Upload): Promise<UploadOutcome> {
    if (this.#bytes + upload.body.byteLength > MAX_BYTES) {
      return Promise.reject(busy());
    }
    // A body that is part of a larger buffer is copied: to hand that over would take it from its owner.
    const { body } = upload;
    const whole = body.byteLength === body.buffer.byteLength && body.buffer instanceof ArrayBuffer;
    const own = new Uint8Array(whole ? body.buffer : body);
    return this.#ask(verb, { ...upload, body: own }, own);
  }

  #ask<V extends ReportVerb>(
    verb: V,
    request: ReportRequest<V>,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<ReportResult<V>> {
    if (this.#closing) {
      return Promise.reject(new ReportStoreError('gone', 'The report store is closed'));
    }
    if (this.#pending.size >= MAX_WAITING) {
      return Promise.reject(busy());
    }
    if (this.#worker === null && this.#now() - this.#brokenAt < REST_MS) {
      return Promise.reject(new ReportStoreError('gone', 'The report store is being opened again'));
    }
    if (this.#probeAt !== null && !READS.has(verb)) {
      const now = this.#now();
      if (now < this.#probeAt) {
        const message = 'Nothing is kept at the moment: the disk or the database does not do';
        return Promise.reject(new ReportStoreError('paused', message));
      }
      this.#probeAt = now + PROBE_MS;
    }
    const worker = this.#worker ?? this.#spawn(false);
    const id = this.#nextId++;
    const bytes = body?.byteLength ?? 0;
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { verb, bytes, resolve: resolve as (result: unknown) => void, reject });
      const message: ToWorker = { type: 'ask', id, verb, request };
      worker.postMessage(message, body ? [body.buffer] : []);
    });
  }

  #spawn(recover: boolean): Worker {
    const { onBroken, onPaused: _, now: __, spawn = spawnWorker, ...options } = this.#options;
    const worker = spawn({ options, recover });
    this.#worker = worker;
    let reason = 'the thread ended';
    let unusable = false;
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'unusable') {
        reason = message.message;
        unusable = true;
      } else {
        this.#onMessage(message, worker);
      }
    });
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.once('exit', () => {
      this.#worker = null;
      this.#brokenAt = this.#now();
      for (const id of [...this.#pending.keys()]) {
        this.#take(id)?.reject(new ReportStoreError('gone', `The report store broke: ${reason}`));
      }
      if (this.#closing !== null) {
        return;
      }
      onBroken(reason);
      // Opened again at the next request; if it cannot be, not at every one.
      if (unusable) {
        this.#pause(reason);
      }
    });
    return worker;
  }

  #onMessage(message: Exclude<FromWorker, { type: 'unusable' }>, worker: Worker): void {
    switch (message.type) {
      case 'ready':
        return;
      case 'result': {
        const pending = this.#take(message.id);
        if (pending !== undefined && !READS.has(pending.verb)) {
          this.#resume();
        }
        pending?.resolve(message.result);
        return;
      }
      case 'failed': {
        const pending = this.#take(message.id);
        const { trouble } = message;
        if (trouble === 'disk' && pending !== undefined && !READS.has(pending.verb)) {
          this.#pause(message.message);
        }
        // It ends, and another one opens what is there now.
        if (trouble === 'replaced') {
          worker.postMessage({ type: 'close' } satisfies ToWorker);
        }
        pending?.reject(
          new ReportStoreError(trouble === null ? 'failed' : 'paused', message.message),
        );
        return;
      }
    }
  }

  #pause(reason: string): void {
    const first = this.#probeAt === null;
    this.#probeAt = this.#now() + PROBE_MS;
    if (first) {
      this.#options.onPaused?.(reason);
    }
  }

  #resume(): void {
    if (this.#probeAt === null) {
      return;
    }
    this.#probeAt = null;
    this.#options.onPaused?.(null);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#bytes -= pending?.bytes ?? 0;
    return pending;
  }
}

/** Settles with the first thing that a new thread says, or does not say in time. */
function ready(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      worker.off('error', onError);
      if (error === null) {
        resolve();
      } else {
        reject(error);
      }
    };
    const onMessage = (message: FromWorker): void => {
      const failed = message.type === 'unusable';
      settle(failed ? new StoreError(message.code, message.message) : null);
    };
    const onError = (error: unknown): void => {
      settle(error instanceof Error ? error : new Error(String(error)));
    };
    const timer = setTimeout(() => {
      settle(new StoreError('unusable', 'The report store did not start in time'));
    }, START_MS);
    worker.on('message', onMessage);
    worker.on('error', onError);
  });
}

function spawnWorker(settings: WorkerSettings): Worker {
  // Sources run as they are, so the worker is a .ts file there and a .js file in dist/.
  const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  return new Worker(new URL(file, import.meta.url), {
    workerData: settings,
    name: 'offhook-reports',
  });
}

function busy(): ReportStoreError {
  return new ReportStoreError('busy', 'Too many reports wait to be stored; try again');
}
