import type { CallsPort } from '../calls/ports.ts';
import type { ClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import { httpOrigin } from './endpoint.ts';
import { Probe } from './probe.ts';

const FIRST_MS = 500;
const CAP_IN_CALL_MS = 1_000;
/** A gateway that restarts is back within seconds, and so is everybody who waited no longer than this. */
const CAP_AT_FIRST_MS = 2_000;
const CAP_MS = 30_000;

/** A call in progress is given this long, however many attempts that takes. */
const IN_CALL_PATIENCE_MS = 90_000;
/** In a call the next of several hosts is tried after this. */
const HOST_PATIENCE_MS = 5_000;
/** In a black hole: three SYNs, at 0, 1 and 3 s. */
const BLIND_LIMIT_MS = 3_200;

/**
 * How long to wait before reconnect `attempt` (1 is the first) of an outage that has lasted `downMs`: full jitter, so that a thousand
 * clients that lost the same gateway do not come back in the same moment. In a call at most 1 s; else 2 s at first, and a quarter of
 * the outage so far when that is more, at most 30 s.
 */
export function reconnectDelay(
  attempt: number,
  downMs: number,
  inCall: boolean,
  random: () => number,
): number {
  const cap = inCall ? CAP_IN_CALL_MS : CAP_AT_FIRST_MS;
  const first = Math.min(FIRST_MS * 2 ** Math.min(attempt - 1, 16), cap);
  const ceiling = inCall ? first : Math.min(Math.max(first, downMs / 4), CAP_MS);
  return Math.floor(random() * ceiling);
}

/** After a gateway failure, and between polls of the registration: 2 to 6 s. */
export function gatewayDelay(random: () => number): number {
  return 2_000 + Math.floor(random() * 4_000);
}

/** When to try again, and when no more. Owns the wait and the probe; the session owns the states. */
export class Reconnect {
  readonly #platform: Platform;
  readonly #options: ClientOptions;
  readonly #calls: () => CallsPort;
  readonly #timer: Timer;
  readonly #probe: Probe;
  #attempts = 0;
  #gatewayFailures = 0;
  #downSince: number | undefined;

  constructor(platform: Platform, options: ClientOptions, calls: () => CallsPort) {
    this.#platform = platform;
    this.#options = options;
    this.#calls = calls;
    this.#timer = new Timer(platform);
    this.#probe = new Probe(platform);
  }

  /** A delay as the next attempt would draw it. */
  get delay(): number {
    const { inCall } = this.#calls();
    return reconnectDelay(Math.max(this.#attempts, 1), this.#downMs, inCall, () =>
      this.#platform.random(),
    );
  }

  /** A call hangs on the gateway that has it: others are tried when that one did not come back. */
  get tryOthers(): boolean {
    return !this.#calls().inCall || this.#downMs >= HOST_PATIENCE_MS;
  }

  get #downMs(): number {
    return this.#platform.elapsed() - (this.#downSince ?? this.#platform.elapsed());
  }

  /** 0: without limit. */
  get #limit(): number {
    const { maxReconnectAttempts } = this.#options;
    return typeof maxReconnectAttempts === 'number' && maxReconnectAttempts > 0
      ? maxReconnectAttempts
      : 0;
  }

  /** The connection was lost, or an attempt failed. False: no further attempt. */
  failed(): boolean {
    this.#attempts++;
    this.#downSince ??= this.#platform.elapsed();
    if (this.#limit === 0 || this.#attempts <= this.#limit) {
      return true;
    }
    return this.#calls().inCall && this.#downMs < IN_CALL_PATIENCE_MS;
  }

  /** The gateway could be reached, and is out of order itself. How long to leave it alone; undefined: no further attempt. */
  gatewayFailed(): number | undefined {
    this.#gatewayFailures++;
    if (this.#limit > 0 && this.#gatewayFailures >= this.#limit) {
      return undefined;
    }
    const wait = gatewayDelay(() => this.#platform.random());
    return Math.min(wait * 2 ** Math.min(Math.max(this.#gatewayFailures - 5, 0), 4), CAP_MS);
  }

  wait(ms: number, then: () => void): void {
    this.#timer.start(ms, then);
  }

  /** Asks the host whether it is worth opening a socket. `where`: the options with the host in use. */
  probe(where: ClientOptions, then: (reachable: boolean) => void): void {
    const origin = httpOrigin(where);
    // Without an address the socket's constructor tells what is wrong with it.
    if (origin) {
      this.#probe.run(`${origin}/`, then);
    } else {
      then(true);
    }
  }

  /** @returns how long the socket may take to open; undefined: as long as any */
  socketTried(): number | undefined {
    this.#probe.socketTried();
    return this.#probe.silent ? BLIND_LIMIT_MS : undefined;
  }

  /** Ready again, or a manual `connect()`: the next outage counts from the beginning. */
  reset(): void {
    this.#attempts = 0;
    this.#gatewayFailures = 0;
    this.#downSince = undefined;
    this.#probe.reset();
  }

  stop(): void {
    this.#timer.stop();
    this.#probe.stop();
  }
}
