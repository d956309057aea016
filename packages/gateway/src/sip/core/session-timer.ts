import type { Clock } from '../../clock.ts';
import type { Headers } from './headers.ts';

/** Seconds. What we ask for, and the least that we take (RFC 4028, 4 and 5). */
export const SESSION_SECONDS = 1_800;
export const MIN_SESSION_SECONDS = 90;
/** The most; who asks for more is given this (RFC 4028, 9), and a timer of the system holds no 25 days. */
export const MAX_SESSION_SECONDS = 86_400;

export interface SessionExpires {
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** Undefined where there is none. */
export function parseSessionExpires(headers: Headers): SessionExpires | undefined {
  const [, seconds, rest = ''] =
    /^(\d{1,7})\s*(;.*)?$/.exec(headers.get('Session-Expires') ?? '') ?? [];
  if (seconds === undefined) {
    return undefined;
  }
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\b/i.exec(rest)?.[1]?.toLowerCase();
  return {
    seconds: Math.min(Number(seconds), MAX_SESSION_SECONDS),
    refresher: refresher as 'uac' | 'uas' | undefined,
  };
}

/** A session that nobody refreshes ends (RFC 4028, 10): keeps a lost BYE from leaving a call up. The owner of one timer. */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #onRefresh: () => void;
  readonly #onExpired: () => void;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, onRefresh: () => void, onExpired: () => void) {
    this.#clock = clock;
    this.#onRefresh = onRefresh;
    this.#onExpired = onExpired;
  }

  /** The session was begun or refreshed. */
  start(seconds: number, weRefresh: boolean): void {
    this.#cancel?.();
    // The one that waits gives up a little before the end, so that its BYE still finds the dialog.
    const after = weRefresh ? seconds / 2 : seconds - Math.min(32, seconds / 3);
    this.#cancel = this.#clock.schedule(
      weRefresh ? this.#onRefresh : this.#onExpired,
      after * 1000,
    );
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
