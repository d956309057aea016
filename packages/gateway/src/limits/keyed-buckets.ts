import { TokenBucket } from './token-bucket.ts';

/**
 * A token bucket for each key: an address, a user, a session. Memory is bounded: buckets that are full again are forgotten a few
 * with each call, and beyond `maxKeys` the key that was quiet longest is.
 */
export class KeyedBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #maxKeys: number;
  /** In the order of last use, the one that was quiet longest first. */
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param now milliseconds of a clock that never jumps */
  constructor(perSecond: number, burst: number, now: () => number, maxKeys = 10_000) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
    this.#maxKeys = maxKeys;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** False when the key has not `cost` tokens left; then none is taken. */
  take(key: string, cost = 1): boolean {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#perSecond, this.#burst, now);
    this.#buckets.delete(key);
    this.#forget(now);
    this.#buckets.set(key, bucket);
    return bucket.take(cost, now);
  }

  /** Gives back what was taken and not used. */
  give(key: string, tokens: number): void {
    this.#buckets.get(key)?.give(tokens, this.#now());
  }

  /** Milliseconds until the key has `cost` tokens; 0 when it has them now. Remembers nothing. */
  wait(key: string, cost = 1): number {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) {
      return bucket.wait(cost, this.#now());
    }
    return cost > this.#burst ? Number.POSITIVE_INFINITY : 0;
  }

  /** Makes room for one key more; looks at two at most, so that a flood of keys is forgotten twice as fast as it came. */
  #forget(now: number): void {
    let looked = 0;
    for (const [key, bucket] of this.#buckets) {
      if (this.#buckets.size < this.#maxKeys && !bucket.isFull(now)) {
        return;
      }
      this.#buckets.delete(key);
      looked += 1;
      if (looked === 2) {
        return;
      }
    }
  }
}
