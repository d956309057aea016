import {
  NO_FEATURES,
  telnyxDialect,
  type ClientMethod,
  type ClientParams,
  type ClientResults,
  type LoginResult,
  type OffhookFeatures,
} from '@offhook/protocol';
import {
  RequestError,
  type CallsPort,
  type RequestOptions,
  type SignalingPort,
} from '../calls/ports.ts';
import type { SdkErrorCode, SdkWarningCode } from '../errors/codes.ts';
import { createError } from '../errors/telnyx-error.ts';
import type { ClientEvents, SocketCloseEvent } from '../events.ts';
import type { Logger } from '../logger.ts';
import type { IClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { Waiters } from '../waiters.ts';
import { gatewayDelay } from './backoff.ts';
import { socketUrl } from './endpoint.ts';
import { Health, IN_CALL, PATIENT, WATCHFUL } from './health.ts';
import { GatewayIceServers } from './ice-servers.ts';
import { Inbound } from './inbound.ts';
import { SessionMemory } from './memory.ts';
import { PageWatch } from './page-watch.ts';
import { Reconnect } from './reconnect.ts';
import { Registration, type GatewayStateInfo } from './registration.ts';
import { Rpc } from './rpc.ts';
import {
  isTerminal,
  nextSessionState,
  type SessionEvent,
  type SessionState,
} from './session-state.ts';
import { SignIn } from './sign-in.ts';
import { Socket } from './socket.ts';

const MAX_GATEWAY_FAILURES = 5;
/** A page that comes back asks for a sign of life unless it heard one this recently. */
const RECENT_MS = 3_000;
/** Wire spec 3.6: the gateway does not know who we are; it knows, and will not have us. */
const AUTHENTICATION_REQUIRED = -32_000;
const AUTHENTICATION_FAILED = -32_001;

/** Why a session ended. */
export type SessionOutcome =
  | 'disconnected'
  | 'punted'
  | 'login_failed'
  | 'exhausted'
  | 'gateway_failed'
  | 'no_socket'
  | 'auto_reconnect_off';

/** What the session tells the client. None of them throws. */
export interface SessionHooks {
  readonly log: Logger;
  options(): IClientOptions;
  calls(): CallsPort & { hasActiveCall(): boolean };
  listening(event: keyof ClientEvents): boolean;
  emit<K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]): void;
  error(code: SdkErrorCode, originalError?: unknown): void;
  warn(code: SdkWarningCode, extras?: Readonly<Record<string, unknown>>): void;
  /** Nobody will take the calls up again: end them here, without BYE. `purge`: the gateway wants it so. */
  endCalls(purge: boolean): void;
  /** The page is being left, and the application did not ask for calls to outlive it. */
  hangUp(): void;
  /** The gateway's channel subscriptions went with the socket. */
  onSocketLost(): void;
}

/** What the gateway said of itself when it was last ready. */
export interface GatewayInfo {
  readonly callReportId: string | null;
  readonly dc: string | null;
  readonly region: string | null;
}

/** The signalling session of one client: it drives the table of `session-state.ts`, one socket after another. */
export class Session implements SignalingPort {
  readonly #platform: Platform;
  readonly #hooks: SessionHooks;
  readonly #rpc: Rpc;
  readonly #memory: SessionMemory;
  readonly #signIn: SignIn;
  readonly #health: Health;
  readonly #registration: Registration;
  readonly #reconnect: Reconnect;
  readonly #inbound: Inbound;
  readonly #page: PageWatch;
  readonly #ice = new GatewayIceServers();
  readonly #readyWaiters = new Waiters();
  readonly #closeWaiters = new Waiters();
  #state: SessionState = 'idle';
  #outcome: SessionOutcome | undefined;
  #socket: Socket | undefined;
  #generation = 0;
  #features: OffhookFeatures = NO_FEATURES;
  #info: GatewayInfo = { callReportId: null, dc: null, region: null };
  /** From ready until the socket is lost. */
  #gateOpen = false;
  #signedIn = false;
  #everReady = false;
  #avoidLast = false;
  #canaryReached = false;
  #gatewayFailures = 0;
  #nextDelay: number | undefined;

  constructor(platform: Platform, hooks: SessionHooks) {
    this.#platform = platform;
    this.#hooks = hooks;
    const options = (): IClientOptions => hooks.options();
    const inCall = (): boolean => hooks.calls().hasActiveCall();
    this.#memory = new SessionMemory(platform);
    this.#reconnect = new Reconnect({ platform, options, inCall });
    this.#rpc = new Rpc({
      platform,
      dialect: telnyxDialect,
      sessionId: () => this.#memory.sessionId,
      onAnswered: () => {
        this.#health.answered();
      },
    });
    this.#signIn = new SignIn({
      platform,
      memory: this.#memory,
      options,
      survivors: () => (this.#features.reattach ? hooks.calls().survivors() : undefined),
      ask: (method, params, timeoutMs, outcome) => {
        this.#rpc.call(method, params, { urgent: true, timeoutMs }, outcome);
      },
      canSend: () => {
        if (this.#state === 'rejected') this.#transition('relogin');
        return this.#socket?.readyState === 1;
      },
      onAccepted: (result) => {
        this.#onSignedIn(result);
      },
      onRefused: (error) => {
        this.#onLoginFailed(error);
      },
      onUnavailable: (error) => {
        this.#onNoToken(error);
      },
      onTokenEnding: () => {
        hooks.warn(34001);
      },
    });
    this.#health = new Health({
      platform,
      cadence: () => (!this.#features.ping ? PATIENT : inCall() ? IN_CALL : WATCHFUL),
      ping: () =>
        this.#rpc.request('ping', {}, { urgent: true, voiceSdkId: this.#memory.voiceSdkId }),
      onDead: () => {
        hooks.warn(36003, { reason: 'no sign of life from the gateway', source: 'probe' });
        this.#socket?.abandon('SIGNALING_DEAD');
      },
    });
    this.#registration = new Registration({
      platform,
      query: (voiceSdkId, outcome) => {
        const query = this.#features.v > 0 ? { offhook: { v: 1 } } : {};
        this.#rpc.call('gatewayState', query, { urgent: true, voiceSdkId }, outcome);
      },
      onRegistered: (info, pushed) => {
        this.#onRegistered(info, pushed);
      },
      onLapsed: () => {
        if (this.#state === 'ready') this.#transition('lapsed');
      },
      onRefused: (state) => {
        this.#refuse(new Error(`Not registered: ${state}`));
      },
      onFailed: () => {
        this.#onGatewayFailed();
      },
    });
    this.#inbound = new Inbound({
      log: hooks.log,
      now: () => platform.now(),
      dialect: telnyxDialect,
      rpc: this.#rpc,
      hooks,
      send: (text) => this.#socket?.send(text) ?? false,
      onVoiceSdkId: (id) => {
        this.#memory.voiceSdkId = id;
      },
      onClientReady: (voiceSdkId) => {
        this.#registration.poll(voiceSdkId);
      },
      onGatewayState: (info) => {
        this.#registration.take(info, true);
      },
      onPing: () => {
        this.#health.probe();
      },
      onPunt: (callID) => {
        this.#onPunt(callID);
      },
    });
    this.#page = new PageWatch(platform, {
      onBack: () => {
        if (this.#state === 'waiting') this.#retry();
        else if (platform.now() - this.#health.lastHeardAt > RECENT_MS) this.#health.probe();
      },
      onOffline: () => {
        if (!this.#socket) return;
        hooks.error(48001);
        this.#health.probe();
      },
      onUnload: () => {
        if (options().hangupOnBeforeUnload !== false) hooks.hangUp();
      },
      onLeaving: () => {
        if (options().hangupOnBeforeUnload === false) this.#memory.save();
      },
      onReturned: () => {
        this.#memory.unsave();
      },
    });
  }

  get sessionId(): string {
    return this.#memory.sessionId;
  }
  get features(): OffhookFeatures {
    return this.#features;
  }
  get ready(): boolean {
    return this.#gateOpen;
  }
  get state(): SessionState {
    return this.#state;
  }
  /** Undefined until the session has ended. */
  get outcome(): SessionOutcome | undefined {
    return this.#outcome;
  }
  get info(): GatewayInfo {
    return this.#info;
  }
  /** As `WebSocket.readyState`; 3 without a socket. */
  get readyState(): number {
    return this.#socket?.readyState ?? (this.#state === 'connecting' ? 0 : 3);
  }
  get generation(): number {
    return this.#generation;
  }
  get voiceSdkId(): string | undefined {
    return this.#memory.voiceSdkId;
  }
  get lastInboundAt(): number {
    return this.#health.lastHeardAt;
  }
  /** What the gateway handed out; null: nothing. */
  get iceServers(): RTCIceServer[] | null {
    return this.#ice.list;
  }
  /** Milliseconds, drawn anew each time. */
  get reconnectDelay(): number {
    return this.#reconnect.delay;
  }
  /** Until the first sign-in a failed connection is always tried again. */
  get autoReconnect(): boolean {
    return !this.#signedIn || this.#hooks.options().autoReconnect !== false;
  }

  async request<M extends ClientMethod>(
    method: M,
    params: ClientParams[M],
    options?: RequestOptions,
  ): Promise<ClientResults[M]> {
    try {
      return await this.#rpc.request(method, params, options);
    } catch (error) {
      if ((error as RequestError).serverCode === AUTHENTICATION_REQUIRED) {
        if (this.autoReconnect) this.relogin().catch(() => undefined);
        else this.#hooks.error(46003, error);
      }
      throw error;
    }
  }

  notify<M extends ClientMethod>(method: M, params: ClientParams[M]): void {
    this.#rpc.notify(method, params);
  }

  /** Text outside JSON-RPC. False when there is no open socket. */
  sendRaw(text: string): boolean {
    return this.#socket?.send(text) ?? false;
  }

  async gatewayIceServers(signal?: AbortSignal): Promise<RTCIceServer[] | null> {
    if (this.#connecting && !this.#everReady) {
      await this.#readyWaiters.wait(signal).catch(() => undefined);
    } else if (this.#gateOpen && this.#ice.stale(this.#platform.now())) {
      const options = { timeoutMs: 3_000, ...(signal && { signal }) };
      const query = { offhook: { v: 1 } };
      const reply = await this.request('gatewayState', query, options).catch(() => undefined);
      this.#ice.take(reply?.params.ice_servers, this.#platform.now());
    }
    return this.#ice.list;
  }

  /** Begins a life, or ends a wait. Otherwise nothing. */
  connect(): void {
    if (this.#state === 'waiting') {
      this.#reconnect.reset();
      this.#retry();
      return;
    }
    if (isTerminal(this.#state)) this.#state = 'idle';
    if (this.#state !== 'idle') return;
    this.#transition('connect');
    this.#outcome = undefined;
    this.#signedIn = this.#everReady = false;
    this.#gatewayFailures = 0;
    this.#reconnect.reset();
    this.#rpc.reopen();
    this.#page.start();
    this.#open();
  }

  /** Settles when ready, or with what keeps it from becoming so. */
  async whenReady(signal?: AbortSignal): Promise<void> {
    if (this.#state === 'ready') return;
    if (!this.#connecting) {
      throw new RequestError('not_ready', 'login', 'Not connecting: call connect() first');
    }
    await this.#readyWaiters.wait(signal);
  }

  /** Closes the socket and forgets the session. Resolves when nothing of it is left; never rejects. */
  async close(): Promise<void> {
    if (this.#state !== 'idle' && !isTerminal(this.#state)) {
      const closed = this.#closeWaiters.wait();
      if (this.#state !== 'closing') this.#stop('disconnected');
      await closed;
    }
    this.#memory.forget();
    this.#ice.clear();
    this.#features = NO_FEATURES;
  }

  /** Closes only the socket; the session reconnects. */
  dropSocket(): void {
    this.#socket?.close();
  }

  /**
   * Signs in with the options as they are now, on the live socket, and leaves calls alone. Resolves at once where there is no
   * socket; rejects when refused.
   */
  async relogin(): Promise<void> {
    const { state } = this;
    if (this.#connecting || state === 'ready' || state === 'rejected') await this.#signIn.again();
  }

  resetReconnectAttempts(): void {
    this.#reconnect.reset();
  }

  /** Drops what would resume the session at the next sign-in. */
  forget(): void {
    this.#memory.forget();
  }

  /** Asks the gateway for a sign of life now. */
  probe(): void {
    this.#health.probe();
  }

  /** A call began or ended: pings may have another rhythm. */
  recheckHealth(): void {
    this.#health.recheck();
  }

  /** Waits while a connection is under way; false when there is none. Never rejects. */
  async isRegistered(): Promise<boolean> {
    if (!this.#connecting && this.#state !== 'ready') return false;
    const reply = await this.request('gatewayState', {}).catch(() => undefined);
    return reply?.params.state === 'REGED' || reply?.params.state === 'REGISTER';
  }

  /** Under way to ready. */
  get #connecting(): boolean {
    switch (this.#state) {
      case 'connecting':
      case 'authenticating':
      case 'registering':
      case 'waiting':
      case 'probing':
        return true;
      case 'idle':
      case 'ready':
      case 'rejected':
      case 'closing':
      case 'closed':
      case 'failed':
        return false;
    }
  }

  #transition(event: SessionEvent): boolean {
    const next = nextSessionState(this.#state, event);
    if (!next) {
      this.#hooks.log.debug(`session: ${event} ignored in ${this.#state}`);
      return false;
    }
    this.#hooks.log.debug(`session: ${this.#state} → ${next} (${event})`);
    this.#state = next;
    return true;
  }

  #open(): void {
    this.#signIn.prepare(() => {
      if (this.#state === 'connecting' && !this.#socket) this.#openSocket();
    });
  }

  #openSocket(): void {
    this.#reconnect.socketTried();
    const { voiceSdkId } = this.#memory;
    try {
      const url = socketUrl(this.#hooks.options(), {
        voiceSdkId,
        avoidLast: this.#avoidLast,
        canaryReached: this.#canaryReached,
      });
      const generation = ++this.#generation;
      this.#socket = new Socket(this.#platform, url, generation, {
        onOpen: (event) => {
          this.#onOpen(event);
        },
        onText: (text) => {
          this.#health.heard();
          this.#inbound.take(text);
        },
        onError: (error) => {
          this.#hooks.error(45002, new Error('WebSocket error'));
          const { sessionId } = this.#memory;
          this.#hooks.emit('telnyx.socket.error', {
            error,
            sessionId,
            socketGeneration: generation,
          });
        },
        onClosed: (event) => {
          this.#onClosed(event);
        },
      });
    } catch (error) {
      this.#giveUp('no_socket', 45001, error);
    }
  }

  #onOpen(event: Event): void {
    if (!this.#transition('opened')) return;
    this.#rpc.attach((text) => this.#socket?.send(text) ?? false);
    this.#health.start();
    this.#signIn.send();
    this.#hooks.emit('telnyx.socket.open', event);
  }

  #onSignedIn(result: LoginResult): void {
    this.#features = result.offhook ?? NO_FEATURES;
    this.#ice.take(result.ice_servers, this.#platform.now());
    this.#signedIn = true;
    this.#health.recheck();
    if (this.#state !== 'authenticating') return;
    this.#transition('accepted');
    this.#registration.awaitClientReady();
  }

  #onLoginFailed(error: RequestError): void {
    if (error.code === 'timeout') this.#socket?.abandon('LOGIN_TIMEOUT');
    if (error.code !== 'rejected') return;
    const final =
      error.serverCode === AUTHENTICATION_REQUIRED || error.serverCode === AUTHENTICATION_FAILED;
    // A gateway that once took these credentials and now stumbles over them (it may be restarting) is asked again.
    if (this.#state === 'authenticating' && this.#everReady && !final) this.#socket?.close();
    else this.#refuse(error);
  }

  /** Signed out by the gateway's word; from ready, the sign-in before it still holds. */
  #refuse(error: unknown): void {
    this.#registration.stop();
    if (this.#state !== 'ready') this.#transition('refused');
    this.#hooks.error(46001, error);
    if (this.#state === 'rejected') this.#readyWaiters.reject(createError(46001, error));
  }

  /** The application's token function failed. */
  #onNoToken(error: unknown): void {
    if (this.#state !== 'connecting' || this.#socket) return;
    if (this.#everReady) this.#lost('lost');
    else this.#giveUp('login_failed', 46001, error);
  }

  #onRegistered(info: GatewayStateInfo, pushed: boolean): void {
    this.#ice.take(info.ice_servers, this.#platform.now());
    this.#info = {
      callReportId: info.call_report_id ?? this.#info.callReportId,
      dc: info.dc ?? this.#info.dc,
      region: info.region ?? this.#info.region,
    };
    if (this.#state !== 'registering') return;
    this.#transition('registered');
    this.#everReady = this.#canaryReached = this.#gateOpen = true;
    this.#gatewayFailures = 0;
    this.#avoidLast = false;
    this.#reconnect.reset();
    this.#rpc.ready();
    this.#hooks.calls().onSignalingReady();
    this.#hooks.emit('telnyx.ready', { ...(pushed && info), type: 'vertoClientReady' });
    this.#readyWaiters.resolve();
  }

  #onGatewayFailed(): void {
    this.#hooks.error(45004);
    this.#avoidLast = true;
    if (this.autoReconnect && ++this.#gatewayFailures < MAX_GATEWAY_FAILURES) {
      this.#nextDelay = gatewayDelay(() => this.#platform.random());
      this.#socket?.close();
      return;
    }
    this.#hooks.endCalls(false);
    this.#stop('gateway_failed', 45003);
  }

  #onPunt(callID: string | undefined): void {
    const live = this.#hooks.calls().survivors();
    const keeps = this.#hooks.options().keepConnectionAliveOnSocketClose;
    if (keeps && live.some((call) => call.callID === callID && call.peer === 'live')) {
      this.#socket?.close();
      return;
    }
    this.#hooks.endCalls(true);
    this.#stop('punted');
    this.#hooks.warn(36005, { reason: 'punt' });
  }

  #onClosed(event: SocketCloseEvent): void {
    this.#socket = undefined;
    const wasReady = this.#gateOpen;
    this.#gateOpen = false;
    this.#health.stop();
    this.#registration.stop();
    this.#signIn.lost();
    this.#memory.lost();
    this.#rpc.detach();
    this.#hooks.onSocketLost();
    if (wasReady) this.#hooks.calls().onSignalingLost();
    const emit = (): void => {
      this.#hooks.emit('telnyx.socket.close', event);
    };
    if (this.#state === 'closing') {
      this.#end('stopped');
      emit();
    } else if (this.#state === 'rejected') {
      this.#giveUp('login_failed', undefined, undefined, emit);
    } else this.#lost('lost', emit);
  }

  /** Another attempt, or the end. `tell` runs when the state is set, before any error that follows. */
  #lost(event: 'lost' | 'unreachable', tell?: () => void): void {
    if (!this.autoReconnect) {
      this.#giveUp('auto_reconnect_off', undefined, undefined, tell);
    } else if (this.#reconnect.failed()) {
      if (!this.#transition(event)) return;
      const delay = this.#nextDelay ?? this.#reconnect.delay;
      this.#nextDelay = undefined;
      this.#reconnect.wait(delay, () => {
        this.#retry();
      });
      tell?.();
    } else this.#giveUp('exhausted', 45003, undefined, tell);
  }

  #retry(): void {
    this.#reconnect.stop();
    if (!this.#transition('retry')) return;
    this.#reconnect.probe((reachable) => {
      if (!reachable) this.#lost('unreachable');
      else if (this.#transition('reachable')) this.#open();
    });
  }

  /** The end that the session comes to by itself, without a socket. */
  #giveUp(outcome: SessionOutcome, code?: SdkErrorCode, cause?: unknown, tell?: () => void): void {
    this.#outcome = outcome;
    this.#end('gaveUp', code && createError(code, cause));
    tell?.();
    if (outcome === 'auto_reconnect_off') {
      this.#hooks.warn(36005, { reason: 'auto_reconnect_disabled' });
    } else this.#hooks.endCalls(false);
    if (code) this.#hooks.error(code, cause);
  }

  /** The end that somebody wants, with or without a socket. */
  #stop(outcome: SessionOutcome, code?: SdkErrorCode): void {
    if (!this.#transition('stop')) return;
    this.#outcome = outcome;
    this.#quiet(code && createError(code));
    if (code) this.#hooks.error(code);
    if (this.#socket) this.#socket.close();
    else this.#end('stopped');
  }

  #end(event: 'stopped' | 'gaveUp', reason?: Error): void {
    this.#transition(event);
    this.#quiet(reason);
    this.#closeWaiters.resolve();
  }

  /** Frees every timer and listener but the closing socket's, and settles every promise. */
  #quiet(reason?: Error): void {
    const text = `session ended: ${this.#outcome ?? ''}`;
    this.#page.stop();
    this.#health.stop();
    this.#registration.stop();
    this.#reconnect.stop();
    this.#signIn.stop(text);
    this.#rpc.close(text);
    this.#readyWaiters.reject(reason ?? new RequestError('closed', 'login', text));
  }
}
