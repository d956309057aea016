import {
  NO_FEATURES,
  type GatewayStateResult,
  type IceServer,
  type LoginResult,
  type OffhookFeatures,
} from '@offhook/protocol';

/** A gateway's ICE credentials last this long unless they say otherwise. */
const ICE_LIFE_MS = 12 * 3_600_000;
/** Fresh ones are asked for when less is left. */
const ICE_LEAD_MS = 600_000;

export type GatewayState = GatewayStateResult['params'];

/** What the gateway said of itself: what it offers, its ICE servers, and what call reports repeat. */
export class GatewayInfo {
  #features: OffhookFeatures = NO_FEATURES;
  #callReportId: string | null = null;
  #dc: string | null = null;
  #region: string | null = null;
  #voiceSdkId: string | undefined;
  #iceServers: RTCIceServer[] | null = null;
  #iceExpiresAt = 0;

  /** All off before the first sign-in, and against foreign gateways. */
  get features(): OffhookFeatures {
    return this.#features;
  }
  get callReportId(): string | null {
    return this.#callReportId;
  }
  get dc(): string | null {
    return this.#dc;
  }
  get region(): string | null {
    return this.#region;
  }
  /** The routing token of its last frame, kept for uploads after the session has ended. */
  get voiceSdkId(): string | undefined {
    return this.#voiceSdkId;
  }
  /** Null: it handed out none. */
  get iceServers(): RTCIceServer[] | null {
    return this.#iceServers;
  }
  /** What a `gatewayState` request carries: it tells a gateway of ours that its own frames are understood here. */
  get stateQuery(): { readonly offhook?: { readonly v: 1 } } {
    return this.#features.v > 0 ? { offhook: { v: 1 } } : {};
  }

  /** It gave ICE servers, and less than 10 minutes are left of their credentials. `now`: milliseconds since the epoch. */
  iceIsStale(now: number): boolean {
    return this.#iceServers !== null && this.#iceExpiresAt - now < ICE_LEAD_MS;
  }

  takeLogin(result: LoginResult, now: number): void {
    this.#features = result.offhook ?? NO_FEATURES;
    this.#takeIceServers(result.ice_servers, now);
  }

  takeState(state: GatewayState, now: number): void {
    this.#takeIceServers(state.ice_servers, now);
    this.#callReportId = state.call_report_id ?? this.#callReportId;
    this.#dc = state.dc ?? this.#dc;
    this.#region = state.region ?? this.#region;
  }

  route(voiceSdkId: string): void {
    this.#voiceSdkId = voiceSdkId;
  }

  /** The next sign-in may be at another gateway. What this one said for call reports stays. */
  forget(): void {
    this.#features = NO_FEATURES;
    this.#iceServers = null;
  }

  #takeIceServers(list: readonly IceServer[] | undefined, now: number): void {
    if (!list) {
      return;
    }
    this.#iceServers = list.map((server) => ({ ...server }));
    // TURN REST user names begin with their end in seconds (`1767225600:alice`).
    const ends = list
      .map(({ username }) => Number(/^(\d{9,11})(:|$)/.exec(username ?? '')?.[1]) * 1000)
      .filter((end) => end > now);
    this.#iceExpiresAt = Math.min(now + ICE_LIFE_MS, ...ends);
  }
}
