/** Numbers that look random, the same ones for the same seed (xorshift, 32 bits). */
export class Random {
  #state: number;

  constructor(seed: number) {
    // A seed of 0 would stay 0; small seeds differ in few bits, so they are spread first.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0 || 1;
  }

  /** A whole number from 0 to `bound` - 1; 0 for a bound below 1. */
  below(bound: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return bound < 1 ? 0 : this.#state % bound;
  }

  /** True once in `n`. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) {
      throw new RangeError('Nothing to pick from.');
    }
    return item;
  }

  /** Mostly small, now and then large: 1 to `most`. */
  size(most: number): number {
    const bits = Math.ceil(Math.log2(most + 1));
    return 1 + this.below(Math.min(most, 2 ** (1 + this.below(bits))));
  }
}
