import type { SocketCloseEvent } from '../events.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

/** A browser that was asked to close reports it within this time, or is not waited for. */
const CLOSE_LIMIT_MS = 5_000;
/** A socket that has not opened by now will not: the SYN or the upgrade was lost. */
const OPEN_LIMIT_MS = 10_000;

export interface SocketHandlers {
  onOpen(event: Event): void;
  onText(text: string): void;
  onError(event: Event): void;
  /** Exactly once, and nothing after it. */
  onClosed(event: SocketCloseEvent): void;
}

/**
 * One WebSocket. Its generation tells its events from those of sockets before it; after `onClosed` it is silent whatever the
 * browser still reports.
 */
export class Socket {
  readonly generation: number;
  readonly #ws: WebSocket;
  readonly #handlers: SocketHandlers;
  readonly #timer: Timer;
  #done = false;
  /** For `client.simulate()`: nothing passes any more, and nobody is told. */
  muted = false;

  /** @throws whatever the WebSocket constructor throws: a bad URL, mixed content */
  constructor(
    platform: Platform,
    url: string,
    generation: number,
    handlers: SocketHandlers,
    limitMs = OPEN_LIMIT_MS,
  ) {
    this.generation = generation;
    this.#handlers = handlers;
    this.#timer = new Timer(platform);
    this.#ws = new platform.WebSocket(url);
    this.#timer.start(limitMs, () => {
      this.abandon('OPEN_TIMEOUT');
    });
    this.#ws.onopen = (event) => {
      this.#timer.stop();
      handlers.onOpen(event);
    };
    this.#ws.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data === 'string' && !this.muted) handlers.onText(event.data);
    };
    this.#ws.onerror = (event) => {
      handlers.onError(event);
    };
    this.#ws.onclose = (event) => {
      this.#finish({ event, socketGeneration: generation });
    };
  }

  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  get readyState(): number {
    return this.#done ? 3 : this.#ws.readyState;
  }

  /** False when it cannot be sent now. */
  send(text: string): boolean {
    if (this.readyState !== 1) return false;
    if (!this.muted) this.#ws.send(text);
    return true;
  }

  /** Asks for a close; `onClosed` follows within 5 s. */
  close(): void {
    if (this.#done) return;
    this.#timer.start(CLOSE_LIMIT_MS, () => {
      this.abandon('STUCK_WS_TIMEOUT');
    });
    this.#ws.close();
  }

  /** Gives the socket up at once: the path is dead, so the closing handshake would only be waited for. */
  abandon(reason: string): void {
    if (this.#done) return;
    this.#detach();
    this.#ws.close();
    this.#finish({ code: 1006, reason, wasClean: false, socketGeneration: this.generation });
  }

  /** Closes it and says no more: another one has taken over. */
  retire(): void {
    this.#done = true;
    this.#timer.stop();
    this.#detach();
    this.#ws.close();
  }

  #detach(): void {
    const ws = this.#ws;
    ws.onopen = ws.onmessage = ws.onerror = ws.onclose = null;
  }

  #finish(event: SocketCloseEvent): void {
    if (this.#done) return;
    this.#done = true;
    this.#timer.stop();
    this.#detach();
    this.#handlers.onClosed(event);
  }
}
