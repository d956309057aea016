import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface Loss {
  /** Of how many datagrams one is lost, either way: 0.2 is every fifth. */
  readonly share: number;
  /** Each waits for up to this long, so that they overtake each other. Milliseconds. */
  readonly delay: number;
}

/** Stands between two elements on the loopback and loses what they say to each other. What it loses is the same in each run. */
export class LossyRelay {
  lost = 0;
  passed = 0;
  readonly #front: Socket;
  readonly #back: Socket;
  readonly #loss: Loss;
  readonly #timers = new Set<NodeJS.Timeout>();
  #state = 1;
  #caller = 0;

  private constructor(front: Socket, back: Socket, target: number, loss: Loss) {
    this.#front = front;
    this.#back = back;
    this.#loss = loss;
    front.on('message', (data, from) => {
      this.#caller = from.port;
      this.#pass(data, back, () => target);
    });
    back.on('message', (data) => {
      this.#pass(data, front, () => this.#caller);
    });
  }

  /** What comes to its port goes to the target, and the answers back to who spoke last. */
  static async open(target: number, loss: Loss): Promise<LossyRelay> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1');
    }
    await Promise.all(sockets.map((socket) => once(socket, 'listening')));
    return new LossyRelay(...sockets, target, loss);
  }

  get port(): number {
    return this.#front.address().port;
  }

  close(): void {
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
    this.#front.close();
    this.#back.close();
  }

  #pass(data: Buffer, by: Socket, to: () => number): void {
    if (this.#random() < this.#loss.share) {
      this.lost += 1;
      return;
    }
    this.passed += 1;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      by.send(data, to(), '127.0.0.1');
    }, this.#random() * this.#loss.delay);
    this.#timers.add(timer);
  }

  #random(): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return this.#state / 2_147_483_647;
  }
}
