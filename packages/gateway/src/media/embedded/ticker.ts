import { FRAME_MS } from './rtp/codecs.ts';

/** Behind by more than this, the beat starts afresh: a burst of old frames helps nobody. */
const MAX_CATCH_UP = 5;

/**
 * A beat of 20 ms that does not drift: each beat is timed from the first one, a late one is followed by those that were
 * missed. One serves all legs of a worker.
 */
export class Ticker {
  readonly #beat: (now: number) => void;
  #timer: NodeJS.Timeout | null = null;
  #dueAt = 0;

  /** @param beat gets the time in milliseconds, as `performance.now()` tells it */
  constructor(beat: (now: number) => void) {
    this.#beat = beat;
  }

  start(): void {
    if (this.#timer !== null) {
      return;
    }
    this.#dueAt = performance.now() + FRAME_MS;
    this.#schedule();
  }

  stop(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#timer = null;
  }

  #schedule(): void {
    this.#timer = setTimeout(
      () => {
        this.#run();
      },
      Math.max(0, this.#dueAt - performance.now()),
    );
  }

  #run(): void {
    const now = performance.now();
    if (now - this.#dueAt > MAX_CATCH_UP * FRAME_MS) {
      this.#dueAt = now;
    }
    // Timers fire up to a millisecond early.
    while (this.#dueAt <= now + 1) {
      this.#beat(now);
      this.#dueAt += FRAME_MS;
    }
    // A beat may have stopped us.
    if (this.#timer !== null) {
      this.#schedule();
    }
  }
}
