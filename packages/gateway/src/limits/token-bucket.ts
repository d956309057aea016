/**
 * Allows `perSecond` in the long run and `burst` at once. Tokens are whatever the caller counts: frames, packets, bytes.
 * Refilled when asked, so that an idle one costs nothing. This is the gateway's only rate limit; do not write another.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** `now`: milliseconds of a clock that never jumps, also in the other methods. Starts full. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** False when there are not `cost` tokens; then none is taken. */
  take(cost: number, now: number): boolean {
    this.#refill(now);
    if (this.#tokens < cost) {
      return false;
    }
    this.#tokens -= cost;
    return true;
  }

  /** Gives back what was taken and not used. */
  give(tokens: number, now: number): void {
    this.#refill(now);
    this.#tokens = Math.min(this.#burst, this.#tokens + tokens);
  }

  /** Milliseconds until `cost` tokens are there: 0 when they are, `Infinity` when they never will be. */
  wait(cost: number, now: number): number {
    this.#refill(now);
    if (this.#tokens >= cost) {
      return 0;
    }
    if (cost > this.#burst || this.#perMs === 0) {
      return Number.POSITIVE_INFINITY;
    }
    return Math.ceil((cost - this.#tokens) / this.#perMs);
  }

  /** A full bucket is as good as a new one. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.#burst;
  }

  #refill(now: number): void {
    if (now <= this.#at) {
      return;
    }
    const refilled = this.#tokens + (now - this.#at) * this.#perMs;
    this.#tokens = refilled > this.#burst ? this.#burst : refilled;
    this.#at = now;
  }
}
