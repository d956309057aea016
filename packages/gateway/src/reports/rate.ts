import { TokenBucket } from '../signaling/token-bucket.ts';

/** A token bucket for each key, of the keys that asked last. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #maxKeys: number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param now milliseconds of a clock that never jumps */
  constructor(perSecond: number, burst: number, now: () => number, maxKeys = 10_000) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
    this.#maxKeys = maxKeys;
  }

  /** False when the key asked too often. */
  take(key: string): boolean {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#perSecond, this.#burst, now);
    // Put last again: the first is the one that was quiet longest.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [quietest] = this.#buckets.keys();
    if (this.#buckets.size > this.#maxKeys && quietest !== undefined) {
      this.#buckets.delete(quietest);
    }
    return bucket.take(1, now);
  }
}
