import { CLIENT_DEFAULTS, merge, type IClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import { IN_CALL_PATIENCE_MS, reconnectDelay } from './backoff.ts';
import { probeUrl } from './endpoint.ts';
import { Probe } from './probe.ts';

export interface ReconnectDeps {
  readonly platform: Platform;
  options(): IClientOptions;
  inCall(): boolean;
}

/** When to try again, and when no more. Owns the wait and the probe; the session owns the states. */
export class Reconnect {
  readonly #deps: ReconnectDeps;
  readonly #timer: Timer;
  readonly #probe: Probe;
  #attempts = 0;
  #downSince: number | undefined;

  constructor(deps: ReconnectDeps) {
    this.#deps = deps;
    this.#timer = new Timer(deps.platform);
    this.#probe = new Probe(deps.platform);
  }

  /** A delay as the next attempt would draw it. */
  get delay(): number {
    const { platform, inCall } = this.#deps;
    return reconnectDelay(Math.max(this.#attempts, 1), inCall(), () => platform.random());
  }

  /** The connection was lost, or an attempt failed. False: no further attempt. */
  failed(): boolean {
    const { platform, options, inCall } = this.#deps;
    this.#attempts++;
    this.#downSince ??= platform.now();
    const { maxReconnectAttempts: max } = merge(CLIENT_DEFAULTS, options());
    if (max <= 0 || this.#attempts <= max) return true;
    return inCall() && platform.now() - this.#downSince < IN_CALL_PATIENCE_MS;
  }

  wait(ms: number, then: () => void): void {
    this.#timer.start(ms, then);
  }

  probe(then: (reachable: boolean) => void): void {
    let url: string;
    try {
      url = probeUrl(this.#deps.options());
    } catch {
      then(true); // the socket's constructor tells what is wrong with the address
      return;
    }
    this.#probe.run(url, then);
  }

  socketTried(): void {
    this.#probe.socketTried();
  }

  /** Ready again, or a manual `connect()`: the next outage counts from the beginning. */
  reset(): void {
    this.#attempts = 0;
    this.#downSince = undefined;
    this.#probe.reset();
  }

  stop(): void {
    this.#timer.stop();
    this.#probe.stop();
  }
}
