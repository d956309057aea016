import type { RemoteInfo } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import type { IceCredentials } from '../net/ice-agent.ts';
import type { IceHub } from '../net/ice-hub.ts';
import {
  isSignedWith,
  isStun,
  readStun,
  ROLE_CONFLICT,
  writeRequest,
  writeRoleConflict,
  writeSuccess,
} from '../net/stun.ts';
import type { StunMessage } from '../net/stun.ts';
import type { LocalSocket } from '../net/udp-socket.ts';

type Receive = (data: Buffer, from: string) => void;

/** A network in memory. It delivers at once, unless told otherwise, and whatever sender a datagram names. */
export class Net {
  readonly log: { readonly from: string; readonly to: string; readonly data: Buffer }[] = [];
  drop: (from: string, to: string) => boolean = () => false;
  readonly #ends = new Map<string, Receive>();

  /** A socket of ours. */
  attach(hub: IceHub, address: string, port: number): LocalSocket {
    const own = `${address}:${String(port)}`;
    const socket: LocalSocket = {
      transport: 'udp',
      address,
      port,
      send: (data, toPort, toAddress) => {
        this.deliver(own, `${toAddress}:${String(toPort)}`, data);
      },
    };
    this.listen(own, (data, from) => {
      const [host = '', fromPort] = from.split(':');
      const info: RemoteInfo = {
        address: host,
        port: Number(fromPort),
        family: 'IPv4',
        size: data.length,
      };
      hub.datagram(socket, data, info, from);
    });
    return socket;
  }

  listen(address: string, receive: Receive): void {
    this.#ends.set(address, receive);
  }

  deliver(from: string, to: string, data: Buffer): void {
    this.log.push({ from, to, data });
    if (!this.drop(from, to)) {
      this.#ends.get(to)?.(data, from);
    }
  }

  bytes(where: { readonly from?: string; readonly to?: string }): number {
    return this.log
      .filter(({ from, to }) => (where.from ?? from) === from && (where.to ?? to) === to)
      .reduce((sum, { data }) => sum + data.length, 0);
  }
}

export interface IcePartyOptions {
  readonly controlling?: boolean;
  readonly tieBreaker?: bigint;
}

/** A browser's end of ICE on a {@link Net}: it checks what it is told to, and answers checks unless told not to. */
export class IceParty {
  readonly local: IceCredentials;
  remote: IceCredentials | null = null;
  controlling: boolean;
  answers = true;
  /** How many of its checks were answered. */
  answered = 0;
  readonly got: Buffer[] = [];
  readonly address: string;
  readonly #net: Net;
  readonly #tieBreaker: bigint;

  constructor(
    net: Net,
    address: string,
    { controlling = true, tieBreaker = 1n }: IcePartyOptions = {},
  ) {
    this.#net = net;
    this.address = address;
    this.controlling = controlling;
    this.#tieBreaker = tieBreaker;
    this.local = {
      ufrag: randomBytes(4).toString('hex'),
      password: randomBytes(12).toString('hex'),
    };
    this.alsoAt(address);
  }

  /** The party receives at another address too. */
  alsoAt(address: string): void {
    this.#net.listen(address, (data, from) => {
      this.#receive(data, from, address);
    });
  }

  /** Sends a check, from whatever address. */
  check(to: string, from = this.address): void {
    if (!this.remote) {
      throw new Error('the party knows nobody');
    }
    const request = writeRequest({
      transaction: randomBytes(12),
      username: `${this.remote.ufrag}:${this.local.ufrag}`,
      password: this.remote.password,
      priority: 1,
      controlling: this.controlling,
      tieBreaker: this.#tieBreaker,
    });
    this.#net.deliver(from, to, request);
  }

  send(to: string, data: Buffer, from = this.address): void {
    this.#net.deliver(from, to, data);
  }

  #receive(data: Buffer, from: string, at: string): void {
    const message = isStun(data) ? readStun(data) : undefined;
    if (!message) {
      this.got.push(data);
    } else if (message.kind === 'request') {
      this.#answer(data, message, from, at);
    } else if (this.remote && isSignedWith(data, message, this.remote.password)) {
      if (message.kind === 'success') {
        this.answered += 1;
      } else if (message.errorCode === ROLE_CONFLICT) {
        this.controlling = !this.controlling;
        this.check(from, at);
      }
    }
  }

  #answer(data: Buffer, message: StunMessage, from: string, at: string): void {
    const { ufrag, password } = this.local;
    const isForUs = message.username === `${ufrag}:${this.remote?.ufrag ?? ''}`;
    if (!this.answers || !isForUs || !isSignedWith(data, message, password)) {
      return;
    }
    if (message.role?.controlling === this.controlling) {
      if (this.#tieBreaker >= message.role.tieBreaker === this.controlling) {
        this.#net.deliver(at, from, writeRoleConflict(data, password));
        return;
      }
      this.controlling = !this.controlling;
    }
    const [host = '', port] = from.split(':');
    this.#net.deliver(at, from, writeSuccess(data, host, Number(port), password));
  }
}
