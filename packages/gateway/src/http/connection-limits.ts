import { addressKey } from '../auth/lockout.ts';

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

interface PerAddress {
  open: number;
  /** Token bucket of new connections: five seconds' worth may come at once, as after a restart. */
  tokens: number;
  at: number;
}

const BURST_SECONDS = 5;

/** Counts sockets before anything else is spent on them. Addresses without sockets and with a full bucket take no memory. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitOptions;
  readonly #now: () => number;
  readonly #addresses = new Map<string, PerAddress>();
  #open = 0;

  /** @param now Milliseconds of a clock that never jumps. */
  constructor(options: ConnectionLimitOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  get open(): number {
    return this.#open;
  }

  /** Addresses remembered; for tests. */
  get addresses(): number {
    return this.#addresses.size;
  }

  admit(address: string): Admission {
    if (this.#open >= this.#options.connections) return refused('full', 5);
    const key = addressKey(address);
    const entry = this.#entry(key);
    if (entry.open >= this.#options.connectionsPerAddress) return refused('address_full', 5);
    if (entry.tokens < 1) return refused('address_rate', 1);
    entry.tokens -= 1;
    entry.open += 1;
    this.#open += 1;
    let left = false;
    return {
      ok: true,
      leave: () => {
        if (left) return;
        left = true;
        entry.open -= 1;
        this.#open -= 1;
        this.#forgetIfIdle(key, entry);
      },
    };
  }

  #entry(key: string): PerAddress {
    const burst = this.#options.connectsPerSecond * BURST_SECONDS;
    const now = this.#now();
    let entry = this.#addresses.get(key);
    if (entry === undefined) {
      if (this.#addresses.size > 10_000) this.#sweep();
      entry = { open: 0, tokens: burst, at: now };
      this.#addresses.set(key, entry);
      return entry;
    }
    this.#refill(entry);
    return entry;
  }

  #refill(entry: PerAddress): void {
    const rate = this.#options.connectsPerSecond;
    const now = this.#now();
    entry.tokens = Math.min(rate * BURST_SECONDS, entry.tokens + ((now - entry.at) / 1000) * rate);
    entry.at = now;
  }

  #forgetIfIdle(key: string, entry: PerAddress): boolean {
    if (entry.open > 0) return false;
    this.#refill(entry);
    if (entry.tokens < this.#options.connectsPerSecond * BURST_SECONDS - 1) return false;
    return this.#addresses.delete(key);
  }

  #sweep(): void {
    for (const [key, entry] of this.#addresses) this.#forgetIfIdle(key, entry);
  }
}

function refused(
  reason: 'full' | 'address_full' | 'address_rate',
  retryAfterSeconds: number,
): Admission {
  return { ok: false, reason, retryAfterSeconds };
}
