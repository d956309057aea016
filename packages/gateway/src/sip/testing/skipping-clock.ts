import { onTestFinished } from 'vitest';
import type { Clock } from '../../clock.ts';
import { ManualClock } from '../../signaling/testing/manual-clock.ts';

const TICK_MS = 10;

/** Runs with the system's time, and further when a test says so: what takes minutes is over at once. */
export class SkippingClock implements Clock {
  readonly #time = new ManualClock();
  readonly #ticks: NodeJS.Timeout;

  /** Stops with the test. */
  static forTest(): SkippingClock {
    const clock = new SkippingClock();
    onTestFinished(() => {
      clock.#stop();
    });
    return clock;
  }

  private constructor() {
    let last = performance.now();
    this.#ticks = setInterval(() => {
      const now = performance.now();
      this.#time.advance(now - last);
      last = now;
    }, TICK_MS);
  }

  /** Timers that have not run and were not taken back. */
  get pending(): number {
    return this.#time.pending;
  }

  now(): number {
    return this.#time.now();
  }

  monotonic(): number {
    return this.#time.monotonic();
  }

  schedule(callback: () => void, ms: number): () => void {
    return this.#time.schedule(callback, ms);
  }

  skip(ms: number): void {
    this.#time.advance(ms);
  }

  #stop(): void {
    clearInterval(this.#ticks);
  }
}
