import { telnyxDialect, type ClientMethod, type ClientParams } from '@offhook/protocol';
import type {
  BroadcastParams,
  SubscribeParams,
  SubscribeResult,
  UnsubscribeResult,
} from './channels.ts';
import { ClientCore } from './client-core.ts';
import { loginKind } from './options.ts';

/** Members that applications see on the reference's client and may call. New code needs none of them. */
export abstract class LegacyClient extends ClientCore {
  readonly relayProtocol: string = 'verto-protocol';
  readonly timeoutErrorCode: number = -329990;
  readonly invalidMethodErrorCode: number = -32601;
  readonly authenticationRequiredErrorCode: number = -32000;
  readonly contexts: string[] = [];
  /** Undefined: no gateway of today tells it. */
  nodeid!: string;
  master_nodeid!: string;
  signature = null as unknown as string;

  /** Channels of the gateway; what was granted already is not asked for again. Gone with the socket. */
  async subscribe(params: SubscribeParams): Promise<SubscribeResult> {
    return (await this.channels()).subscribe(params);
  }
  async unsubscribe(params: SubscribeParams): Promise<UnsubscribeResult> {
    return (await this.channels()).unsubscribe(params);
  }
  /** To everybody who subscribed to the channel. A refusal goes to the page's error handling. */
  broadcast({ channel = '', data }: BroadcastParams): void {
    this.session.gateway
      .request('broadcast', { eventChannel: channel, data })
      .catch((error: unknown) => {
        this.platform.reportError(error);
      });
  }
  vertoSubscribe(params: SubscribeParams): Promise<SubscribeResult> {
    return this.subscribe(params);
  }
  vertoUnsubscribe(params: SubscribeParams): Promise<UnsubscribeResult> {
    return this.unsubscribe(params);
  }
  vertoBroadcast(params: BroadcastParams): void {
    this.broadcast(params);
  }

  /** Sends a request of the dialect, `{ method, params }` or an object with it as `request`. Resolves with the gateway's result. */
  async execute(message: {
    readonly request?: { readonly method?: string; readonly params?: unknown };
    readonly method?: string;
    readonly params?: unknown;
  }): Promise<unknown> {
    const { method = '', params = {} } = message.request ?? message;
    const known = telnyxDialect.fromWire.get(method);
    if (!known) throw new TypeError(`No such method: ${method}`);
    // The gateway judges whether this method is a client's, and what is in it.
    return this.session.gateway.request(
      known as ClientMethod,
      params as ClientParams[ClientMethod],
    );
  }
  /** Text outside JSON-RPC; lost without an open socket. */
  executeRaw(text: string): void {
    this.session.gateway.rpc.send(text);
  }
  /** Whether the options hold credentials. */
  validateOptions(): boolean {
    return loginKind(this.options) !== null;
  }
  clearConnection(): void {
    this.connection = null;
  }
  /** Treats the socket as lost; the client reconnects. */
  onNetworkClose(): void {
    this.session.dropSocket();
  }
  /** Restarts ICE of a live call. */
  triggerIceRestart(callId: string): { started: boolean; reason?: string } {
    return this.registry.restartIce(callId);
  }
  emitMultipleActiveCallsWarning(newCallId: string): void {
    const describe = (callId: string) => {
      const call = this.calls[callId];
      return { callId, state: call?.state, direction: call?.direction, ...call?.telnyxIDs };
    };
    const others = Object.keys(this.calls).filter((callId) => callId !== newCallId);
    if (!others.length) return;
    this.warn(33010, {
      callId: newCallId,
      newCall: describe(newCallId),
      activeCalls: others.map(describe),
    });
  }

  // Something that looks wrong makes the one liveness rule ask the gateway at once; it decides by itself, and cannot be stopped.

  startSignalingHealthMonitor(): void {
    this.session.health.probe();
  }
  stopSignalingHealthMonitor(): void {
    this.session.health.recheck();
  }
  setPingReceived(): void {
    this.session.health.recheck();
  }
  onOutboundConfirmed(): void {
    this.session.health.recheck();
  }
  onSignalingRequestTimeout(): void {
    this.session.health.probe();
  }
  reportPeerFailure(): void {
    this.session.health.probe();
  }
  reportNoRtp(): void {
    this.session.health.probe();
  }
  reportIceRestartFailed(): void {
    this.session.health.probe();
  }
}
