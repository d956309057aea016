/** Expensive work, so many at once, so many waiting, and no more than a few of them for one address. */
export class WorkQueue {
  readonly #concurrency: number;
  readonly #maxWaiting: number;
  readonly #maxPerKey: number;
  readonly #waiting: (() => void)[] = [];
  readonly #perKey = new Map<string, number>();
  #running = 0;

  constructor(options: {
    readonly concurrency: number;
    readonly maxWaiting: number;
    readonly maxPerKey: number;
  }) {
    this.#concurrency = options.concurrency;
    this.#maxWaiting = options.maxWaiting;
    this.#maxPerKey = options.maxPerKey;
  }

  /** How many rounds of work stand before a newcomer. */
  get backlog(): number {
    return Math.ceil((this.#running + this.#waiting.length) / this.#concurrency);
  }

  /** @returns null when there is no room: the caller is to try later. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> | null {
    const ofKey = this.#perKey.get(key) ?? 0;
    if (ofKey >= this.#maxPerKey) return null;
    if (this.#running >= this.#concurrency && this.#waiting.length >= this.#maxWaiting) return null;
    this.#perKey.set(key, ofKey + 1);
    return this.#execute(key, work);
  }

  async #execute<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#concurrency) {
      // The place is handed over by the one that finishes, so nobody can slip in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const left = (this.#perKey.get(key) ?? 1) - 1;
      if (left === 0) this.#perKey.delete(key);
      else this.#perKey.set(key, left);
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
