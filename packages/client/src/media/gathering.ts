import { deferred } from '../deferred.ts';
import type { Platform, TimerHandle } from '../platform.ts';

export interface GatheringLimits {
  /** From the first candidate to when a description is good enough to be sent. Default 1 000. */
  readonly afterFirstMs: number;
  /** When no candidate comes at all. */
  readonly hardMs: number;
}

export const GATHERING: GatheringLimits = { afterFirstMs: 1_000, hardMs: 4_000 };
/** Towards a gateway that takes what comes later: a server that does not answer need not be waited for. */
export const GATHERING_BRIEF: GatheringLimits = { afterFirstMs: 400, hardMs: 4_000 };
/**
 * The same without STUN and TURN servers: only the machine's own addresses are looked for, which come at once. Browsers look for TCP
 * ones 100 ms longer, on which no gateway listens.
 */
export const GATHERING_HOSTS: GatheringLimits = { afterFirstMs: 20, hardMs: 4_000 };
/** An attach has to be complete: the far side is not asked again (wire spec 11.3). */
export const GATHERING_ATTACH: GatheringLimits = { afterFirstMs: 5_000, hardMs: 8_000 };
const WATCH_MS = 15_000;

export interface GatheringHooks {
  /** 33002: unfinished after 15 s; 33003: not one candidate; 33005: servers were given, and none of them gave a candidate. */
  warning(code: 33002 | 33003 | 33005): void;
  /** Only relay candidates are allowed and none came: this call can never connect. */
  noRelay(): void;
}

/** Watches one gathering of local candidates, from the start of negotiation until it ends or the owner disposes it. */
export class Gathering {
  readonly #platform: Platform;
  readonly #hooks: GatheringHooks;
  readonly #relayOnly: boolean;
  readonly #servers: boolean;
  readonly #ready = deferred<undefined>();
  #count = 0;
  /** Of them by a STUN or TURN server. */
  #byServer = 0;
  #limits: GatheringLimits | null = null;
  #limit: TimerHandle | undefined;
  #watch: TimerHandle | undefined;
  #done = false;

  /** `servers`: there are STUN or TURN servers to ask. */
  constructor(platform: Platform, relayOnly: boolean, servers: boolean, hooks: GatheringHooks) {
    this.#platform = platform;
    this.#relayOnly = relayOnly;
    this.#servers = servers;
    this.#hooks = hooks;
    this.#watch = platform.setTimeout(() => {
      this.#watch = undefined;
      hooks.warning(this.#count ? 33002 : 33003);
      this.#checkRelay();
    }, WATCH_MS);
  }

  /** Feeds the browser's candidates; null ends the gathering. */
  candidate(candidate: RTCIceCandidate | null): void {
    if (this.#done) {
      return;
    }
    if (candidate) {
      this.#count += 1;
      // 'srflx' or 'relay'; peer-reflexive ones are found later, by checks.
      if (candidate.type !== 'host') {
        this.#byServer += 1;
      }
      if (this.#count === 1 && this.#limits) {
        this.#arm(this.#limits.afterFirstMs);
      }
      return;
    }
    if (!this.#count) {
      this.#hooks.warning(33003);
    } else if (this.#servers && !this.#byServer) {
      this.#hooks.warning(33005);
    }
    this.#checkRelay();
    this.dispose();
  }

  /** Resolves when the description is as complete as it will be, or good enough. */
  wait(limits: GatheringLimits): Promise<undefined> {
    if (!this.#done) {
      this.#limits = limits;
      // With relay only, waiting less than an allocation over TLS takes would send a description of no use.
      this.#arm(this.#count ? limits.afterFirstMs : this.#relayOnly ? WATCH_MS : limits.hardMs);
    }
    return this.#ready.promise;
  }

  dispose(): void {
    this.#done = true;
    this.#platform.clearTimeout(this.#limit ?? 0);
    this.#platform.clearTimeout(this.#watch ?? 0);
    this.#limit = this.#watch = undefined;
    this.#ready.resolve(undefined);
  }

  #arm(ms: number): void {
    this.#platform.clearTimeout(this.#limit ?? 0);
    this.#limit = this.#platform.setTimeout(() => this.#ready.resolve(undefined), ms);
  }

  #checkRelay(): void {
    if (this.#relayOnly && !this.#count) {
      this.#hooks.noRelay();
    }
  }
}
