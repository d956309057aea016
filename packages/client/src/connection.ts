import type { Session } from './signaling/session.ts';

/** `client.connection`: what applications ask of the socket. */
export class Connection {
  readonly #session: Session;
  readonly #host: () => string;

  /** @internal Made by the client. */
  constructor(session: Session, host: () => string) {
    this.#session = session;
    this.#host = host;
  }

  /** The address without what a session adds to it. */
  get host(): string {
    return this.#host();
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
    return this.#session.health.lastHeardAt;
  }
  /** `REGED` while ready, else ''. */
  get previousGatewayState(): string {
    return this.#session.state === 'ready' ? 'REGED' : '';
  }
}
