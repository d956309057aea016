import type { LookupFunction } from 'node:net';
import type { ServiceGuard } from '../../../services/service.ts';
import { WebSocket } from 'ws';
import { next } from '../../../calls/transitions.ts';
import { EngineError, type EngineClock } from '../../engine.ts';
import { bearer } from '../../secrets.ts';
import {
  CONNECTION_TRANSITIONS,
  type ConnectionEvent,
  type ConnectionState,
} from './connection-state.ts';
import { readServerEvent, type ServerEvent } from './events.ts';

export interface ConnectionDeps {
  readonly url: string;
  readonly key: () => string | undefined;
  readonly clock: EngineClock;
  readonly lookup: LookupFunction;
  readonly guard: ServiceGuard;
  /** Sent first on every connection; its `session.updated` makes the connection ready. */
  readonly opening: () => Readonly<Record<string, unknown>>;
  readonly onEvent: (event: ServerEvent) => void;
  /** Ready anew after a loss. */
  readonly onBack: () => void;
  readonly onLost: () => void;
  /** It did not come back. */
  readonly onGone: (error: EngineError) => void;
}

/** From a loss on; the last one is the last attempt. A caller does not wait longer for an answer. */
const RETRY_MS = [0, 250, 1000, 2000] as const;
const READY_MS = 8000;
/** What may wait to be sent: a model that does not read is a model that is gone. */
const MAX_BUFFERED = 4 * 1024 * 1024;
const MAX_PAYLOAD = 16 * 1024 * 1024;

/** A socket to a Realtime server that is opened again when it breaks. */
export class RealtimeConnection {
  readonly #deps: ConnectionDeps;
  #state: ConnectionState = 'new';
  #socket: WebSocket | null = null;
  #attempt = 0;
  #wasReady = false;
  #cancelTimer: () => void = () => undefined;
  #onFirst: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #refusal: EngineError | null = null;
  /** What the system said of the last connection. */
  #trouble: string | null = null;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Settles with the first connection that is ready. Rejects with an {@link EngineError}. */
  open(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onFirst = { resolve, reject };
      signal.addEventListener('abort', () => {
        reject(new EngineError('engine_unavailable', 'the engine did not answer in time'));
        this.close();
      });
      this.#connect();
    });
  }

  /** False when there is nobody to hear it now. */
  send(event: Readonly<Record<string, unknown>>): boolean {
    if (this.#state !== 'ready' || !this.#socket) {
      return false;
    }
    if (this.#socket.bufferedAmount > MAX_BUFFERED) {
      this.#lost();
      return false;
    }
    this.#socket.send(JSON.stringify(event));
    return true;
  }

  close(): void {
    if (!this.#step('close')) {
      return;
    }
    this.#cancelTimer();
    this.#drop();
  }

  #connect(): void {
    if (!this.#step('connect')) {
      return;
    }
    this.#refusal = null;
    this.#trouble = null;
    let headers: Record<string, string>;
    try {
      headers = bearer(this.#deps.key());
    } catch (error) {
      this.#giveUp(error as EngineError);
      return;
    }
    const socket = new WebSocket(this.#deps.url, {
      headers,
      maxPayload: MAX_PAYLOAD,
      followRedirects: false,
      handshakeTimeout: READY_MS,
      lookup: this.#deps.lookup,
    });
    this.#socket = socket;
    this.#cancelTimer = this.#deps.clock.schedule(() => {
      this.#lost();
    }, READY_MS);
    socket.on('open', () => {
      this.#deps.guard.run(() => {
        socket.send(JSON.stringify(this.#deps.opening()));
      });
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary || socket !== this.#socket) {
        return;
      }
      this.#deps.guard.run(() => {
        this.#message(data.toString('utf8'));
      });
    });
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      // A wrong key or model does not become right by waiting.
      if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
        this.#refusal = new EngineError(
          'engine_unavailable',
          `the engine refused us (HTTP ${String(status)})`,
          { detail: this.#where() },
        );
      }
      if (socket !== this.#socket) {
        return;
      }
      this.#deps.guard.run(() => {
        this.#lost();
      });
    });
    // The close that follows is what counts.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (socket === this.#socket) {
        this.#trouble = error.code ?? error.message;
      }
    });
    socket.on('close', () => {
      if (socket !== this.#socket) {
        return;
      }
      this.#deps.guard.run(() => {
        this.#lost();
      });
    });
  }

  #message(text: string): void {
    const event = readServerEvent(text);
    if (!event) {
      return;
    }
    if (this.#state === 'connecting') {
      if (event.type === 'session.updated') {
        this.#ready();
      } else if (event.type === 'error') {
        this.#refusal = new EngineError(
          'engine_unavailable',
          `the engine did not take the session (${event.code})`,
          { detail: this.#where() },
        );
        this.#lost();
      }
      return;
    }
    this.#deps.onEvent(event);
  }

  #ready(): void {
    if (!this.#step('ready')) {
      return;
    }
    this.#cancelTimer();
    this.#attempt = 0;
    const isFirst = !this.#wasReady;
    this.#wasReady = true;
    if (isFirst) {
      this.#onFirst?.resolve();
    } else {
      this.#deps.onBack();
    }
  }

  #lost(): void {
    const wasReady = this.#state === 'ready';
    if (!this.#step('lost')) {
      return;
    }
    this.#cancelTimer();
    this.#drop();
    if (wasReady) {
      this.#deps.onLost();
    }
    const wait = RETRY_MS[this.#attempt];
    this.#attempt += 1;
    if (wait === undefined || this.#refusal) {
      const what = this.#wasReady ? 'engine_lost' : 'engine_unavailable';
      const message = this.#wasReady
        ? 'the engine went away and did not come back'
        : 'the engine cannot be reached';
      this.#giveUp(this.#refusal ?? new EngineError(what, message, { detail: this.#where() }));
      return;
    }
    this.#cancelTimer = this.#deps.clock.schedule(() => {
      this.#connect();
    }, wait);
  }

  #giveUp(error: EngineError): void {
    this.close();
    if (this.#wasReady) {
      this.#deps.onGone(error);
    } else {
      this.#onFirst?.reject(error);
    }
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) {
      return;
    }
    // Before it is open, closing raises an error, for which a listener stays.
    if (socket.readyState === WebSocket.OPEN) {
      socket.close(1000);
    } else {
      socket.terminate();
    }
  }

  /** For the operator: where it is, and what the system said last. Nothing of the query, which may hold a secret. */
  #where(): string {
    const { protocol, host, pathname } = new URL(this.#deps.url);
    const why = this.#trouble === null ? '' : ` (${this.#trouble})`;
    return `${protocol}//${host}${pathname}${why}`;
  }

  #step(event: ConnectionEvent): boolean {
    const state = next(CONNECTION_TRANSITIONS, this.#state, event);
    if (state === null) {
      return false;
    }
    this.#state = state;
    return true;
  }
}
