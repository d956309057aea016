import { Worker } from 'node:worker_threads';
import { MediaError } from '../media-plane.ts';
import type { MediaEvent } from '../media-plane.ts';
import type { Refusals } from './leg-limits.ts';
import type { FromWorker, Verb, Verbs, WorkerSettings } from './messages.ts';
import type { Reach } from './reach.ts';

export interface WorkerHandlers {
  event(event: MediaEvent): void;
  log(level: 'info' | 'error', message: string): void;
  /** What the limits of its legs refused, once a second where they did. */
  refused(refusals: Refusals): void;
  /** The thread ended, by itself or because it no longer answered. Not after `close`. */
  lost(reason: string): void;
}

/** For tests. */
export interface WorkerOverrides {
  readonly script?: URL;
  /** Silence after which the thread is asked whether it lives. Default 5000. */
  readonly quietMs?: number;
}

interface Pending {
  readonly verb: Verb;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  waitedMs: number;
}

// Sources run as they are, so the worker is a .ts file there and a .js file in dist/.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
  import.meta.url,
);

/** Time to load and to bind; a machine under load needs seconds. */
const START_MS = 30_000;
/** The thread says that it lives every second. */
const QUIET_MS = 5_000;
const LOOK_MS = 250;
const CLOSE_MS = 2_000;
/** So many late beats in a row, and the thread has enough to do. */
const LATE_BEATS = 3;

/**
 * The plane's end of one worker thread: requests, events, and its death.
 *
 * A thread that is silent for {@link QUIET_MS} is asked, and when it is silent for half of that again, it hangs and is ended. Silence is
 * counted while this thread runs: after a stall of its own, what the other one said meanwhile is read before more is counted, so a
 * signalling thread that stands still costs no call.
 */
export class WorkerHandle {
  /** Legs that are placed here; kept by the plane. */
  readonly legs = new Map<string, string>();
  readonly #worker: Worker;
  readonly #handlers: WorkerHandlers;
  readonly #quietMs: number;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  readonly #started: Promise<void>;
  #settleStart: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #state: 'starting' | 'running' | 'closing' | 'gone' = 'starting';
  #nextId = 1;
  #relayPort: number | null = null;
  #look: NodeJS.Timeout;
  #lookedAt = performance.now();
  #silentMs = 0;
  #isAsked = false;
  /** Of the last beats, the newest last. */
  #lags: number[] = [];

  private constructor(worker: Worker, handlers: WorkerHandlers, quietMs: number) {
    this.#quietMs = quietMs;
    this.#worker = worker;
    this.#handlers = handlers;
    this.#started = new Promise((resolve, reject) => {
      this.#settleStart = { resolve, reject };
    });
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#gone(`the thread ended with code ${String(code)}`);
        resolve();
      });
    });
    worker.on('error', (error) => {
      this.#gone(error instanceof Error ? error.message : String(error));
    });
    worker.on('message', (message: FromWorker) => {
      this.#message(message);
    });
    this.#look = setInterval(() => {
      this.#watch();
    }, LOOK_MS);
  }

  /** @throws Error when the worker cannot start */
  static async start(
    settings: WorkerSettings,
    handlers: WorkerHandlers,
    { script = WORKER, quietMs = QUIET_MS }: WorkerOverrides = {},
  ): Promise<WorkerHandle> {
    const worker = new Worker(script, { workerData: settings, name: 'offhook-media' });
    const handle = new WorkerHandle(worker, handlers, quietMs);
    await handle.#started;
    return handle;
  }

  /** Its loopback UDP port for the process that carries media over TCP; null before it is ready. */
  get relayPort(): number | null {
    return this.#relayPort;
  }

  get isAlive(): boolean {
    return this.#state === 'running';
  }

  /** The event loop was later than this on average, at each of the last three beats. */
  isLate(lagMs: number): boolean {
    return this.#lags.length === LATE_BEATS && this.#lags.every((lag) => lag > lagMs);
  }

  /**
   * @throws MediaError `closed` after the end of the plane; `lost` when the thread died or hung before it answered, or does not
   *   answer although it lives
   */
  run<V extends Verb>(verb: V, request: Verbs[V]['request']): Promise<Verbs[V]['result']> {
    if (this.#state !== 'running') {
      return Promise.reject(new MediaError('lost', 'The media worker is gone.'));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        verb,
        resolve: resolve as (result: unknown) => void,
        reject,
        waitedMs: 0,
      });
      this.#worker.postMessage({ type: 'request', id, verb, request });
    });
  }

  /** Tells where it is reached from now on. */
  follow(reach: Reach): void {
    if (this.#state === 'running') {
      this.#worker.postMessage({ type: 'reach', reach });
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #message(message: FromWorker): void {
    this.#silentMs = 0;
    this.#isAsked = false;
    switch (message.type) {
      case 'ready':
        this.#relayPort = message.relayPort;
        this.#handlers.log('info', `media on UDP ${message.ports.join(', ')}`);
        if (this.#state === 'starting') {
          this.#state = 'running';
        }
        this.#settleStart?.resolve();
        this.#settleStart = null;
        return;
      case 'unusable':
        this.#gone(message.message);
        return;
      case 'result':
        this.#take(message.id)?.resolve(message.result);
        return;
      case 'error':
        this.#take(message.id)?.reject(new MediaError(message.code, message.message));
        return;
      case 'event':
        if (this.#state === 'running') {
          this.#handlers.event(message.event);
        }
        return;
      case 'beat':
        this.#lags = [...this.#lags, message.lagMs].slice(-LATE_BEATS);
        if (message.refusals) {
          this.#handlers.refused(message.refusals);
        }
        return;
      case 'log':
        this.#handlers.log(message.level, message.message);
        return;
    }
  }

  #watch(): void {
    const now = performance.now();
    // Between two looks, what came is read; a longer pause was ours.
    const passed = Math.min(now - this.#lookedAt, 2 * LOOK_MS);
    this.#lookedAt = now;
    this.#silentMs += passed;
    if (this.#state === 'starting') {
      if (this.#silentMs >= START_MS) {
        this.#gone(`not ready after ${String(START_MS / 1000)} s`);
      }
      return;
    }
    if (this.#silentMs >= this.#quietMs / (this.#isAsked ? 2 : 1)) {
      if (this.#isAsked) {
        this.#gone(`it says nothing, although it was asked`);
        return;
      }
      this.#isAsked = true;
      this.#silentMs = 0;
      this.#worker.postMessage({ type: 'ask' });
    }
    this.#giveUp(passed);
  }

  /** Verbs that a living thread leaves unanswered. */
  #giveUp(passed: number): void {
    for (const [id, pending] of this.#pending) {
      pending.waitedMs += passed;
      if (pending.waitedMs < 2 * this.#quietMs) {
        continue;
      }
      this.#take(id)?.reject(
        new MediaError('lost', `The media worker lives but does not answer to ${pending.verb}.`),
      );
    }
  }

  #gone(reason: string): void {
    if (this.#state === 'gone') {
      return;
    }
    const before = this.#state;
    this.#state = 'gone';
    clearInterval(this.#look);
    this.#settleStart?.reject(new Error(`A media worker cannot start: ${reason}`));
    this.#settleStart = null;
    this.#rejectAll(new MediaError('lost', `The media worker is gone: ${reason}.`));
    void this.#worker.terminate();
    if (before === 'running') {
      this.#handlers.lost(reason);
    }
  }

  #rejectAll(error: MediaError): void {
    for (const id of [...this.#pending.keys()]) {
      this.#take(id)?.reject(error);
    }
  }

  async close(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'closing';
      clearInterval(this.#look);
      this.#rejectAll(new MediaError('closed', 'The media plane is closed.'));
      this.#worker.postMessage({ type: 'close' });
      const timer = setTimeout(() => {
        void this.#worker.terminate();
      }, CLOSE_MS);
      await this.#exited;
      clearTimeout(timer);
      return;
    }
    await this.#exited;
  }
}
