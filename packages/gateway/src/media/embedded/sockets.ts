import type { RemoteInfo } from 'node:dgram';
import type { WorkerSettings } from './messages.ts';
import type { IceHub } from './net/ice-hub.ts';
import { UdpSocket } from './net/udp-socket.ts';
import { candidatesOf } from './reach.ts';
import type { Reach } from './reach.ts';

export interface SocketHandlers {
  datagram(socket: UdpSocket, data: Buffer, from: RemoteInfo, key: string): void;
  /** Something to be known by whoever runs the gateway; each thing once. */
  trouble(message: string): void;
  /** See {@link UdpHandlers.unsent}. */
  unsent(): void;
}

/**
 * One UDP socket for each local address, on the same port where that is free. Replies then leave from the address that was
 * called, which a socket bound to all addresses does not promise.
 *
 * Follows the machine's addresses. A socket whose address went is closed when no call uses it any more; until then the address may come
 * back, and its calls with it.
 */
export class MediaSockets {
  readonly #hub: IceHub;
  readonly #settings: WorkerSettings;
  readonly #handlers: SocketHandlers;
  readonly #open = new Map<string, UdpSocket>();
  /** What was complained of, and has not gone well since. */
  readonly #troubles = new Set<string>();
  #reach: Reach;
  #candidates: readonly string[] = [];
  #following: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(hub: IceHub, settings: WorkerSettings, handlers: SocketHandlers) {
    this.#hub = hub;
    this.#settings = settings;
    this.#handlers = handlers;
    this.#reach = settings.reach;
  }

  /** @throws Error with a remedy when an address cannot be used. One that went away meanwhile is no error, if there is another. */
  static async open(
    hub: IceHub,
    settings: WorkerSettings,
    handlers: SocketHandlers,
  ): Promise<MediaSockets> {
    const sockets = new MediaSockets(hub, settings, handlers);
    let gone: Error | undefined;
    for (const address of settings.reach.own) {
      try {
        await sockets.#bind(address);
      } catch (error) {
        if (!settings.mustBindAll && isGone(error)) {
          gone = error;
          sockets.#complain(address, explained(error, address).message);
          continue;
        }
        await sockets.close();
        throw explained(error, address);
      }
    }
    if (sockets.#open.size === 0) {
      throw explained(gone ?? new Error('there is no address'), settings.reach.own.join(', '));
    }
    sockets.#describe();
    return sockets;
  }

  /** `candidate:...` values of the addresses that are there now. */
  get candidates(): readonly string[] {
    return this.#candidates;
  }

  /** Our addresses that are there now. */
  get addresses(): readonly string[] {
    return [...this.#open.keys()].filter((address) => this.#reach.own.includes(address));
  }

  /** `192.0.2.7 20000` */
  get names(): string[] {
    return [...this.#open.values()].map(({ address, port }) => `${address} ${String(port)}`);
  }

  /** Opens and closes what there is to. Never rejects: what cannot be opened is tried again the next time. */
  follow(reach: Reach): Promise<void> {
    this.#following = this.#following.then(() => this.#follow(reach));
    return this.#following;
  }

  async #follow(reach: Reach): Promise<void> {
    this.#reach = reach;
    for (const address of reach.own) {
      if (this.#isClosed) {
        return;
      }
      if (this.#open.has(address)) {
        continue;
      }
      try {
        await this.#bind(address);
        this.#troubles.delete(address);
      } catch (error) {
        this.#complain(address, explained(error, address).message);
      }
    }
    for (const [address, socket] of this.#open) {
      if (reach.own.includes(address) || this.#hub.isUsed(socket)) {
        continue;
      }
      this.#open.delete(address);
      this.#hub.remove(socket);
      await socket.close();
    }
    this.#describe();
  }

  async #bind(address: string): Promise<void> {
    const same = [...this.#open.values()].slice(0, 1).map(({ port }) => port);
    const socket = await UdpSocket.open(address, [...same, ...this.#settings.ports], {
      datagram: (receiver, data, from, key) => {
        if (this.#settings.localOnly && !this.#reach.own.includes(from.address)) {
          return;
        }
        this.#handlers.datagram(receiver, data, from, key);
      },
      error: (error) => {
        this.#complain(`${address} ${error.message}`, `UDP socket of ${address}: ${error.message}`);
      },
      unsent: () => {
        this.#handlers.unsent();
      },
    });
    if (this.#isClosed) {
      await socket.close();
      return;
    }
    this.#open.set(address, socket);
    this.#hub.add(socket);
  }

  #complain(about: string, message: string): void {
    if (this.#troubles.has(about)) {
      return;
    }
    this.#troubles.add(about);
    this.#handlers.trouble(message);
  }

  #describe(): void {
    const { own } = this.#reach;
    const bound = [...this.#open.values()].filter(({ address }) => own.includes(address));
    this.#candidates = candidatesOf(bound, this.#reach);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const sockets = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(sockets.map((socket) => socket.close()));
  }
}

const isGone = (error: unknown): error is Error =>
  (error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL';

function explained(error: unknown, address: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRNOTAVAIL') {
    const remedy = 'see ip address, and media.bind';
    return new Error(`${address} is not an address of this machine; ${remedy}`, { cause: error });
  }
  const remedy = 'stop what uses them (ss -lunp), or choose others by media.portMin and portMax';
  return code === undefined
    ? new Error(`${message} on ${address}; ${remedy}`, { cause: error })
    : new Error(`${address} cannot be used for media (${code}); see ip address, and media.bind`, {
        cause: error,
      });
}
