import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { growBuffers } from './buffers.ts';

export interface UdpHandlers {
  /** `key` names the sender on this socket. */
  datagram(socket: UdpSocket, data: Buffer, from: RemoteInfo, key: string): void;
  error(error: Error): void;
  /** A datagram of ours was dropped: its address or port is none, or the socket is closed. */
  unsent(): void;
}

/** A bound socket, as ICE sees it. */
export interface LocalSocket {
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
  send(data: Buffer, port: number, address: string): void;
}

/**
 * One bound UDP socket. All legs of a worker share it: ICE tells them apart by user name fragment first and by address
 * afterwards. So a call opens no port, costs no system call to set up and leaves nothing behind.
 */
export class UdpSocket implements LocalSocket {
  readonly transport = 'udp';
  readonly address: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly #isIpv6: boolean;
  readonly #unsent: () => void;
  #isClosed = false;

  private constructor(socket: Socket, address: string, handlers: UdpHandlers) {
    this.#socket = socket;
    this.address = address;
    this.#isIpv6 = isIPv6(address);
    this.#unsent = () => {
      handlers.unsent();
    };
    this.port = socket.address().port;
    socket.on('message', (data, from) => {
      handlers.datagram(this, data, from, `${from.address}:${String(from.port)}`);
    });
    socket.on('error', (error) => {
      handlers.error(error);
    });
  }

  /**
   * Binds the first free one of `ports`; 0 lets the system choose.
   *
   * @throws Error when none is free, or the address is not ours
   */
  static async open(
    address: string,
    ports: readonly number[],
    handlers: UdpHandlers,
  ): Promise<UdpSocket> {
    for (const port of ports) {
      const socket = await bind(address, port);
      if (socket) {
        return new UdpSocket(socket, address, handlers);
      }
    }
    throw new Error(`none of the UDP ports ${rangeOf(ports)} is free`);
  }

  /** Never throws: what cannot be sent is dropped, and counted by {@link UdpHandlers.unsent}. */
  send(data: Buffer, port: number, address: string): void {
    if (this.#isClosed || address.includes(':') !== this.#isIpv6) {
      this.#unsent();
      return;
    }
    try {
      this.#socket.send(data, port, address);
    } catch {
      this.#unsent();
    }
  }

  /** Once. */
  close(): Promise<void> {
    this.#isClosed = true;
    return new Promise((resolve) => {
      this.#socket.close(() => {
        resolve();
      });
    });
  }
}

function rangeOf(ports: readonly number[]): string {
  const [least, most] = [Math.min(...ports), Math.max(...ports)];
  return least === most ? String(least) : `${String(least)}-${String(most)}`;
}

/** Undefined when the port is taken. */
function bind(address: string, port: number): Promise<Socket | undefined> {
  const ipv6 = isIPv6(address);
  const socket = createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6,
    // Addresses are literal here; the default asks the resolver for every packet.
    lookup: (host, _options, callback) => {
      callback(null, host, ipv6 ? 6 : 4);
    },
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') {
        resolve(undefined);
      } else {
        reject(error);
      }
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      growBuffers(socket);
      resolve(socket);
    });
  });
}
