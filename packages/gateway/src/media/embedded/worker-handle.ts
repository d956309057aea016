import { Worker } from 'node:worker_threads';
import { MediaError } from '../media-plane.ts';
import type { MediaEvent } from '../media-plane.ts';
import type { FromWorker, Verb, Verbs, WorkerSettings } from './messages.ts';

export interface WorkerHandlers {
  event(event: MediaEvent): void;
  log(message: string): void;
  /** The thread ended, by itself or because it no longer answered. Not after `close`. */
  lost(reason: string): void;
}

/** For tests. */
export interface WorkerOverrides {
  readonly script?: URL;
  readonly answerMs?: number;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

// Sources run as they are, so the worker is a .ts file there and a .js file in dist/.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
  import.meta.url,
);

/** Time to load and to bind; a machine under load needs seconds. */
const START_MS = 30_000;
/** A worker that leaves a verb unanswered for this long passes no audio either. */
const ANSWER_MS = 5_000;
const CLOSE_MS = 2_000;

/** The plane's end of one worker thread: requests with time-outs, events, and its death. */
export class WorkerHandle {
  /** Legs that are placed here; kept by the plane. */
  readonly legs = new Map<string, string>();
  readonly #worker: Worker;
  readonly #handlers: WorkerHandlers;
  readonly #answerMs: number;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #state: 'running' | 'closing' | 'gone' = 'running';
  #nextId = 1;

  private constructor(worker: Worker, handlers: WorkerHandlers, answerMs: number) {
    this.#answerMs = answerMs;
    this.#worker = worker;
    this.#handlers = handlers;
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
  }

  /** @throws Error when the worker cannot start */
  static start(
    settings: WorkerSettings,
    handlers: WorkerHandlers,
    { script = WORKER, answerMs = ANSWER_MS }: WorkerOverrides = {},
  ): Promise<WorkerHandle> {
    const worker = new Worker(script, {
      workerData: settings,
      name: 'offhook-media',
    });
    return new Promise((resolve, reject) => {
      const fail = (message: string): void => {
        clearTimeout(timer);
        void worker.terminate();
        reject(new Error(`A media worker cannot start: ${message}`));
      };
      const timer = setTimeout(() => {
        fail(`not ready after ${String(START_MS / 1000)} s`);
      }, START_MS);
      const onExit = (code: number): void => {
        fail(`the thread ended with code ${String(code)}`);
      };
      const onError = (error: unknown): void => {
        fail(error instanceof Error ? error.message : String(error));
      };
      worker.once('exit', onExit);
      worker.once('error', onError);
      worker.once('message', (message: FromWorker) => {
        worker.off('exit', onExit);
        worker.off('error', onError);
        if (message.type === 'unusable') {
          fail(message.message);
          return;
        }
        clearTimeout(timer);
        if (message.type === 'ready') handlers.log(`media on UDP ${message.ports.join(', ')}`);
        resolve(new WorkerHandle(worker, handlers, answerMs));
      });
    });
  }

  get isAlive(): boolean {
    return this.#state === 'running';
  }

  run<V extends Verb>(verb: V, request: Verbs[V]['request']): Promise<Verbs[V]['result']> {
    if (this.#state !== 'running') {
      return Promise.reject(new MediaError('closed', 'The media worker is gone.'));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#gone(`no answer to ${verb} within ${String(this.#answerMs)} ms`);
      }, this.#answerMs);
      this.#pending.set(id, {
        resolve: resolve as (result: unknown) => void,
        reject,
        timer,
      });
      this.#worker.postMessage({ type: 'request', id, verb, request });
    });
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending) clearTimeout(pending.timer);
    this.#pending.delete(id);
    return pending;
  }

  #message(message: FromWorker): void {
    switch (message.type) {
      case 'result':
        this.#take(message.id)?.resolve(message.result);
        return;
      case 'error':
        this.#take(message.id)?.reject(new MediaError(message.code, message.message));
        return;
      case 'event':
        if (this.#state === 'running') this.#handlers.event(message.event);
        return;
      case 'log':
      case 'unusable':
        this.#handlers.log(message.message);
        return;
      case 'ready':
        return;
    }
  }

  #gone(reason: string): void {
    if (this.#state === 'gone') return;
    const wasRunning = this.#state === 'running';
    this.#state = 'gone';
    this.#rejectAll(new MediaError('no_capacity', `The media worker is gone: ${reason}.`));
    void this.#worker.terminate();
    if (wasRunning) this.#handlers.lost(reason);
  }

  #rejectAll(error: MediaError): void {
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(error);
  }

  async close(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'closing';
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
