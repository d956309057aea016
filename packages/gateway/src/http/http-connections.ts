import type { Server, Socket } from 'node:net';
import { PlacesByAddress } from '../limits/places-by-address.ts';

export interface HttpConnectionOptions {
  /** Connections in all, those of WebSockets among them. */
  readonly most: number;
  /** The same of one address. */
  readonly mostPerAddress: number;
  /** Everybody behind a trusted proxy comes from its address, so it has no limit of its own. */
  readonly isProxy: (address: string) => boolean;
  readonly onRefused: (reason: 'full' | 'address_full') => void;
}

/**
 * Counts the connections of an HTTP or HTTPS server from their first moment, before TLS, and closes those that are too many. Takes the place
 * of the server's own listeners, which see what is admitted: a connection that is closed already must not come to TLS.
 */
export class HttpConnections {
  readonly #options: HttpConnectionOptions;
  readonly #ofAddress: PlacesByAddress;
  #open = 0;

  constructor(server: Server, options: HttpConnectionOptions) {
    this.#options = options;
    this.#ofAddress = new PlacesByAddress(options.mostPerAddress);
    const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (!this.#enter(socket)) {
        socket.destroy();
        return;
      }
      for (const listener of listeners) {
        listener.call(server, socket);
      }
    });
  }

  #enter(socket: Socket): boolean {
    const { most, isProxy, onRefused } = this.#options;
    if (this.#open >= most) {
      onRefused('full');
      return false;
    }
    const address = socket.remoteAddress ?? '';
    const leave = isProxy(address) ? null : this.#ofAddress.enter(address);
    if (leave === null && !isProxy(address)) {
      onRefused('address_full');
      return false;
    }
    this.#open += 1;
    socket.once('close', () => {
      this.#open -= 1;
      leave?.();
    });
    return true;
  }
}
