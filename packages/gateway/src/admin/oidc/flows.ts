import { hash, randomToken, sameSecret } from '../sessions.ts';
import type { Secrets } from './provider.ts';

export const FLOW_SECONDS = 600;
const MAX_FLOWS = 1000;

export interface Flow {
  readonly secrets: Secrets;
  /** A path of our pages. */
  readonly returnTo: string;
}

interface Kept extends Flow {
  readonly browser: string;
  /** Of a clock that never jumps. */
  readonly until: number;
}

/** Sign-ins that are at the provider. Each belongs to one browser, and is taken once. The oldest makes room for one too many. */
export class Flows {
  readonly #monotonic: () => number;
  /** By a hash of `state`, the oldest first. */
  readonly #flows = new Map<string, Kept>();

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** @returns what the browser must bring back with the flow's state */
  begin(flow: Flow): string {
    const now = this.#monotonic();
    for (const [key, { until }] of this.#flows) {
      if (until > now && this.#flows.size < MAX_FLOWS) {
        break;
      }
      this.#flows.delete(key);
    }
    const browser = randomToken();
    const until = now + FLOW_SECONDS * 1000;
    this.#flows.set(hash(flow.secrets.state), { ...flow, browser: hash(browser), until });
    return browser;
  }

  /** Null when there is no such flow, it is too old, or it is another browser's, whose it stays. */
  take(state: string, browser: string): Flow | null {
    const key = hash(state);
    const kept = this.#flows.get(key);
    if (kept === undefined || !sameSecret(kept.browser, hash(browser))) {
      return null;
    }
    this.#flows.delete(key);
    return kept.until > this.#monotonic() ? kept : null;
  }
}
