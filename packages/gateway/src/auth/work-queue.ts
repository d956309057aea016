export interface WorkQueueOptions {
  /** Work at once. */
  readonly concurrency: number;
  readonly maxWaiting: number;
  /** Of one key, under way and waiting. */
  readonly maxPerKey: number;
  /** Further places to wait in, for work that may have them. */
  readonly reserved: number;
}

export interface Standing {
  /** May wait in the reserved places, where the others are taken. */
  readonly mayUseReserved: boolean;
  /** Comes before work that does not come first, {@link MOST_IN_A_ROW} times in a row at most. */
  readonly comesFirst: boolean;
}

/** However much comes first: then others have a turn, so that what comes first cannot keep them out for ever. */
const MOST_IN_A_ROW = 3;

const ANYBODY: Standing = { mayUseReserved: false, comesFirst: false };

interface Waiting {
  readonly key: string;
  readonly standing: Standing;
  readonly start: () => void;
  readonly refuse: () => void;
}

/**
 * Expensive work, so many at once and so many waiting. Fair between keys: who has least under way and waiting comes next, and in a full
 * queue a newcomer takes the last place of the key that has most there. Some places are kept for work of a better standing.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting: Waiting[] = [];
  readonly #perKey = new Map<string, number>();
  #running = 0;
  /** How many that come first had the last turns, one after another, while others waited. */
  #firstInARow = 0;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** How many rounds of work stand before a newcomer. */
  get backlog(): number {
    return Math.ceil((this.#running + this.#waiting.length) / this.#options.concurrency);
  }

  /**
   * @returns null when there is no room: the caller is to try later. Resolves to null when its place went to another key.
   */
  run<T>(key: string, work: () => Promise<T>, standing = ANYBODY): Promise<T | null> | null {
    if (this.#countOf(key) >= this.#options.maxPerKey) {
      return null;
    }
    if (this.#running < this.#options.concurrency) {
      this.#running += 1;
      this.#count(key, 1);
      return this.#work(key, work);
    }
    if (!this.#makePlace(key, standing.mayUseReserved)) {
      return null;
    }
    this.#count(key, 1);
    return new Promise<T | null>((resolve) => {
      this.#waiting.push({
        key,
        standing,
        start: () => {
          resolve(this.#work(key, work));
        },
        refuse: () => {
          this.#count(key, -1);
          resolve(null);
        },
      });
    });
  }

  #makePlace(key: string, mayUseReserved: boolean): boolean {
    const { maxWaiting, reserved } = this.#options;
    if (this.#waiting.length < maxWaiting + (mayUseReserved ? reserved : 0)) {
      return true;
    }
    const last = this.#waiting
      .filter(({ standing }) => standing.mayUseReserved === mayUseReserved)
      .reduce<Waiting | null>(
        (most, each) =>
          most === null || this.#countOf(each.key) >= this.#countOf(most.key) ? each : most,
        null,
      );
    // Who would have as much there as the fullest does not push it out.
    if (last === null || this.#countOf(last.key) <= this.#countOf(key) + 1) {
      return false;
    }
    this.#waiting.splice(this.#waiting.indexOf(last), 1);
    last.refuse();
    return true;
  }

  async #work<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#count(key, -1);
      const next = this.#next();
      // The place is handed over, so nobody can slip in between.
      if (next === null) {
        this.#running -= 1;
      } else {
        next.start();
      }
    }
  }

  #next(): Waiting | null {
    const waitLong = this.#firstInARow >= MOST_IN_A_ROW;
    let best: Waiting | null = null;
    for (const each of this.#waiting) {
      if (best === null || this.#isBefore(each, best, waitLong)) {
        best = each;
      }
    }
    this.#firstInARow = best?.standing.comesFirst === true ? this.#firstInARow + 1 : 0;
    if (best !== null) {
      this.#waiting.splice(this.#waiting.indexOf(best), 1);
    }
    return best;
  }

  /** @param waitLong the turn is of those who do not come first, where there are any */
  #isBefore(one: Waiting, other: Waiting, waitLong: boolean): boolean {
    if (one.standing.comesFirst !== other.standing.comesFirst) {
      return one.standing.comesFirst !== waitLong;
    }
    return this.#countOf(one.key) < this.#countOf(other.key);
  }

  #countOf(key: string): number {
    return this.#perKey.get(key) ?? 0;
  }

  #count(key: string, more: 1 | -1): void {
    const count = this.#countOf(key) + more;
    if (count === 0) {
      this.#perKey.delete(key);
    } else {
      this.#perKey.set(key, count);
    }
  }
}
