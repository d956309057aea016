/** A report of loss counts until the next one should have come; browsers report every 5 s. */
const LASTS_MS = 12_000;

/** What a party says that it lost of what it was sent. */
export class ReportedLoss {
  #fraction = 0;
  #at = Number.NEGATIVE_INFINITY;

  /** @param fraction since its last report, in 1/256 */
  take(fraction: number, now: number): void {
    this.#fraction = fraction;
    this.#at = now;
  }

  /** In 1/256; 0 when it said nothing lately. */
  at(now: number): number {
    return now - this.#at < LASTS_MS ? this.#fraction : 0;
  }
}
