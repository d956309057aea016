import {
  NO_FEATURES,
  telnyxDialect,
  type ClientMethod,
  type ClientParams,
  type ClientResults,
  type LoginResult,
  type OffhookFeatures,
} from '@offhook/protocol';
import { RequestError, type RequestOptions, type SignalingPort } from '../calls/ports.ts';
import type { SignalingContext } from './context.ts';
import { GatewayIceServers } from './ice-servers.ts';
import type { SessionMemory } from './memory.ts';
import type { GatewayStateInfo } from './registration.ts';
import { Rpc } from './rpc.ts';

/** Wire spec 3.6: the gateway does not know who we are. */
export const AUTHENTICATION_REQUIRED = -32_000;

export interface GatewayHooks {
  /** Settles when the first sign-in of this life has come to something, or when none is under way. Never rejects. */
  settled(signal?: AbortSignal): Promise<void>;
  onAuthenticationRequired(error: unknown): void;
  health(): Pick<SignalingPort, 'probe' | 'unansweredMs'>;
  renew(): void;
}

/** What the gateway said of itself when it was last ready. */
export interface GatewayInfo {
  readonly callReportId: string | null;
  readonly dc: string | null;
  readonly region: string | null;
}

/** The gateway as calls and the client see it: what it is, and how it is asked. */
export class Gateway implements SignalingPort {
  readonly rpc: Rpc;
  readonly #context: SignalingContext;
  readonly #memory: SessionMemory;
  readonly #hooks: GatewayHooks;
  readonly #ice = new GatewayIceServers();
  features: OffhookFeatures = NO_FEATURES;
  info: GatewayInfo = { callReportId: null, dc: null, region: null };
  ready = false;

  constructor(context: SignalingContext, memory: SessionMemory, hooks: GatewayHooks) {
    this.#context = context;
    this.#memory = memory;
    this.#hooks = hooks;
    this.rpc = new Rpc(context.platform, telnyxDialect, () => memory.sessionId);
  }

  get sessionId(): string {
    return this.#memory.sessionId;
  }
  get unansweredMs(): number {
    return this.#hooks.health().unansweredMs;
  }
  /** What the gateway handed out; null: nothing. */
  get iceServers(): RTCIceServer[] | null {
    return this.#ice.list;
  }
  /** Tells a gateway of ours that its own frames are understood here. */
  get stateQuery(): ClientParams['gatewayState'] {
    return this.features.v > 0 ? { offhook: { v: 1 } } : {};
  }

  async request<M extends ClientMethod>(
    method: M,
    params: ClientParams[M],
    options?: RequestOptions,
  ): Promise<ClientResults[M]> {
    try {
      return await this.rpc.request(method, params, options);
    } catch (error) {
      if (error instanceof RequestError && error.serverCode === AUTHENTICATION_REQUIRED) {
        this.#hooks.onAuthenticationRequired(error);
      }
      throw error;
    }
  }

  notify<M extends ClientMethod>(method: M, params: ClientParams[M]): void {
    this.rpc.notify(method, params);
  }

  probe(): void {
    this.#hooks.health().probe();
  }
  renew(): void {
    this.#hooks.renew();
  }

  ping(): Promise<unknown> {
    return this.rpc.request('ping', {}, { urgent: true, voiceSdkId: this.#memory.voiceSdkId });
  }

  async gatewayIceServers(signal?: AbortSignal): Promise<RTCIceServer[] | null> {
    await this.#hooks.settled(signal);
    if (this.ready && this.#ice.stale(this.#context.platform.now())) {
      const options = { timeoutMs: 3_000, ...(signal && { signal }) };
      const reply = await this.request('gatewayState', this.stateQuery, options).catch(() => null);
      if (reply) this.takeState(reply.params);
    }
    return this.#ice.list;
  }

  /** Asks, and waits until it can. Never rejects. */
  async isRegistered(): Promise<boolean> {
    const reply = await this.request('gatewayState', this.stateQuery).catch(() => undefined);
    return /^REG(ED|ISTER)$/.test(reply?.params.state ?? '');
  }

  takeLogin(result: LoginResult): void {
    this.features = result.offhook ?? NO_FEATURES;
    this.#ice.take(result.ice_servers, this.#context.platform.now());
  }

  takeState(info: GatewayStateInfo): void {
    this.#ice.take(info.ice_servers, this.#context.platform.now());
    this.info = {
      callReportId: info.call_report_id ?? this.info.callReportId,
      dc: info.dc ?? this.info.dc,
      region: info.region ?? this.info.region,
    };
  }

  /** The next sign-in may be at another gateway. What it last said of itself stays for reports. */
  forget(): void {
    this.features = NO_FEATURES;
    this.#ice.clear();
  }
}
