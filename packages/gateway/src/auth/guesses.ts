import { addressKey } from '../limits/address-key.ts';
import { KeyedBuckets } from '../limits/keyed-buckets.ts';
import { Lockout, type Attempt } from './lockout.ts';

const REMEMBERED_ADDRESSES = 50_000;

/** Slows the guessing of passwords down, whichever way they are tried: by account and address, and by address. */
export class Guesses {
  readonly #lockout: Lockout;
  /** Wrong passwords, by address. */
  readonly #failures: KeyedBuckets;

  constructor(now: () => number, failuresPerMinute: number) {
    this.#lockout = new Lockout(now);
    this.#failures = new KeyedBuckets(
      failuresPerMinute / 60,
      failuresPerMinute,
      now,
      REMEMBERED_ADDRESSES,
    );
  }

  /** Milliseconds until this account may be tried again from there; 0 when it may now. */
  lockedFor(account: string, address: string): number {
    return this.#lockout.lockedFor(account, address);
  }

  /** Milliseconds until anything may be tried again from there; 0 when it may now. */
  exhaustedFor(address: string): number {
    return this.#failures.wait(addressKey(address));
  }

  /** Call after both said 0; settle the attempt exactly once. */
  begin(account: string, address: string): Attempt {
    const attempt = this.#lockout.begin(account, address);
    return {
      succeeded: () => {
        attempt.succeeded();
      },
      failed: () => {
        attempt.failed();
        this.#failures.take(addressKey(address));
      },
      abandoned: () => {
        attempt.abandoned();
      },
    };
  }
}
