import { addressKey } from '../limits/address-key.ts';
import { KeyedBuckets } from '../limits/keyed-buckets.ts';

export interface ConnectionLimitOptions {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly connectsPerSecond: number;
}

export type Admission =
  /** `leave` is called once, when the socket is gone. */
  | { readonly ok: true; readonly leave: () => void }
  | {
      readonly ok: false;
      readonly reason: 'full' | 'address_full' | 'address_rate';
      readonly retryAfterSeconds: number;
    };

/** As after a restart, when everybody comes back: so many seconds' worth may come at once. */
const BURST_SECONDS = 5;

/** Counts sockets before anything else is spent on them. Addresses without sockets and with a full bucket take no memory. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitOptions;
  /** Open sockets by address; an address without any is not in it. */
  readonly #sockets = new Map<string, number>();
  readonly #connects: KeyedBuckets;
  #open = 0;

  /** @param now Milliseconds of a clock that never jumps. */
  constructor(options: ConnectionLimitOptions, now: () => number) {
    this.#options = options;
    const { connectsPerSecond } = options;
    this.#connects = new KeyedBuckets(connectsPerSecond, connectsPerSecond * BURST_SECONDS, now);
  }

  get open(): number {
    return this.#open;
  }

  /** Addresses remembered; for tests. */
  get addresses(): number {
    return Math.max(this.#sockets.size, this.#connects.size);
  }

  admit(address: string): Admission {
    if (this.#open >= this.#options.connections) return refused('full', 5);
    const key = addressKey(address);
    const open = this.#sockets.get(key) ?? 0;
    if (open >= this.#options.connectionsPerAddress) return refused('address_full', 5);
    if (!this.#connects.take(key)) return refused('address_rate', 1);
    this.#sockets.set(key, open + 1);
    this.#open += 1;
    let left = false;
    return {
      ok: true,
      leave: () => {
        if (left) return;
        left = true;
        this.#open -= 1;
        const others = (this.#sockets.get(key) ?? 1) - 1;
        if (others === 0) this.#sockets.delete(key);
        else this.#sockets.set(key, others);
      },
    };
  }
}

function refused(
  reason: 'full' | 'address_full' | 'address_rate',
  retryAfterSeconds: number,
): Admission {
  return { ok: false, reason, retryAfterSeconds };
}
