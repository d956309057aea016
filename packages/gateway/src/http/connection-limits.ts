import { addressKey } from '../limits/address-key.ts';
import { KeyedBuckets } from '../limits/keyed-buckets.ts';
import { PlacesByAddress } from '../limits/places-by-address.ts';

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
  readonly #sockets: PlacesByAddress;
  readonly #connects: KeyedBuckets;
  #open = 0;

  /** @param now Milliseconds of a clock that never jumps. */
  constructor(options: ConnectionLimitOptions, now: () => number) {
    this.#options = options;
    const { connectsPerSecond, connectionsPerAddress } = options;
    this.#sockets = new PlacesByAddress(connectionsPerAddress);
    this.#connects = new KeyedBuckets(connectsPerSecond, connectsPerSecond * BURST_SECONDS, now);
  }

  get open(): number {
    return this.#open;
  }

  /** Addresses remembered; for tests. */
  get addresses(): number {
    return Math.max(this.#sockets.addresses, this.#connects.size);
  }

  admit(address: string): Admission {
    if (this.#open >= this.#options.connections) {
      return refused('full', 5);
    }
    if (this.#sockets.isFull(address)) {
      return refused('address_full', 5);
    }
    if (!this.#connects.take(addressKey(address))) {
      return refused('address_rate', 1);
    }
    const leave = this.#sockets.enter(address) ?? ((): void => undefined);
    this.#open += 1;
    let left = false;
    return {
      ok: true,
      leave: () => {
        if (left) {
          return;
        }
        left = true;
        this.#open -= 1;
        leave();
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
