import { Emitter } from '../emitter.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

/** A browser that was asked to close reports it within this time, or is not waited for. */
const CLOSE_LIMIT_MS = 5_000;
/** A socket that has not opened by now will not: the SYN or the upgrade was lost. */
const OPEN_LIMIT_MS = 10_000;
/** A socket that is no longer wanted before it is open is closed when it opens, or after this. */
const UNWANTED_LIMIT_MS = 1_000;

/** Payload of `telnyx.socket.close`. */
export interface SocketCloseEvent {
  event?: CloseEvent;
  /** Only when the browser did not report the close within 5 s of being asked. */
  code?: number;
  reason?: string;
  wasClean?: boolean;
  socketGeneration: number;
}

/** Payload of `telnyx.socket.error`. */
export interface SocketErrorEvent {
  error: Event;
  sessionId: string;
  socketGeneration: number;
}

export interface SocketEvents {
  open: [event: Event];
  text: [text: string];
  error: [event: Event];
  /** Exactly once, and nothing after it. */
  closed: [event: SocketCloseEvent];
}

/**
 * One WebSocket. Its generation tells its events from those of sockets before it; after `closed` it is silent whatever the browser
 * still reports.
 */
export class Socket {
  readonly events: Emitter<SocketEvents>;
  readonly generation: number;
  readonly #ws: WebSocket;
  readonly #timer: Timer;
  #closing = false;
  #done = false;
  #muted = false;

  /** @throws whatever the WebSocket constructor throws: a bad URL, mixed content */
  constructor(platform: Platform, url: string, generation: number, limitMs = OPEN_LIMIT_MS) {
    this.events = new Emitter((error) => {
      platform.reportError(error);
    });
    this.generation = generation;
    this.#timer = new Timer(platform);
    this.#ws = new platform.WebSocket(url);
    this.#timer.start(limitMs, () => {
      this.abandon('OPEN_TIMEOUT');
    });
    this.#ws.onopen = (event) => {
      this.#timer.stop();
      if (this.#closing) {
        this.#askToClose();
      } else {
        this.events.emit('open', event);
      }
    };
    this.#ws.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === 'string' && !this.#muted) {
        this.events.emit('text', data);
      }
    };
    this.#ws.onerror = (event) => {
      if (!this.#closing) {
        this.events.emit('error', event);
      }
    };
    this.#ws.onclose = (event) => {
      this.#finish({ event, socketGeneration: generation });
    };
  }

  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  get readyState(): number {
    if (this.#done) {
      return 3;
    }
    return this.#closing ? Math.max(this.#ws.readyState, 2) : this.#ws.readyState;
  }

  /** False when it cannot be sent now. */
  send(text: string): boolean {
    if (this.readyState !== 1) {
      return false;
    }
    if (!this.#muted) {
      this.#ws.send(text);
    }
    return true;
  }

  /** Asks for a close; `closed` follows within 5 s. */
  close(): void {
    if (this.#done || this.#closing) {
      return;
    }
    this.#closing = true;
    if (this.#ws.readyState !== 0) {
      this.#askToClose();
      return;
    }
    // A browser prints an error for a socket that is closed before it is open.
    this.#timer.start(UNWANTED_LIMIT_MS, () => {
      this.abandon('CLOSED_BEFORE_OPEN');
    });
  }

  /** Gives the socket up at once: the path is dead, so the closing handshake would only be waited for. */
  abandon(reason: string): void {
    if (this.#done) {
      return;
    }
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

  /** For `client.simulate()`: nothing passes any more, and nobody is told. */
  mute(): void {
    this.#muted = true;
  }

  #askToClose(): void {
    this.#timer.start(CLOSE_LIMIT_MS, () => {
      this.abandon('STUCK_WS_TIMEOUT');
    });
    this.#ws.close();
  }

  #detach(): void {
    const ws = this.#ws;
    ws.onopen = ws.onmessage = ws.onerror = ws.onclose = null;
  }

  #finish(event: SocketCloseEvent): void {
    if (this.#done) {
      return;
    }
    this.#done = true;
    this.#timer.stop();
    this.#detach();
    this.events.emit('closed', event);
  }
}
