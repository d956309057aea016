import type { Clock } from '../clock.ts';
import type { Leg } from './leg.ts';

/** How long a far party is kept for a leg that is to be replaced. */
const VACANT_MS = 10_000;

/** Legs of a call whose parties left and are expected back with others, each with its timer. Both sides may do so at once. */
export class Vacancies {
  readonly #clock: Clock;
  readonly #onExpired: (leg: Leg) => void;
  readonly #timers = new Map<Leg, () => void>();

  constructor(clock: Clock, onExpired: (leg: Leg) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  keep(leg: Leg): void {
    const expire = (): void => {
      this.#timers.delete(leg);
      this.#onExpired(leg);
    };
    this.#timers.set(leg, this.#clock.schedule(expire, VACANT_MS));
  }

  has(leg: Leg): boolean {
    return this.#timers.has(leg);
  }

  fill(leg: Leg): void {
    this.#timers.get(leg)?.();
    this.#timers.delete(leg);
  }

  dispose(): void {
    for (const cancel of this.#timers.values()) {
      cancel();
    }
  }
}
