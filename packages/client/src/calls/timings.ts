import type { Platform } from '../platform.ts';

/** How long each step of setting a call up took. Milliseconds. */
export interface ICallEstablishmentTimings {
  mode: 'trickle' | 'non-trickle';
  direction: 'outbound' | 'inbound';
  /** In the order of time; `delta` is since the step before. */
  steps: { label: string; fromStart: number; delta: number }[];
}

/** When each step of setting one leg up was first reached. */
export class SetupTimings {
  readonly #platform: Platform;
  readonly #marks = new Map<string, number>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  mark(step: string): void {
    if (!this.#marks.has(step)) {
      this.#marks.set(step, this.#platform.elapsed());
    }
  }

  has(step: string): boolean {
    return this.#marks.has(step);
  }

  read(direction: 'outbound' | 'inbound', trickle: boolean): ICallEstablishmentTimings {
    const marks = [...this.#marks].sort(([, a], [, b]) => a - b);
    const start = marks[0]?.[1] ?? 0;
    let last = start;
    return {
      mode: trickle ? 'trickle' : 'non-trickle',
      direction,
      steps: marks.map(([label, at]) => {
        const step = { label: label.replaceAll('-', ' '), fromStart: at - start, delta: at - last };
        last = at;
        return step;
      }),
    };
  }
}
