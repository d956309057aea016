/** Allows `perSecond` in the long run and `burst` at once. Refilled when asked, so that an idle one costs nothing. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** `now`: milliseconds of a clock that never jumps. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** False when there are not `cost` tokens; then none is taken. */
  take(cost: number, now: number): boolean {
    const refilled = this.#tokens + (now - this.#at) * this.#perMs;
    this.#tokens = refilled > this.#burst ? this.#burst : refilled;
    this.#at = now;
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }
}
