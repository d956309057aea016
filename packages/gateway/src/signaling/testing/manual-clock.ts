import type { Clock } from '../../clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that passes only when a test says so. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #time = 1_000_000;
  #order = 0;

  /** Timers that have not run and were not taken back. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return 1_700_000_000_000 + this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  schedule(callback: () => void, ms: number): () => void {
    const timer = { at: this.#time + ms, order: ++this.#order, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Runs what falls due, in order; timers that it sets may fall due too. */
  advance(ms: number): void {
    const until = this.#time + ms;
    for (let timer = this.#dueBy(until); timer; timer = this.#dueBy(until)) {
      this.#timers.delete(timer);
      this.#time = timer.at;
      timer.callback();
    }
    this.#time = until;
  }

  #dueBy(until: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.at > until) {
        continue;
      }
      const earlier = first === null || timer.at < first.at;
      if (earlier || (timer.at === first?.at && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  }
}
