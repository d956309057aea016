import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A TCP relay to a port of this machine that can be slow, and can be cut. */
export class Relay {
  /** Milliseconds that whatever passes takes, each way. */
  delayMs = 0;
  /** While set, nobody gets through. */
  blocked = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async to(port: number): Promise<Relay> {
    const relay = new Relay(port);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  private constructor(port: number) {
    this.#server = createServer((near) => {
      if (this.blocked) {
        near.destroy();
        return;
      }
      const far = connect(port, '127.0.0.1');
      this.#pass(near, far);
      this.#pass(far, near);
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Breaks every connection, without a word to either side beyond what TCP says. */
  cut(): void {
    for (const socket of this.#sockets) {
      socket.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    this.#sockets.add(from);
    const later = (work: () => void): void => {
      if (this.delayMs === 0) {
        work();
      } else {
        setTimeout(work, this.delayMs);
      }
    };
    from.on('data', (data) => {
      later(() => {
        if (to.writable) {
          to.write(data);
        }
      });
    });
    from.on('end', () => {
      later(() => to.end());
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
