import { addressKey } from '../limits/address-key.ts';
import type { Assistant } from './definition.ts';

export interface AdmissionClock {
  monotonic(): number;
}

interface Load {
  calls: number;
  /** Beginnings of calls, newest last, at most a minute old. */
  readonly begun: number[];
}

const MINUTE_MS = 60_000;
/** Addresses that are remembered; each for a minute. */
const MAX_ADDRESSES = 10_000;

/** Who may call an assistant now: calls at once, and calls in a minute by address and in all. */
export class AdmissionDesk {
  readonly #clock: AdmissionClock;
  readonly #loads = new Map<string, Load>();
  readonly #addresses = new Map<string, number[]>();

  constructor(clock: AdmissionClock) {
    this.#clock = clock;
  }

  /** Takes a place, or says why there is none. The place is given back by {@link leave}. */
  enter({ id, limits }: Assistant, address: string): string | null {
    const now = this.#clock.monotonic();
    const load = this.#loads.get(id) ?? { calls: 0, begun: [] };
    forgetOld(load.begun, now);
    const key = `${id} ${addressKey(address)}`;
    const own = this.#addresses.get(key) ?? [];
    forgetOld(own, now);
    if (load.calls >= limits.calls) {
      return 'the assistant talks to as many callers as it may';
    }
    if (load.begun.length >= limits.callsPerMinute) {
      return 'too many calls; try again in a minute';
    }
    if (own.length >= limits.callsPerAddressPerMinute) {
      return 'too many calls from this address; try again in a minute';
    }
    load.calls += 1;
    load.begun.push(now);
    own.push(now);
    this.#loads.set(id, load);
    this.#addresses.delete(key);
    this.#addresses.set(key, own);
    if (this.#addresses.size > MAX_ADDRESSES) {
      const oldest = this.#addresses.keys().next();
      if (oldest.done !== true) {
        this.#addresses.delete(oldest.value);
      }
    }
    return null;
  }

  leave(id: string): void {
    const load = this.#loads.get(id);
    if (load) {
      load.calls -= 1;
    }
  }

  callsOf(id: string): number {
    return this.#loads.get(id)?.calls ?? 0;
  }
}

function forgetOld(times: number[], now: number): void {
  while ((times[0] ?? now) <= now - MINUTE_MS) {
    times.shift();
  }
}
