import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import { tokenExpiry } from './token.ts';

const LEAD_MS = 120_000;

/** Calls back 120 s before a token ends (wire spec 4.6). One timer. */
export class TokenExpiry {
  readonly #platform: Platform;
  readonly #timer: Timer;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#timer = new Timer(platform);
  }

  /**
   * `renewable`: the application can fetch another. Then a token that lives less than 240 s is renewed at half its life, lest a
   * source of short tokens be asked without pause.
   */
  watch(token: string | undefined, renewable: boolean, onSoon: () => void): void {
    this.#timer.stop();
    const expiry = token === undefined ? undefined : tokenExpiry(token);
    const left = (expiry ?? 0) - this.#platform.now();
    if (left <= 0) return;
    const wait = Math.max(left - LEAD_MS, renewable ? left / 2 : 0);
    if (wait > 0) this.#timer.start(wait, onSoon);
    else onSoon();
  }

  stop(): void {
    this.#timer.stop();
  }
}
