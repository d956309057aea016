import type { RemoteInfo, Socket } from 'node:dgram';
import { timingSafeEqual } from 'node:crypto';
import type { LocalSocket } from '../net/udp-socket.ts';
import { openLoopback } from './loopback.ts';
import { PARTY_BYTES, TOKEN_BYTES, readParty, writeParty } from './hop.ts';

export interface RelaySocketHandlers {
  datagram(socket: LocalSocket, data: Buffer, from: RemoteInfo, key: string): void;
}

const HEADER_BYTES = TOKEN_BYTES + PARTY_BYTES;
/** Parties whose header is kept; the rest is written again when needed. */
const MAX_KEPT = 1_024;

/**
 * A media thread's end of the relay: ICE over TCP as ICE sees it, one socket for all parties, whose addresses are those of their TCP
 * connections. Nobody but the relay knows the token, so nobody else on this machine can speak for a party.
 */
export class RelaySocket implements LocalSocket {
  readonly transport = 'tcp';
  readonly address = 'tcp';
  readonly port: number;
  readonly #socket: Socket;
  readonly #headers = new Map<string, Buffer>();
  /** The relay's port; another one after the relay process was started again. */
  #relay: number | null = null;
  #isClosed = false;

  private constructor(socket: Socket, token: Buffer, handlers: RelaySocketHandlers) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (data, from) => {
      if (data.length <= HEADER_BYTES) {
        return;
      }
      if (!timingSafeEqual(data.subarray(0, TOKEN_BYTES), token)) {
        return;
      }
      this.#relay = from.port;
      const party = readParty(data.subarray(TOKEN_BYTES, HEADER_BYTES));
      const family = party.address.includes(':') ? 'IPv6' : 'IPv4';
      const packet = data.subarray(HEADER_BYTES);
      const remote = { ...party, family, size: packet.length } as const;
      handlers.datagram(this, packet, remote, `${party.address}:${String(party.port)}`);
    });
    // A relay that ended refuses what is sent to it; its connections are gone anyway.
    socket.on('error', () => undefined);
  }

  static async open(token: Buffer, handlers: RelaySocketHandlers): Promise<RelaySocket> {
    return new RelaySocket(await openLoopback(), token, handlers);
  }

  send(data: Buffer, port: number, address: string): void {
    if (this.#relay === null || this.#isClosed) {
      return;
    }
    this.#socket.send([this.#header(address, port), data], this.#relay, '127.0.0.1');
  }

  #header(address: string, port: number): Buffer {
    const key = `${address}:${String(port)}`;
    const known = this.#headers.get(key);
    if (known) {
      return known;
    }
    if (this.#headers.size >= MAX_KEPT) {
      this.#headers.clear();
    }
    const header = writeParty({ address, port });
    this.#headers.set(key, header);
    return header;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return new Promise((resolve) => {
      this.#socket.close(() => {
        resolve();
      });
    });
  }
}
