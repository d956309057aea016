import { CLIENT_DEFAULTS, merge } from '../options.ts';
import { Timer } from '../timer.ts';
import type { IClientOptions } from '../options.ts';
import { IN_CALL_PATIENCE_MS, reconnectDelay } from './backoff.ts';
import type { SignalingContext } from './context.ts';
import { probeUrl } from './endpoint.ts';
import { Probe } from './probe.ts';

/** In a call the next of several hosts is tried after this. */
const HOST_PATIENCE_MS = 5_000;

/** In a black hole: three SYNs, at 0, 1 and 3 s. */
const BLIND_LIMIT_MS = 3_200;

/** When to try again, and when no more. Owns the wait and the probe; the session owns the states. */
export class Reconnect {
  readonly #context: SignalingContext;
  readonly #timer: Timer;
  readonly #probe: Probe;
  #attempts = 0;
  #downSince: number | undefined;

  constructor(context: SignalingContext) {
    this.#context = context;
    this.#timer = new Timer(context.platform);
    this.#probe = new Probe(context.platform);
  }

  /** A delay as the next attempt would draw it. */
  get delay(): number {
    const { platform } = this.#context;
    return reconnectDelay(Math.max(this.#attempts, 1), this.#inCall, () => platform.random());
  }

  get #inCall(): boolean {
    return this.#context.calls().hasActiveCall();
  }

  /** A call hangs on the gateway that has it: others are tried when that one did not come back. */
  get tryOthers(): boolean {
    const downSince = this.#downSince ?? Infinity;
    return !this.#inCall || this.#context.platform.now() - downSince >= HOST_PATIENCE_MS;
  }

  /** The connection was lost, or an attempt failed. False: no further attempt. */
  failed(): boolean {
    const now = this.#context.platform.now();
    this.#attempts++;
    this.#downSince ??= now;
    const max: number = merge(CLIENT_DEFAULTS, this.#context.options()).maxReconnectAttempts;
    if (max <= 0 || this.#attempts <= max) return true;
    return this.#inCall && now - this.#downSince < IN_CALL_PATIENCE_MS;
  }

  wait(ms: number, then: () => void): void {
    this.#timer.start(ms, then);
  }

  probe(where: IClientOptions, then: (reachable: boolean) => void): void {
    let url: string;
    try {
      url = probeUrl(where);
    } catch {
      then(true); // the socket's constructor tells what is wrong with the address
      return;
    }
    this.#probe.run(url, then);
  }

  /** @returns how long the socket may take to open; undefined: as long as any */
  socketTried(): number | undefined {
    this.#probe.socketTried();
    return this.#probe.silent ? BLIND_LIMIT_MS : undefined;
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
