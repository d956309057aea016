import { settle } from './tasks.ts';

export { settle };

/** Time that stands still until `advance`. */
export class FakeClock {
  #now = 1_700_000_000_000;
  #next = 1;
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>();

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(run: () => void, ms: number): number {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + Math.max(ms, 0), run });
    return id;
  }

  clearTimeout(id: number): void {
    this.#timers.delete(id);
  }

  /** Runs every timer that falls due, each at its time, and lets promises settle between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end);
      const first = due.sort(([idA, a], [idB, b]) => a.at - b.at || idA - idB)[0];
      if (!first) {
        break;
      }
      this.#timers.delete(first[0]);
      this.#now = Math.max(this.#now, first[1].at);
      first[1].run();
      await settle();
    }
    this.#now = end;
  }

  /** Time passes while nothing runs, as when a page sleeps; what fell due runs afterwards, late. */
  async sleep(ms: number): Promise<void> {
    this.#now += ms;
    await this.advance(0);
  }
}
