import type { Clock } from '../clock.ts';

/** For how long a call has been talked on. */
export class TalkTime {
  readonly #clock: Clock;
  #from: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The call is answered; or was, so many milliseconds ago. */
  start(agoMs = 0): void {
    this.#from ??= this.#clock.monotonic() - Math.max(0, agoMs);
  }

  /** Epoch milliseconds; null before the answer. */
  get since(): number | null {
    const { seconds } = this;
    return seconds === null ? null : Math.round(this.#clock.now() - seconds * 1000);
  }

  /** Null before the answer. */
  get seconds(): number | null {
    return this.#from === null ? null : (this.#clock.monotonic() - this.#from) / 1000;
  }
}
