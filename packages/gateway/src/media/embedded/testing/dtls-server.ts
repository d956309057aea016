import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { createCertificate } from '../dtls/certificate.ts';
import type { Fingerprint } from '../dtls/certificate.ts';
import { DtlsEndpoint } from '../dtls/endpoint.ts';
import type { SrtpKeying } from '../dtls/keys.ts';

export type Outcome = { readonly connected: SrtpKeying } | { readonly failed: string };

const TICK_MS = 20;

/** Our end of DTLS on a real socket, for one client that is a program of its own. */
export class DtlsServer {
  readonly #socket: Socket = createSocket('udp4');
  readonly #endpoint: DtlsEndpoint;
  readonly #timer: NodeJS.Timeout;
  readonly outcome: Promise<Outcome>;
  readonly outcomes: Outcome[] = [];
  /** Lengths of what came, in order. */
  readonly received: number[] = [];
  /** What came, as the network hands it on: a test may hold it back and change its order. */
  deliver: (data: Buffer) => void = (data) => {
    this.accept(data);
  };
  #client: RemoteInfo | null = null;
  #closed: (() => void) | null = null;
  /** The client said that it is going. */
  readonly closed = new Promise<void>((resolve) => {
    this.#closed = resolve;
  });

  constructor(announced: readonly Fingerprint[]) {
    let settle: (outcome: Outcome) => void = () => undefined;
    this.outcome = new Promise((resolve) => {
      settle = resolve;
    });
    const ended = (outcome: Outcome): void => {
      this.outcomes.push(outcome);
      settle(outcome);
    };
    this.#endpoint = new DtlsEndpoint(createCertificate(), announced, {
      send: (data) => {
        if (this.#client) {
          this.#socket.send(data, this.#client.port, this.#client.address);
        }
      },
      connected: (connected) => {
        ended({ connected });
      },
      closed: () => this.#closed?.(),
      failed: (failed) => {
        ended({ failed });
      },
    });
    this.#socket.on('message', (data, from) => {
      this.#client = from;
      this.received.push(data.length);
      this.deliver(data);
    });
    this.#timer = setInterval(() => {
      this.#endpoint.tick(performance.now());
    }, TICK_MS);
  }

  accept(data: Buffer): void {
    this.#endpoint.receive(data);
  }

  /** @returns the port, on 127.0.0.1 */
  open(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind(0, '127.0.0.1', () => {
        resolve(this.#socket.address().port);
      });
    });
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#endpoint.close();
    return new Promise((resolve) => {
      this.#socket.close(() => {
        resolve();
      });
    });
  }
}
