import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

/** What runs for one leg: everything asynchronous of it hangs on this, and ends with it. */
export class CallScope {
  readonly #platform: Platform;
  readonly #over = new AbortController();
  readonly #frees = new Set<() => void>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Aborted when the leg is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** A timer that stops with the leg. Not to be started after its end. */
  timer(): Timer {
    const timer = new Timer(this.#platform);
    this.add(() => timer.stop());
    return timer;
  }

  /** Runs at the end; at once when that has come. */
  add(free: () => void): void {
    if (this.#over.signal.aborted) {
      free();
    } else {
      this.#frees.add(free);
    }
  }

  end(): void {
    this.#over.abort();
    for (const free of this.#frees) {
      free();
    }
    this.#frees.clear();
  }
}
