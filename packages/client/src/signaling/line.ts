import type { SocketCloseEvent } from '../events.ts';
import type { SignalingContext } from './context.ts';
import type { Gateway } from './gateway.ts';
import type { Health } from './health.ts';
import type { SessionMemory } from './memory.ts';
import type { Place } from './place.ts';
import type { Renewal } from './renewal.ts';
import type { SignIn } from './sign-in.ts';
import { Socket, type SocketHandlers } from './socket.ts';

/** What a second socket needs to take over. */
export interface LineParts {
  readonly gateway: Gateway;
  readonly memory: SessionMemory;
  readonly health: Health;
  readonly signIn: SignIn;
  readonly place: Place;
}

/** The socket that carries the session, and the one that is about to take its place. */
export class Line {
  /** Counts the sockets. */
  generation = 0;
  readonly #context: SignalingContext;
  readonly #parts: LineParts;
  readonly #handlers: SocketHandlers;
  #socket: Socket | undefined;
  #Renewal: typeof Renewal | undefined;
  #renewal: Renewal | undefined;
  /** Of the first socket, closed while the second was signing in. */
  #closed: SocketCloseEvent | undefined;

  constructor(context: SignalingContext, parts: LineParts, handlers: SocketHandlers) {
    this.#context = context;
    this.#parts = parts;
    this.#handlers = {
      ...handlers,
      onClosed: (event) => {
        if (this.#renewal?.signing) {
          this.#closed = event;
          return;
        }
        this.cancelRenewal();
        this.#socket = undefined;
        handlers.onClosed(event);
      },
    };
  }

  /** There is a socket: opening, open or closing. */
  get up(): boolean {
    return this.#socket !== undefined;
  }

  /** As `WebSocket.readyState`; 3 without a socket. */
  get readyState(): number {
    return this.#socket?.readyState ?? 3;
  }

  /** The gateway may close the first socket, since the session moves to the second. */
  get moving(): boolean {
    return this.#renewal?.signing === true;
  }

  /** @throws what the WebSocket constructor throws */
  open(url: string, limitMs?: number): void {
    const { platform } = this.#context;
    this.#socket = new Socket(platform, url, ++this.generation, this.#handlers, limitMs);
  }

  send(text: string): boolean {
    return this.#socket?.send(text) ?? false;
  }

  /** For `client.simulate()`: what is in flight is lost, and what comes after. */
  mute(): void {
    if (this.#socket) this.#socket.muted = true;
  }

  /** For `client.simulate()`: as if the gateway had sent it. */
  take(text: string): void {
    if (this.#socket) this.#handlers.onText(text);
  }

  close(): void {
    this.#socket?.close();
  }

  abandon(reason: string): void {
    this.#socket?.abandon(reason);
  }

  /** There is a call: what it may need when the network fails is loaded before that. */
  prepare(): void {
    import('./renewal.ts').then(
      ({ Renewal }) => (this.#Renewal ??= Renewal),
      () => undefined,
    );
  }

  /** Opens the second socket, unless one is on its way. False when it cannot be. `failed`: it came to nothing. */
  renew(failed: () => void): boolean {
    const { gateway, signIn, place } = this.#parts;
    if (this.#renewal) return true;
    if (!this.#Renewal || !gateway.features.reattach || !signIn.login(true)) return false;
    this.#renewal = new this.#Renewal({
      ...this.#parts,
      url: place.url,
      context: this.#context,
      handlers: this.#handlers,
      generation: this.generation + 1,
      taken: (socket: Socket) => {
        this.#renewal = this.#closed = undefined;
        this.#socket?.retire();
        this.#socket = socket;
        this.generation = socket.generation;
      },
      failed: () => {
        const closed = this.#closed;
        this.#renewal = this.#closed = undefined;
        if (closed) this.#handlers.onClosed(closed);
        else failed();
      },
    });
    return true;
  }

  cancelRenewal(): void {
    this.#renewal?.cancel();
    this.#renewal = this.#closed = undefined;
  }
}
