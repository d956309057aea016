import { addressKey } from '../limits/address-key.ts';

export interface LockoutOptions {
  /** Wrong passwords that cost nothing. */
  readonly free: number;
  /** The first delay; it doubles with every further failure. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** A pair without failures for this long is forgotten. */
  readonly forgetMs: number;
  /** Pairs remembered at once. */
  readonly maxPairs: number;
}

const DEFAULTS: LockoutOptions = {
  free: 5,
  firstDelayMs: 1000,
  maxDelayMs: 15 * 60_000,
  forgetMs: 60 * 60_000,
  maxPairs: 100_000,
};

interface Entry {
  failures: number;
  /** Checks under way; each counts as a failure until it is known, so that guesses in parallel gain nothing. */
  pending: number;
  lockedUntil: number;
  touched: number;
}

export interface Attempt {
  succeeded(): void;
  failed(): void;
  /** Neither right nor wrong: the check did not happen. */
  abandoned(): void;
}

/**
 * Slows guessing down by the pair of account and address: nobody can lock an account out for its owner elsewhere. The
 * account's existence plays no part. A success forgets the pair's failures.
 */
export class Lockout {
  readonly #options: LockoutOptions;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(now: () => number, options: Partial<LockoutOptions> = {}) {
    this.#now = now;
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Milliseconds until this pair may try again; 0 when it may now. */
  lockedFor(account: string, address: string): number {
    const entry = this.#entries.get(pair(account, address));
    if (entry === undefined) {
      return 0;
    }
    const left = entry.lockedUntil - this.#now();
    if (left > 0) {
      return left;
    }
    const room = entry.failures < this.#options.free ? this.#options.free - entry.failures : 1;
    return entry.pending >= room ? this.#options.firstDelayMs : 0;
  }

  /** Call after `lockedFor` said 0; settle the attempt exactly once. */
  begin(account: string, address: string): Attempt {
    const key = pair(account, address);
    const entry = this.#entry(key);
    entry.pending += 1;
    let settled = false;
    const settle = (then: () => void): void => {
      if (settled) {
        return;
      }
      settled = true;
      entry.pending -= 1;
      then();
      if (entry.failures === 0 && entry.pending === 0) {
        this.#entries.delete(key);
      }
    };
    return {
      succeeded: () => {
        settle(() => {
          entry.failures = 0;
          entry.lockedUntil = 0;
        });
      },
      failed: () => {
        settle(() => {
          entry.failures += 1;
          entry.touched = this.#now();
          const over = entry.failures - this.#options.free;
          if (over < 0) {
            return;
          }
          const delay = Math.min(this.#options.firstDelayMs * 2 ** over, this.#options.maxDelayMs);
          entry.lockedUntil = this.#now() + delay;
        });
      },
      abandoned: () => {
        settle(() => undefined);
      },
    };
  }

  get size(): number {
    return this.#entries.size;
  }

  #entry(key: string): Entry {
    const existing = this.#entries.get(key);
    if (
      existing !== undefined &&
      (existing.pending > 0 || this.#now() - existing.touched < this.#options.forgetMs)
    ) {
      return existing;
    }
    const entry: Entry = { failures: 0, pending: 0, lockedUntil: 0, touched: this.#now() };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#options.maxPairs) {
      this.#evict();
    }
    return entry;
  }

  /** Oldest first, and of the oldest the one with the fewest failures: a flood of new pairs does not free a locked one. */
  #evict(): void {
    let victim: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    let looked = 0;
    for (const [key, entry] of this.#entries) {
      if (entry.pending === 0 && entry.failures < fewest) {
        victim = key;
        fewest = entry.failures;
      }
      looked += 1;
      if (looked >= 64) {
        break;
      }
    }
    if (victim !== undefined) {
      this.#entries.delete(victim);
    }
  }
}

function pair(account: string, address: string): string {
  return `${addressKey(address)}\n${account}`;
}
