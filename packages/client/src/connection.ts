import { markRaw, proxySafe } from './proxy-safe.ts';
import { originOf } from './signaling/endpoint.ts';
import type { Session } from './signaling/session.ts';

/** `client.connection`: what applications ask of the socket. */
export class Connection {
  readonly #session: Session;

  /** @internal Made by the client. */
  constructor(session: Session) {
    this.#session = session;
    markRaw(this);
  }

  /** The address without what a session adds to it; '' when the options make none. */
  get host(): string {
    return originOf(this.#session.endpoint);
  }
  get connecting(): boolean {
    return this.#session.readyState === 0;
  }
  /** The socket is open; says nothing of the sign-in. */
  get connected(): boolean {
    return this.#session.readyState === 1;
  }
  get closing(): boolean {
    return this.#session.readyState === 2;
  }
  get closed(): boolean {
    return this.#session.readyState === 3;
  }
  get isAlive(): boolean {
    return this.#session.readyState < 2;
  }
  get isDead(): boolean {
    return !this.isAlive;
  }
  /** Counts the sockets of this client. */
  get socketGeneration(): number {
    return this.#session.generation;
  }
  /** Milliseconds since the epoch; 0 before the first frame. */
  get lastInboundAt(): number {
    return this.#session.lastInboundAt;
  }
  /** `REGED` while ready, else ''. */
  get previousGatewayState(): string {
    return this.#session.state === 'ready' ? 'REGED' : '';
  }
}

proxySafe(Connection);
