import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What happens to the victim's datagrams. */
export interface Shape {
  /** Probability of 0 to 1, each way. */
  readonly loss: number;
  /** Each way. */
  readonly delayMs: number;
  /** Packets leave in bursts so far apart, as on a radio that sleeps in between: each waits up to so much more. */
  readonly jitterMs: number;
  /** Share of packets that come 60 ms late, behind those sent after them. */
  readonly reorder: number;
}

export interface RelaySetup {
  /** Where browsers find the gateway. */
  readonly listen: string;
  readonly tcp: number;
  readonly udp: number;
  /** Where the gateway is. */
  readonly target: string;
  readonly targetTcp: number;
  readonly targetUdp: number;
  /** Begins of the addresses of the one whose datagrams are shaped; absent: everybody's. */
  readonly victim?: readonly string[];
}

interface Count {
  packets: number;
  dropped: number;
  reordered: number;
}

/** A check of the victim (STUN), from when the relay had it to when it handed the answer on. */
export interface RoundTrip {
  /** When the answer went; epoch milliseconds. */
  readonly at: number;
  readonly ms: number;
}

/** Of the victim since the shape was set: RTP by direction (`up` is towards the gateway), everything else together. */
export interface RelayCounters {
  readonly up: Count;
  readonly down: Count;
  readonly other: Count;
  /** What the relay's delay came to: on a busy machine a timer is late. */
  readonly roundTrips: readonly RoundTrip[];
}

export type RelayCommand =
  | { readonly do: 'start'; readonly setup: RelaySetup }
  | { readonly do: 'reset' }
  | { readonly do: 'close'; readonly code: number }
  | { readonly do: 'refuse'; readonly on: boolean }
  | { readonly do: 'hold'; readonly on: boolean; readonly udp: boolean }
  | { readonly do: 'shape'; readonly shape: Shape }
  | { readonly do: 'counters' };

export const FAIR: Shape = { loss: 0, delayMs: 0, jitterMs: 0, reorder: 0 };

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** The relay's remote control. The relay ends with us. */
export class Relay {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  static async start(setup: RelaySetup): Promise<Relay> {
    const relay = new Relay();
    await relay.#ask({ do: 'start', setup });
    return relay;
  }

  private constructor() {
    const execArgv = ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'];
    this.#process = fork(fileURLToPath(new URL('relay.ts', import.meta.url)), { execArgv });
    this.#process.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    this.#process.on('exit', () => {
      for (const [id, settle] of this.#waiting) {
        settle({ id, error: 'the relay is gone' });
      }
    });
  }

  /** Cuts every connection. */
  async reset(): Promise<void> {
    await this.#ask({ do: 'reset' });
  }

  /** Closes every socket as a gateway does. */
  async close(code: number): Promise<void> {
    await this.#ask({ do: 'close', code });
  }

  async refuse(on: boolean): Promise<void> {
    await this.#ask({ do: 'refuse', on });
  }

  /** A black hole without a namespace; `udp`: for the media too. */
  async hold(on: boolean, udp = false): Promise<void> {
    await this.#ask({ do: 'hold', on, udp });
  }

  async shape(shape: Shape): Promise<void> {
    await this.#ask({ do: 'shape', shape });
  }

  async counters(): Promise<RelayCounters> {
    return (await this.#ask({ do: 'counters' })) as RelayCounters;
  }

  stop(): void {
    if (this.#process.connected) {
      this.#process.disconnect();
    }
  }

  #ask(command: RelayCommand): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        if (error === undefined) {
          resolve(value);
        } else {
          reject(new Error(`relay: ${error}`));
        }
      });
      this.#process.send({ id, command });
    });
  }
}
