import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

/** A token is renewed, or its end warned of, this long before (wire spec 4.6). */
const LEAD_MS = 120_000;

/** The payload of a JSON Web Token, unverified; undefined for an opaque token. */
export function tokenClaims(token: string): Record<string, unknown> | undefined {
  const [, payload, , ...rest] = token.split('.');
  if (!payload || rest.length > 0) {
    return undefined;
  }
  try {
    const binary = atob(payload.replace(/-/g, '+').replace(/_/g, '/'));
    const text = new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
    const claims: unknown = JSON.parse(text);
    return typeof claims === 'object' && claims !== null
      ? (claims as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** When the token ends, in milliseconds since the epoch; undefined when it does not say. */
function tokenExpiry(token: string): number | undefined {
  const exp = tokenClaims(token)?.['exp'];
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined;
}

/** Calls back 120 s before a token ends. One timer. */
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
    if (left <= 0) {
      return;
    }
    const wait = Math.max(left - LEAD_MS, renewable ? left / 2 : 0);
    if (wait > 0) {
      this.#timer.start(wait, onSoon);
    } else {
      onSoon();
    }
  }

  stop(): void {
    this.#timer.stop();
  }
}
