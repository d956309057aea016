import { isIPv6 } from 'node:net';
import type { RemoteInfo } from 'node:dgram';
import { MediaError } from '../../media-plane.ts';
import { UdpSocket } from '../net/udp-socket.ts';

export interface RtpPortHandlers {
  /** RTP, or RTCP that shares its port. */
  rtp(data: Buffer, from: RemoteInfo): void;
  rtcp(data: Buffer, from: RemoteInfo): void;
}

/** Two ports of one leg, RTP on the even one and RTCP on the next (RFC 3550, 11). */
export interface RtpPorts {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** What comes is handed to; before that it is dropped. */
  handlers: RtpPortHandlers | null;
  sendRtp(data: Buffer, port: number, address: string): void;
  sendRtcp(data: Buffer, port: number, address: string): void;
  close(): void;
}

/** Pairs that are tried when the system chooses. */
const TRIES = 20;

/** Opens ports of the range that ICE uses, on the address that leads to a party. */
export class RtpPortPool {
  readonly #addresses: () => readonly string[];
  readonly #ports: readonly number[];
  readonly #log: (message: string) => void;
  readonly #unsent: () => void;
  readonly #open = new Set<RtpPorts>();

  /**
   * @param addresses of ours, as they are now
   * @param ports as in the worker's settings: `[0]` lets the system choose
   * @param unsent a packet of ours was dropped ({@link UdpHandlers.unsent})
   */
  constructor(
    addresses: () => readonly string[],
    ports: readonly number[],
    log: (message: string) => void,
    unsent: () => void,
  ) {
    this.#addresses = addresses;
    // From a random place, so that a port is not used again at once: late packets of a former call would come to it.
    const even = ports.filter((port) => port > 0 && port % 2 === 0);
    const start = Math.floor(Math.random() * even.length);
    this.#ports = [...even.slice(start), ...even.slice(0, start)];
    this.#log = log;
    this.#unsent = unsent;
  }

  /**
   * @param towards our address on the way to the party
   * @throws MediaError `no_capacity`
   */
  async open(towards: string): Promise<RtpPorts> {
    const ipv6 = isIPv6(towards);
    const addresses = this.#addresses();
    const address = addresses.includes(towards)
      ? towards
      : addresses.find((each) => isIPv6(each) === ipv6);
    if (address === undefined) {
      throw new MediaError('no_capacity', 'Media has no address of this family.');
    }
    const candidates = this.#ports.length > 0 ? this.#ports : Array<number>(TRIES).fill(0);
    for (const [tried, port] of candidates.entries()) {
      const ports = await this.#pair(address, port);
      if (!ports) {
        continue;
      }
      // The next leg begins behind this one.
      if (this.#ports.length > 0) {
        this.#rotate(tried + 1);
      }
      return ports;
    }
    throw new MediaError('no_capacity', 'No two UDP ports of the configured range are free.');
  }

  close(): void {
    for (const ports of this.#open) {
      ports.close();
    }
  }

  #rotate(by: number): void {
    const ports = this.#ports as number[];
    ports.push(...ports.splice(0, by));
  }

  async #pair(address: string, port: number): Promise<RtpPorts | null> {
    let ports: RtpPorts | null = null;
    const error = (failure: Error): void => {
      this.#log(`RTP socket: ${failure.message}`);
    };
    const first = await UdpSocket.open(address, [port], {
      datagram: (_socket, data, from) => ports?.handlers?.rtp(data, from),
      error,
      unsent: this.#unsent,
    }).catch(() => null);
    if (!first) {
      return null;
    }
    const second =
      first.port % 2 === 1
        ? null
        : await UdpSocket.open(address, [first.port + 1], {
            datagram: (_socket, data, from) => ports?.handlers?.rtcp(data, from),
            error,
            unsent: this.#unsent,
          }).catch(() => null);
    if (!second) {
      await first.close();
      return null;
    }
    const made: RtpPorts = {
      address,
      rtpPort: first.port,
      rtcpPort: second.port,
      handlers: null,
      sendRtp: (data, to, host) => {
        first.send(data, to, host);
      },
      sendRtcp: (data, to, host) => {
        second.send(data, to, host);
      },
      close: () => {
        if (!this.#open.delete(made)) {
          return;
        }
        made.handlers = null;
        void first.close();
        void second.close();
      },
    };
    ports = made;
    this.#open.add(made);
    return made;
  }
}
