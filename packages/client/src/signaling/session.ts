import {
  encodeResult,
  telnyxDialect,
  type ClientMethod,
  type ClientParams,
  type ClientResults,
  type GatewayMethod,
  type GatewayRequest,
  type OffhookFeatures,
} from '@offhook/protocol';
import {
  RequestError,
  type CallsPort,
  type RequestOptions,
  type SignalingPort,
} from '../calls/ports.ts';
import { Emitter } from '../emitter.ts';
import type { SdkErrorCode, SdkWarningCode } from '../errors/codes.ts';
import { createError } from '../errors/telnyx-error.ts';
import type { Logger } from '../logger.ts';
import type { ClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { Waiters } from '../waiters.ts';
import { Channels } from './channels.ts';
import { SignalingConnection } from './connection.ts';
import { originOf } from './endpoint.ts';
import { GatewayInfo, type GatewayState } from './gateway-info.ts';
import { Hosts } from './hosts.ts';
import { Liveness } from './liveness.ts';
import { SessionMemory } from './memory.ts';
import { PageEvents } from './page-events.ts';
import { Reconnect } from './reconnect.ts';
import { Registration } from './registration.ts';
import { Requests } from './requests.ts';
import {
  isAlive,
  isTerminal,
  isUnderWay,
  nextSessionState,
  type SessionEvent,
  type SessionOutcome,
  type SessionState,
} from './session-state.ts';
import { AUTHENTICATION_REQUIRED, SignIn } from './sign-in.ts';
import type { SocketCloseEvent, SocketErrorEvent } from './socket.ts';

/** A page that comes back asks for a sign of life unless it heard one this recently. */
const RECENT_MS = 3_000;
/** A ping that is overdue for less may just be on its way. */
const UNANSWERED_MS = 500;
/** The gateway closes a socket with this code when its session goes on elsewhere. */
const TAKEN_OVER = 4001;

/** Wire spec 3.4: what the gateway expects to see acknowledged, also for a call that is not known here. */
const ACKNOWLEDGED: readonly GatewayMethod[] = [
  'invite',
  'ringing',
  'media',
  'answer',
  'bye',
  'display',
  'candidate',
  'attach',
];

/** What a session tells the client. */
export interface SessionEvents {
  open: [event: Event];
  closed: [event: SocketCloseEvent];
  socketError: [event: SocketErrorEvent];
  ready: [state: GatewayState | undefined];
  /** `outcome`: why the session ended; undefined while it has not. */
  state: [state: SessionState, outcome: SessionOutcome | undefined];
  /** Any frame came in, at this time (milliseconds since the epoch). */
  activity: [at: number];
  /** Text of a frame for `telnyx.socket.message`. */
  message: [text: string];
  speedTest: [result: { upDur: number; downDur: number }];
  /** `address`: the one that the error is about. */
  error: [code: SdkErrorCode, cause?: unknown, address?: string];
  warning: [code: SdkWarningCode, extras?: Readonly<Record<string, unknown>>];
}

export interface SessionParts {
  readonly platform: Platform;
  readonly log: Logger;
  /** Read anew whenever something is decided: `login()` and the application write into it. */
  readonly options: ClientOptions;
  /** Asked for when it is needed: the registry of calls is made with this session. */
  readonly calls: () => CallsPort;
}

/**
 * The signalling session of one client: drives the table of `session-state.ts`, one socket after another. An inbound frame goes from the socket to
 * {@link Requests}, which settles replies; requests of the gateway come to `#onRequest`, which hands those of calls to the registry.
 */
export class Session implements SignalingPort {
  readonly events: Emitter<SessionEvents>;
  readonly channels: Channels;
  readonly #platform: Platform;
  readonly #log: Logger;
  readonly #options: ClientOptions;
  readonly #calls: () => CallsPort;
  readonly #memory: SessionMemory;
  readonly #info = new GatewayInfo();
  readonly #requests: Requests;
  readonly #connection: SignalingConnection;
  readonly #liveness: Liveness;
  readonly #registration: Registration;
  readonly #signIn: SignIn;
  readonly #hosts: Hosts;
  readonly #reconnect: Reconnect;
  readonly #page: PageEvents;
  readonly #readyWaiters = new Waiters();
  readonly #closeWaiters = new Waiters();
  #state: SessionState = 'idle';
  #outcome: SessionOutcome | undefined;
  /** True from `telnyx.ready` until the socket is lost. */
  #ready = false;
  /** In this life, which lasts from `connect()` to its end. */
  #signedIn = false;
  #everReady = false;
  /** Why the last attempt of this life came to nothing, or why it ended; undefined while it may succeed. */
  #failure: Error | undefined;
  /** How long the gateway asked to be left alone. */
  #nextDelay: number | undefined;
  /** `connect()` was called while the session was closing. */
  #connectsAgain = false;
  /** `close()` was called: nothing of the session is kept. */
  #forgets = false;
  #uploadMs = 0;

  constructor({ platform, log, options, calls }: SessionParts) {
    this.events = new Emitter((error) => {
      platform.reportError(error);
    });
    this.#platform = platform;
    this.#log = log;
    this.#options = options;
    this.#calls = calls;
    const memory = (this.#memory = new SessionMemory(platform));
    const info = this.#info;
    const requests = (this.#requests = new Requests(platform, () => memory.sessionId));
    this.#connection = new SignalingConnection(platform, log);
    this.#liveness = new Liveness(platform, requests, info, memory, calls);
    this.#registration = new Registration(platform, requests, info);
    this.#signIn = new SignIn(platform, options, requests, memory, info, calls);
    this.#hosts = new Hosts(options, memory);
    this.#reconnect = new Reconnect(platform, options, calls);
    this.#page = new PageEvents(platform);
    this.channels = new Channels(this, (error) => {
      platform.reportError(error);
    });
    this.#listen();
  }

  get state(): SessionState {
    return this.#state;
  }
  /** Why the session ended; undefined until it has. */
  get outcome(): SessionOutcome | undefined {
    return this.#outcome;
  }
  /** What the gateway said of itself. */
  get info(): GatewayInfo {
    return this.#info;
  }
  /** As `WebSocket.readyState`; 3 without a socket. */
  get readyState(): number {
    const { up: hasSocket, readyState } = this.#connection;
    return !hasSocket && this.#state === 'connecting' ? 0 : readyState;
  }
  /** Counts the sockets. */
  get generation(): number {
    return this.#connection.generation;
  }
  /** Milliseconds since the epoch; 0 before the first socket. */
  get lastInboundAt(): number {
    return this.generation && this.#platform.now() - this.#liveness.silentMs;
  }
  /** Until the first sign-in a failed connection is always tried again. */
  get autoReconnect(): boolean {
    return !this.#signedIn || this.#options.autoReconnect !== false;
  }
  /** Milliseconds until the next attempt to reconnect, as it would be drawn now. */
  get reconnectDelay(): number {
    return this.#reconnect.delay;
  }
  /** The options, with the host that is in use. */
  get endpoint(): ClientOptions {
    return this.#hosts.current;
  }
  /** The routing token of the session; undefined before the first frame and after `close()`. */
  get voiceSdkId(): string | undefined {
    return this.#memory.voiceSdkId;
  }

  // SignalingPort

  get sessionId(): string {
    return this.#memory.sessionId;
  }
  get features(): OffhookFeatures {
    return this.#info.features;
  }
  get ready(): boolean {
    return this.#ready;
  }
  get unansweredMs(): number {
    return this.#liveness.unansweredMs;
  }

  async request<M extends ClientMethod>(
    method: M,
    params: ClientParams[M],
    options?: RequestOptions,
  ): Promise<ClientResults[M]> {
    try {
      return await this.#requests.request(method, params, options);
    } catch (error) {
      if (error instanceof RequestError && error.serverCode === AUTHENTICATION_REQUIRED) {
        if (this.autoReconnect) {
          this.relogin().catch(() => undefined);
        } else {
          this.events.emit('error', 46003, error);
        }
      }
      throw error;
    }
  }

  notify<M extends ClientMethod>(method: M, params: ClientParams[M]): void {
    this.#requests.notify(method, params);
  }

  probe(): void {
    this.#liveness.probe();
  }

  seize(): void {
    this.#liveness.seize();
  }

  renew(): void {
    if (this.#state !== 'ready') {
      return;
    }
    if (!this.features.reattach || !this.#signIn.login(true)) {
      this.#letGo(this.unansweredMs >= UNANSWERED_MS);
      return;
    }
    this.#connection.renew({
      url: this.#hosts.url,
      login: () => this.#signIn.login(true),
      voiceSdkId: this.#memory.voiceSdkId,
    });
  }

  async gatewayIceServers(signal?: AbortSignal): Promise<RTCIceServer[] | null> {
    if (isUnderWay(this.#state) && !this.#everReady) {
      await this.#readyWaiters.wait(signal).catch(() => undefined);
    }
    if (this.#ready && this.#info.iceIsStale(this.#platform.now())) {
      const options = { timeoutMs: 3_000, ...(signal && { signal }) };
      const asked = this.request('gatewayState', this.#info.stateQuery, options);
      const reply = await asked.catch(() => null);
      if (reply) {
        this.#info.takeState(reply.params, this.#platform.now());
      }
    }
    return this.#info.iceServers;
  }

  // For the client

  /** A call began, ended or changed: how often the gateway is asked for a sign of life may too. */
  callsChanged(): void {
    this.#liveness.recheck();
  }

  /** Text as it is. False when there is no open socket. */
  send(text: string): boolean {
    return this.#requests.send(text);
  }

  /** Hears every frame, as text, until the returned function is called. */
  onTraffic(listener: (out: boolean, text: string) => void): () => void {
    return this.#requests.events.on('traffic', listener);
  }

  /** Begins a life, ends a wait, or tries a refused sign-in again. While the session is closing, begins when it is closed. */
  connect(): void {
    if (this.#state === 'closing') {
      this.#connectsAgain = true;
      return;
    }
    if (this.#state === 'rejected') {
      this.relogin().catch(() => undefined);
    }
    if (this.#state === 'waiting') {
      this.#reconnect.reset();
      this.#retry();
    }
    if (isTerminal(this.#state)) {
      this.#state = 'idle';
    }
    if (!this.#transition('connect')) {
      return;
    }
    this.#outcome = this.#failure = undefined;
    this.#signedIn = this.#everReady = this.#forgets = false;
    this.#reconnect.reset();
    this.#requests.reopen();
    this.#page.start();
    try {
      this.#hosts.begin();
    } catch (cause) {
      this.#giveUp('no_socket', 45001, cause);
      return;
    }
    this.#open();
  }

  /** Settles when ready, or with what keeps it from becoming so. */
  async whenReady(signal?: AbortSignal): Promise<void> {
    if (this.#connectsAgain) {
      await this.#closeWaiters.wait(signal);
    }
    if (this.#state === 'ready') {
      return;
    }
    if (!isUnderWay(this.#state)) {
      const none = `No connection under way: ${this.#state}`;
      throw this.#failure ?? new RequestError('not_ready', 'login', none);
    }
    await this.#readyWaiters.wait(signal);
  }

  /** Closes the socket and forgets the session. Resolves when nothing of it is left; never rejects. */
  async close(): Promise<void> {
    this.#connectsAgain = false;
    this.#forgets = true;
    if (isAlive(this.#state) || this.#state === 'closing') {
      const closed = this.#closeWaiters.wait();
      this.#stop('disconnected');
      await closed;
      return;
    }
    this.#requests.close('disconnected');
    this.#forgetAll();
  }

  /** Closes only the socket; the session reconnects. */
  dropSocket(): void {
    this.#connection.close();
  }

  /** The next sign-in begins a new session. */
  forgetSession(): void {
    this.#memory.forget();
  }

  /** The next attempt to reconnect counts as the first. */
  resetReconnectAttempts(): void {
    this.#reconnect.reset();
  }

  /**
   * Signs in with the options as they are now, on the live socket, and leaves calls alone. Resolves at once where there is no
   * socket; rejects when refused.
   */
  async relogin(): Promise<void> {
    if (!isAlive(this.#state)) {
      return;
    }
    if (this.#transition('relogin')) {
      this.#failure = undefined;
    } // only out of `rejected`
    try {
      await this.#signIn.again();
    } catch (error) {
      // A refusal has been told; what the application's token function threw has not.
      if (!(error instanceof RequestError)) {
        this.events.emit('error', 46001, error);
      }
      throw error;
    }
  }

  /** Asks the gateway, and waits while a connection is under way; false when there is none. Never rejects. */
  async isRegistered(): Promise<boolean> {
    if (!isUnderWay(this.#state) && this.#state !== 'ready') {
      return false;
    }
    const asked = this.request('gatewayState', this.#info.stateQuery);
    const reply = await asked.catch(() => undefined);
    return /^REG(ED|ISTER)$/.test(reply?.params.state ?? '');
  }

  // For `client.simulate()`

  /** The socket breaks. `reason`: as the gateway would give it. */
  breakSocket(reason: string): void {
    this.#connection.abandon(reason);
  }
  /** Nothing passes the socket any more, and nobody is told. */
  muteSocket(): void {
    this.#connection.mute();
  }
  /** As if the gateway had sent it. */
  receive(text: string): void {
    if (this.#connection.up) {
      this.#requests.receive(text);
    }
  }
  /** This host stands in for all; undefined: none does. */
  divert(host: string | undefined): void {
    this.#hosts.divert(host);
  }
  /** As if the gateway had never had this session. */
  forgetIds(): void {
    this.#memory.forgetIds();
  }

  #listen(): void {
    const connection = this.#connection.events;
    connection.on('open', (event) => this.#onOpen(event));
    connection.on('text', (text) => this.#requests.receive(text));
    connection.on('error', (event) => this.#onSocketError(event));
    connection.on('closed', (event) => this.#onClosed(event));
    connection.on('renewed', (result) => this.#onRenewed(result));
    connection.on('renewalFailed', () => this.#letGo(this.unansweredMs >= UNANSWERED_MS));

    const requests = this.#requests.events;
    requests.on('traffic', (out) => {
      if (out) {
        return;
      }
      this.#liveness.heard();
      this.events.emit('activity', this.#platform.now());
    });
    requests.on('request', (frame) => this.#onRequest(frame));
    requests.on('visible', (text) => this.events.emit('message', text));
    requests.on('routed', (voiceSdkId) => {
      this.#memory.route(voiceSdkId);
      this.#info.route(voiceSdkId);
    });
    requests.on('speedTest', (step, ms) => this.#onSpeedTest(step, ms));
    requests.on('malformed', (code, method) => {
      this.#log.warn('frame not understood:', code, method ?? '');
    });

    const signIn = this.#signIn.events;
    signIn.on('recalled', ({ host, calls }) => {
      this.#hosts.prefer(host);
      this.#calls().restore(calls);
    });
    signIn.on('accepted', (result) => this.#onAccepted(result));
    signIn.on('refused', (error, final) => this.#onRefused(error, final));
    signIn.on('unanswered', () => this.#connection.abandon('LOGIN_TIMEOUT'));
    signIn.on('noToken', (error) => this.#onNoToken(error));
    signIn.on('expiring', () => this.events.emit('warning', 34001));

    const registration = this.#registration.events;
    registration.on('registered', (state, pushed) => this.#onRegistered(state, pushed));
    registration.on('lapsed', () => void this.#transition('lapsed'));
    registration.on('notRegistered', (state) => {
      // Whoever was registered before will be again: the gateway lost its upstream, or is just starting.
      if (this.#everReady) {
        this.#onGatewayFailed();
      } else {
        this.#refuse(new Error(`Not registered: ${state}`));
      }
    });
    registration.on('gatewayFailed', () => this.#onGatewayFailed());

    const liveness = this.#liveness.events;
    liveness.on('doubted', () => this.renew());
    liveness.on('answered', () => {
      if (!this.#connection.moving) {
        this.#connection.cancelRenewal();
      }
    });
    liveness.on('dead', () => this.#letGo(true));
    liveness.on('woke', () => this.#calls().onWake());

    const page = this.#page.events;
    page.on('online', () => this.#onBack());
    page.on('offline', () => {
      if (!this.#connection.up) {
        return;
      }
      this.events.emit('error', 48001);
      this.#liveness.probe();
    });
    page.on('hidden', () => this.#save());
    page.on('left', () => this.#onLeft());
    page.on('returned', () => {
      this.#memory.unsave(this.#outlivesPage);
      this.#onBack();
    });
  }

  // Frames

  #onRequest(frame: GatewayRequest): void {
    switch (frame.method) {
      case 'clientReady': {
        const { registered } = this.features;
        this.#calls().onReattachedSessions(frame.params.reattached_sessions ?? []);
        this.#registration.poll(frame.voiceSdkId);
        // What a gateway of ours will answer, its login reply said before.
        if (registered) {
          this.#registration.take(registered, false);
        }
        break;
      }
      case 'gatewayState':
        this.#registration.take(frame.params, true);
        break;
      case 'ping':
        this.#liveness.probe();
        break;
      case 'punt':
        this.#onPunt(frame.params.callID, frame.params.offhook?.reason);
        break;
      case 'event':
        if (!this.channels.deliver(frame.params)) {
          this.#calls().onGatewayRequest(frame);
        }
        break;
      default: {
        const { id, method } = frame;
        this.#calls().onGatewayRequest(frame);
        if (id === undefined || !ACKNOWLEDGED.includes(method)) {
          return;
        }
        this.#requests.send(encodeResult(id, { method: telnyxDialect.toWire.get(method) }));
      }
    }
  }

  #onSpeedTest(step: string, ms: number): void {
    if (step === 'upload') {
      this.#uploadMs = ms;
    }
    if (step !== 'download') {
      return;
    }
    this.events.emit('speedTest', { upDur: this.#uploadMs, downDur: ms });
  }

  // The socket

  #open(): void {
    this.#signIn.prepare(() => {
      if (this.#state === 'connecting' && !this.#connection.up) {
        this.#openSocket();
      }
    });
  }

  #openSocket(): void {
    const limitMs = this.#reconnect.socketTried();
    try {
      this.#connection.open(this.#hosts.url, limitMs);
    } catch (cause) {
      this.#giveUp('no_socket', 45001, cause);
    }
  }

  #onOpen(event: Event): void {
    if (!this.#transition('opened')) {
      return;
    }
    this.#requests.attach((text) => this.#connection.send(text));
    this.#liveness.start();
    this.#signIn.send();
    this.events.emit('open', event);
  }

  #onSocketError(error: Event): void {
    const address = this.#address;
    this.events.emit('error', 45002, new Error(`The WebSocket to ${address} failed`), address);
    const { sessionId, generation: socketGeneration } = this;
    this.events.emit('socketError', { error, sessionId, socketGeneration });
  }

  /** The session goes on on the second socket. */
  #onRenewed(result: ClientResults['login']): void {
    this.#memory.signedIn(result.sessid, this.#outlivesPage);
    this.#info.takeLogin(result, this.#platform.now());
    // What the first socket was asked and did not answer fails; what comes now goes out here.
    this.#requests.detach();
    this.#requests.attach((text) => this.#connection.send(text));
    this.#liveness.start();
    this.#requests.ready();
    this.#calls().onSignalingRenewed();
  }

  #onClosed(event: SocketCloseEvent): void {
    const { code = 0, reason = '' } = event.event ?? event;
    this.#nextDelay = Number(/retry-after=(\d{1,6})\b/.exec(reason)?.[1]) || this.#nextDelay;
    const wasReady = this.#ready;
    this.#ready = false;
    this.#liveness.stop();
    this.#registration.stop();
    this.#signIn.lost();
    this.#memory.lost();
    this.#requests.detach();
    this.channels.clear();
    if (wasReady) {
      this.#calls().onSignalingLost();
    }
    const tell = (): void => {
      this.events.emit('closed', event);
    };
    if (this.#state === 'closing') {
      this.#end('stopped', tell);
    } else if (this.#state === 'rejected') {
      this.#giveUp('login_failed', undefined, undefined, tell);
    } else if (code === TAKEN_OVER) {
      this.#giveUp('taken_over', undefined, undefined, tell);
      this.events.emit('warning', 36005, { reason: 'taken_over' });
    } else {
      this.#lost('lost', tell);
    }
  }

  /** The socket is not wanted any more: the session reconnects. */
  #letGo(dead: boolean): void {
    if (dead) {
      const reason = 'no sign of life from the gateway';
      this.events.emit('warning', 36003, { reason, source: 'probe' });
      this.#connection.abandon('SIGNALING_DEAD');
    } else {
      this.dropSocket();
    }
  }

  /** Another attempt, or the end. `tell` runs when the state is set, before any error that follows. */
  #lost(event: 'lost' | 'unreachable', tell?: () => void): void {
    if (!this.autoReconnect) {
      this.#giveUp('auto_reconnect_off', undefined, undefined, tell);
    } else if (this.#reconnect.failed()) {
      if (this.#state !== 'ready' && this.#reconnect.tryOthers) {
        this.#hosts.next();
      }
      this.#transition(event);
      this.#reconnect.wait(this.#nextDelay ?? this.#reconnect.delay, () => this.#retry());
      this.#nextDelay = undefined;
      tell?.();
    } else {
      this.#giveUp('exhausted', 45003, undefined, tell);
    }
  }

  #retry(): void {
    this.#reconnect.stop();
    if (!this.#transition('retry')) {
      return;
    }
    this.#reconnect.probe(this.#hosts.current, (reachable) => {
      if (!reachable) {
        this.#lost('unreachable');
      } else if (this.#transition('reachable')) {
        this.#open();
      }
    });
  }

  // Sign-in and registration

  #onAccepted(result: ClientResults['login']): void {
    this.#memory.signedIn(result.sessid, this.#outlivesPage);
    this.#info.takeLogin(result, this.#platform.now());
    this.#signedIn = true;
    this.#liveness.recheck();
    if (this.#transition('accepted')) {
      this.#registration.awaitClientReady();
    }
  }

  #onRefused(error: RequestError, final: boolean): void {
    // A gateway that once took these credentials and now stumbles over them (it may be restarting) is asked again.
    if (this.#state === 'authenticating' && this.#everReady && !final) {
      this.#nextDelay = error.retryAfterMs;
      this.dropSocket();
    } else {
      this.#refuse(error);
    }
  }

  #onNoToken(error: unknown): void {
    if (this.#state === 'authenticating') {
      this.#reject(error);
    }
    if (this.#state !== 'connecting' || this.#connection.up) {
      return;
    }
    if (this.#everReady) {
      this.#lost('lost');
    } else {
      this.#giveUp('login_failed', 46001, error);
    }
  }

  /** Not wanted by the gateway. From ready, the sign-in before it still holds. */
  #refuse(cause: unknown): void {
    this.#registration.stop();
    if (this.#state !== 'ready') {
      this.#reject(cause);
    }
    this.events.emit('error', 46001, cause);
  }

  #reject(cause: unknown): void {
    this.#transition('refused');
    this.#failure = createError(46001, cause);
    this.#readyWaiters.reject(this.#failure);
  }

  #onRegistered(state: GatewayState, pushed: boolean): void {
    this.#info.takeState(state, this.#platform.now());
    if (!this.#transition('registered')) {
      return;
    }
    this.#everReady = this.#ready = true;
    this.#hosts.registered();
    this.#reconnect.reset();
    this.#requests.ready();
    this.#calls().onSignalingReady();
    this.events.emit('ready', pushed ? state : undefined);
    this.#readyWaiters.resolve();
  }

  #onGatewayFailed(): void {
    this.events.emit('error', 45004, undefined, this.#address);
    this.#hosts.failed();
    const delay = this.autoReconnect ? this.#reconnect.gatewayFailed() : undefined;
    if (delay !== undefined) {
      this.#nextDelay = delay;
      this.dropSocket();
      return;
    }
    this.#endCalls(false);
    this.#stop('gateway_failed', 45003);
  }

  #onPunt(callID: string | undefined, why: string | undefined): void {
    // The session goes on on our own second socket.
    if (this.#connection.moving) {
      return;
    }
    const live = this.#calls().survivors();
    const keeps = this.#options.keepConnectionAliveOnSocketClose;
    if (keeps && live.some((call) => call.callID === callID && call.peer === 'live')) {
      this.dropSocket();
      return;
    }
    this.#endCalls(true);
    this.#stop(why === 'taken_over' ? why : 'punted');
    this.events.emit('warning', 36005, { reason: why ?? 'punt' });
  }

  // The page

  /** Calls are to outlive the page: its session is written down when it may go away. */
  get #outlivesPage(): boolean {
    return this.#options.hangupOnBeforeUnload === false;
  }

  #save(): void {
    if (this.#outlivesPage) {
      this.#memory.save(this.#hosts.current.host, this.#calls().markers());
    }
  }

  #onLeft(): void {
    if (this.#outlivesPage) {
      this.#save();
    } else {
      void this.#calls().endAll({ bye: true, purge: false, initiator: 'sdk:unload' });
    }
    this.#memory.release();
  }

  /** The network is back, or the page is shown or awake again. */
  #onBack(): void {
    this.#calls().onWake();
    if (this.#state === 'waiting') {
      this.#retry();
    } else if (this.#liveness.silentMs > RECENT_MS) {
      this.#liveness.probe();
    }
  }

  // The end

  /** Nobody will take the calls up again: they end here, without BYE. `purge`: the gateway wants it so. */
  #endCalls(purge: boolean): void {
    void this.#calls().endAll({ bye: false, purge, initiator: 'sdk:session' });
  }

  /** The end that the session comes to by itself, without a socket. `tell` runs when the state is set. */
  #giveUp(outcome: SessionOutcome, code?: SdkErrorCode, cause?: unknown, tell?: () => void): void {
    this.#outcome = outcome;
    const address = code === 46001 ? undefined : this.#address;
    // A refused sign-in stays the reason when the gateway closes the socket after it.
    this.#failure = code ? createError(code, cause) : (this.#failure ?? this.#ended);
    this.#end('gaveUp', tell);
    if (outcome === 'auto_reconnect_off') {
      this.events.emit('warning', 36005, { reason: 'auto_reconnect_disabled' });
    } else {
      this.#endCalls(false);
    }
    if (code) {
      this.events.emit('error', code, cause, address);
    }
  }

  /** The end that somebody wants, with or without a socket. */
  #stop(outcome: SessionOutcome, code?: SdkErrorCode): void {
    if (!this.#transition('stop')) {
      return;
    }
    this.#outcome = outcome;
    this.#failure = code ? createError(code) : this.#ended;
    this.#quiet();
    if (code) {
      this.events.emit('error', code, undefined, this.#address);
    }
    // A close that was kept back while a second socket signed in has ended the session already.
    if (this.#state !== 'closing') {
      return;
    }
    if (this.#connection.up) {
      this.#connection.close();
    } else {
      this.#end('stopped');
    }
  }

  #end(event: 'stopped' | 'gaveUp', tell?: () => void): void {
    this.#transition(event);
    this.#quiet();
    if (this.#forgets) {
      this.#forgetAll();
    }
    this.#closeWaiters.resolve();
    tell?.();
    if (!this.#connectsAgain) {
      return;
    }
    this.#connectsAgain = false;
    this.connect();
  }

  get #ended(): RequestError {
    return new RequestError('closed', 'login', `session ended: ${this.#outcome ?? ''}`);
  }

  #forgetAll(): void {
    this.#memory.forget();
    this.#info.forget();
  }

  /** Frees every timer and listener but the closing socket's, and settles every promise. */
  #quiet(): void {
    const ended = this.#ended;
    const why = ended.message;
    this.#page.stop();
    this.#liveness.stop();
    this.#registration.stop();
    this.#reconnect.stop();
    this.#signIn.stop(why);
    this.#requests.close(why);
    this.#readyWaiters.reject(this.#failure ?? ended);
    this.#connection.cancelRenewal();
  }

  #transition(event: SessionEvent): boolean {
    const next = nextSessionState(this.#state, event);
    this.#log.debug('session:', this.#state, event, next ?? 'ignored');
    if (next === undefined) {
      return false;
    }
    this.#state = next;
    // Not at once: a listener may call connect() or disconnect() while this step is half done.
    queueMicrotask(() => {
      this.events.emit('state', next, this.#outcome);
    });
    return true;
  }

  /** The gateway in use, for texts. */
  get #address(): string {
    return originOf(this.#hosts.current) || String(this.#hosts.current.host);
  }
}
