import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { decode, encode } from './bencode.ts';
import type { BencodeDictionary, BencodeInput } from './bencode.ts';

export interface NgAddress {
  readonly address: string;
  readonly port: number;
}

export type NgFailure =
  /** Nothing came back. */
  | 'timeout'
  /** rtpengine said no. */
  | 'refused'
  /** Too much waits for an answer, or rtpengine takes no more calls. */
  | 'busy'
  | 'closed';

export class NgError extends Error {
  readonly failure: NgFailure;
  constructor(failure: NgFailure, message: string) {
    super(message);
    this.name = 'NgError';
    this.failure = failure;
  }
}

export interface NgHandlers {
  /** Something of the daemon came. */
  heard(): void;
  /** A request was sent again. */
  resent(): void;
}

interface Pending {
  readonly resolve: (reply: BencodeDictionary) => void;
  readonly reject: (error: NgError) => void;
  timer: NodeJS.Timeout;
}

/** How long a request waits before it is sent again; after the last one it is given up. */
const WAITS_MS = [250, 500, 1_000, 3_000] as const;
const MAX_PENDING = 4_096;

/**
 * Requests to one rtpengine by its control protocol (`ng`) over UDP. A request has a cookie, by which rtpengine knows one that comes again
 * and answers it as before, without doing it twice.
 */
export class NgClient {
  readonly #socket: Socket;
  readonly #handlers: NgHandlers;
  readonly #prefix = randomBytes(6).toString('hex');
  readonly #pending = new Map<string, Pending>();
  #count = 0;
  #isClosed = false;

  private constructor(socket: Socket, handlers: NgHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.on('message', (data) => {
      this.#message(data);
    });
    // A daemon that is not there: its silence is noticed by who asks.
    socket.on('error', () => {});
  }

  /** @throws Error when no way leads there */
  static async open({ address, port }: NgAddress, handlers: NgHandlers): Promise<NgClient> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    // Connected, it takes answers from that address and port alone.
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, address, () => {
        socket.removeListener('error', reject);
        resolve();
      });
    }).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    return new NgClient(socket, handlers);
  }

  /** Our address on the way to the daemon. */
  get localAddress(): string {
    return this.#socket.address().address;
  }

  /** @throws NgError */
  request(
    command: string,
    fields: Readonly<Record<string, BencodeInput>> = {},
  ): Promise<BencodeDictionary> {
    if (this.#isClosed) {
      return Promise.reject(new NgError('closed', 'The media plane is closed.'));
    }
    if (this.#pending.size >= MAX_PENDING) {
      return Promise.reject(new NgError('busy', 'Too many requests wait for rtpengine.'));
    }
    const cookie = `${this.#prefix}_${String((this.#count += 1))}`;
    const message = Buffer.from(`${cookie} ${encode({ ...fields, command })}`);
    return new Promise((resolve, reject) => {
      const send = (tries: number): NodeJS.Timeout => {
        this.#socket.send(message, () => {});
        return setTimeout(() => {
          const pending = this.#pending.get(cookie);
          if (!pending) {
            return;
          }
          if (tries + 1 >= WAITS_MS.length) {
            this.#take(cookie)?.reject(
              new NgError('timeout', `rtpengine does not answer to ${command}.`),
            );
            return;
          }
          this.#handlers.resent();
          pending.timer = send(tries + 1);
        }, WAITS_MS[tries]);
      };
      this.#pending.set(cookie, { resolve, reject, timer: send(0) });
    });
  }

  #take(cookie: string): Pending | undefined {
    const pending = this.#pending.get(cookie);
    this.#pending.delete(cookie);
    if (pending) {
      clearTimeout(pending.timer);
    }
    return pending;
  }

  #message(data: Buffer): void {
    const space = data.indexOf(0x20);
    if (space <= 0 || space > 64) {
      return;
    }
    const cookie = data.toString('latin1', 0, space);
    // An answer to a request that was sent twice comes twice.
    if (!this.#pending.has(cookie)) {
      return;
    }
    const reply = readReply(data.subarray(space + 1));
    if (!reply) {
      return;
    }
    this.#handlers.heard();
    const pending = this.#take(cookie);
    const result = reply.get('result');
    if (result === 'ok' || result === 'pong') {
      pending?.resolve(reply);
      return;
    }
    const reason = reply.get('error-reason') ?? reply.get('message');
    const text = typeof reason === 'string' ? reason : 'rtpengine gives no reason';
    pending?.reject(new NgError(result === 'load limit' ? 'busy' : 'refused', text));
  }

  close(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    for (const cookie of [...this.#pending.keys()]) {
      this.#take(cookie)?.reject(new NgError('closed', 'The media plane is closed.'));
    }
    this.#socket.close();
  }
}

/** Null for what is no answer. */
function readReply(data: Buffer): BencodeDictionary | null {
  try {
    const value = decode(data);
    return value instanceof Map ? (value as BencodeDictionary) : null;
  } catch {
    return null;
  }
}
