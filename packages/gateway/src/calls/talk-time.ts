import type { Clock } from '../clock.ts';

/** For how long a call has been talked on. */
export class TalkTime {
  readonly #clock: Clock;
  #from: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The call is answered. */
  start(): void {
    this.#from ??= this.#clock.monotonic();
  }

  /** Null before the answer. */
  get seconds(): number | null {
    return this.#from === null ? null : (this.#clock.monotonic() - this.#from) / 1000;
  }
}
