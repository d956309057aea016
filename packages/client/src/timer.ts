import type { Platform, TimerHandle } from './platform.ts';

/** `setTimeout` takes 31 bits; a longer delay would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** One timer with one owner: `start` replaces what was running, `stop` frees it. Any delay is exact to the clock. */
export class Timer {
  readonly #platform: Platform;
  #handle: TimerHandle | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  get running(): boolean {
    return this.#handle !== undefined;
  }

  start(ms: number, callback: () => void): void {
    this.stop();
    const rest = ms - LONGEST;
    this.#handle = this.#platform.setTimeout(
      () => {
        this.#handle = undefined;
        if (rest > 0) {
          this.start(rest, callback);
        } else {
          callback();
        }
      },
      // A browser drops a fraction of a millisecond: it would call back before the time, and whoever looks at the clock would wait again.
      Math.min(Math.max(Math.ceil(ms), 0), LONGEST),
    );
  }

  stop(): void {
    if (this.#handle !== undefined) {
      this.#platform.clearTimeout(this.#handle);
    }
    this.#handle = undefined;
  }
}
