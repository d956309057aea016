import type { Clock } from '../clock.ts';
import type { Ending } from './hangup.ts';
import { ENDINGS } from './hangup.ts';
import type { Leg } from './leg.ts';

/** A party that was asked to talk in another leg has this long for its answer. */
const ARRIVAL_MS = 10_000;

/** Why a party does not talk where it was to. */
export class HandoverError extends Error {
  readonly ending: Ending;
  /** What it had is gone: it needs a fresh offer to go on where it was. */
  readonly isLost: boolean;
  constructor(ending: Ending, isLost = false) {
    super(`the party was not handed over: ${ending.cause}`);
    this.name = 'HandoverError';
    this.ending = ending;
    this.isLost = isLost;
  }
}

interface Arrival {
  readonly settle: (failure: Ending | null) => void;
}

/** Legs of a call whose parties talk elsewhere, and have been asked to talk here. */
export class Arrivals {
  readonly #clock: Clock;
  readonly #expected = new Map<Leg, Arrival>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get legs(): readonly Leg[] {
    return [...this.#expected.keys()];
  }

  has(leg: Leg): boolean {
    return this.#expected.has(leg);
  }

  /** Settles when the party's answer came. Rejects with {@link HandoverError} when it does not come, or cannot be taken. */
  expect(leg: Leg): Promise<void> {
    const arrived = new Promise<void>((resolve, reject) => {
      const cancel = this.#clock.schedule(() => {
        this.refuse(leg, ENDINGS.noResponse);
      }, ARRIVAL_MS);
      this.#expected.set(leg, {
        settle: (failure) => {
          cancel();
          if (failure) {
            reject(new HandoverError(failure));
          } else {
            resolve();
          }
        },
      });
    });
    // Who asked may look at it later than it fails.
    arrived.catch(() => undefined);
    return arrived;
  }

  take(leg: Leg): void {
    this.#settle(leg, null);
  }

  /** False when the leg is not expected. */
  refuse(leg: Leg, ending: Ending): boolean {
    return this.#settle(leg, ending);
  }

  /** The call is over. */
  dispose(ending: Ending): void {
    for (const leg of this.legs) {
      this.#settle(leg, ending);
    }
  }

  #settle(leg: Leg, failure: Ending | null): boolean {
    const arrival = this.#expected.get(leg);
    this.#expected.delete(leg);
    arrival?.settle(failure);
    return arrival !== undefined;
  }
}
