import { isIPv6 } from 'node:net';

/** What an address counts as: itself, or for IPv6 its /64, since one household has them all. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

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
    if (entry === undefined) return 0;
    const left = entry.lockedUntil - this.#now();
    if (left > 0) return left;
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
      if (settled) return;
      settled = true;
      entry.pending -= 1;
      then();
      if (entry.failures === 0 && entry.pending === 0) this.#entries.delete(key);
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
          if (over < 0) return;
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
    if (this.#entries.size > this.#options.maxPairs) this.#evict();
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
      if (looked >= 64) break;
    }
    if (victim !== undefined) this.#entries.delete(victim);
  }
}

function pair(account: string, address: string): string {
  return `${addressKey(address)}\n${account}`;
}

/** So many in a minute for one key, refilled continuously; keys that are full again are forgotten. */
export class MinuteBudget {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #spent = new Map<string, { spent: number; at: number }>();

  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /** Milliseconds until there is budget again; 0 when there is some. */
  exhaustedFor(key: string): number {
    const spent = this.#current(key);
    if (spent <= this.#perMinute - 1) return 0;
    return Math.ceil(((spent - (this.#perMinute - 1)) / this.#perMinute) * 60_000);
  }

  spend(key: string): void {
    const spent = this.#current(key) + 1;
    this.#spent.delete(key);
    this.#spent.set(key, { spent, at: this.#now() });
    if (this.#spent.size > 50_000) {
      for (const old of this.#spent.keys()) {
        if (this.#current(old) > 0 && this.#spent.size <= 50_000) break;
        this.#spent.delete(old);
      }
    }
  }

  #current(key: string): number {
    const entry = this.#spent.get(key);
    if (entry === undefined) return 0;
    return Math.max(0, entry.spent - ((this.#now() - entry.at) / 60_000) * this.#perMinute);
  }
}
