import type { Socket as UdpSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import { addressKey } from '../../../limits/address-key.ts';
import type { TcpEntranceCounts } from '../../media-plane.ts';
import { PARTY_BYTES } from './hop.ts';
import { openLoopback } from './loopback.ts';
import { RelayConnection } from './relay-connection.ts';
import type { RelayLimits } from './relay-limits.ts';

const SWEEP_MS = 500;

/**
 * ICE over TCP (RFC 6544): takes connections that came to the gateway's own port and passes their packets to the media thread that
 * each is for, over UDP on loopback, and back. It knows no keys: who a connection belongs to is proved to the media thread, by the
 * checks of ICE; until one was answered, a connection may send a few packets and no more.
 */
export class Relay {
  readonly #udp: UdpSocket;
  readonly #token: Buffer;
  readonly #limits: RelayLimits;
  /** By the bytes that name the party. */
  readonly #connections = new Map<string, RelayConnection>();
  readonly #perAddress = new Map<string, number>();
  readonly #sweeper: NodeJS.Timeout;
  #ports: readonly (number | null)[] = [];
  #taken = 0;
  #refused = 0;
  #dropped = 0;

  private constructor(udp: UdpSocket, token: Buffer, limits: RelayLimits) {
    this.#udp = udp;
    this.#token = token;
    this.#limits = limits;
    udp.on('message', (data, from) => {
      if (data.length > PARTY_BYTES && this.#ports.includes(from.port)) {
        this.#fromThread(data);
      }
    });
    // A thread that is gone refuses its packets; the next one has another port.
    udp.on('error', () => undefined);
    this.#sweeper = setInterval(() => {
      this.#sweep();
    }, SWEEP_MS);
  }

  /** @param token what media threads know the relay by */
  static async open(token: Buffer, limits: RelayLimits): Promise<Relay> {
    return new Relay(await openLoopback(), token, limits);
  }

  /** Loopback UDP ports of the media threads, by their place; null for one that is not there. */
  useThreads(ports: readonly (number | null)[]): void {
    this.#ports = ports;
  }

  get counts(): TcpEntranceCounts {
    return {
      open: this.#connections.size,
      taken: this.#taken,
      refused: this.#refused,
      dropped: this.#dropped,
    };
  }

  /** @param first what was read from the connection before */
  take(socket: Socket, first: Buffer): void {
    socket.on('error', () => {
      socket.destroy();
    });
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    const party = { address: remoteAddress.replace(/^::ffff:(?=\d+\.)/i, ''), port: remotePort };
    const connection = new RelayConnection(socket, party, this.#token, this.#limits, {
      send: (place, header, packet) => {
        const port = this.#ports[place];
        if (port === undefined || port === null) {
          return false;
        }
        this.#udp.send([header, packet], port, '127.0.0.1');
        return true;
      },
      refused: () => {
        this.#refused += 1;
      },
      dropped: () => {
        this.#dropped += 1;
      },
    });
    if (!this.#hasRoom(connection)) {
      this.#refused += 1;
      socket.destroy();
      return;
    }
    this.#taken += 1;
    this.#connections.set(connection.key, connection);
    const place = addressKey(party.address);
    this.#perAddress.set(place, (this.#perAddress.get(place) ?? 0) + 1);
    socket.once('close', () => {
      this.#forget(connection);
    });
    connection.start(first);
  }

  #hasRoom({ key, party }: RelayConnection): boolean {
    const address = addressKey(party.address);
    const ofAddress = this.#perAddress.get(address) ?? 0;
    // Two connections of one address and port came to two addresses of ours; answers could not tell them apart.
    if (this.#connections.has(key)) {
      return false;
    }
    if (this.#connections.size >= this.#limits.connections) {
      return false;
    }
    if (ofAddress >= this.#limits.perAddress) {
      return false;
    }
    // Counted only where it can matter.
    if (ofAddress < this.#limits.unansweredPerAddress) {
      return true;
    }
    let unanswered = 0;
    for (const other of this.#connections.values()) {
      if (!other.isAnswered && addressKey(other.party.address) === address) {
        unanswered += 1;
      }
    }
    return unanswered < this.#limits.unansweredPerAddress;
  }

  #forget(connection: RelayConnection): void {
    const address = addressKey(connection.party.address);
    this.#connections.delete(connection.key);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) {
      this.#perAddress.set(address, left);
    } else {
      this.#perAddress.delete(address);
    }
  }

  #fromThread(data: Buffer): void {
    const key = data.toString('latin1', 0, PARTY_BYTES);
    const connection = this.#connections.get(key);
    if (!connection) {
      return;
    }
    if (!connection.isAnswered && this.#legIsFull(connection)) {
      this.#refused += 1;
      connection.close();
      return;
    }
    connection.answer(data);
  }

  #legIsFull({ ufrag }: RelayConnection): boolean {
    let count = 0;
    for (const other of this.#connections.values()) {
      if (other.isAnswered && other.ufrag === ufrag) {
        count += 1;
      }
    }
    return count >= this.#limits.perLeg;
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections.values()) {
      connection.sweep(now);
    }
  }

  close(): void {
    clearInterval(this.#sweeper);
    for (const connection of [...this.#connections.values()]) {
      connection.close();
    }
    this.#udp.close();
  }

  /** The relay's own UDP port; for tests. */
  get port(): number {
    return this.#udp.address().port;
  }
}
