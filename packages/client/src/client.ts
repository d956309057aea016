import { telnyxDialect, type ClientMethod, type ClientParams } from '@offhook/protocol';
import { CallDefaults } from './call-defaults.ts';
import { CallExtras } from './call-extras.ts';
import type { ICallOptions } from './call-options.ts';
import type { Call } from './calls/call.ts';
import { RequestError } from './calls/ports.ts';
import { CallRegistry } from './calls/registry.ts';
import { Connection } from './connection.ts';
import type { CheckOptions } from './diagnostics/client-checks.ts';
import type {
  PreCallDiagnosticReport,
  RunMicrophoneCheckOptions,
  RunNetworkCheckOptions,
  RunPreCallOptions,
} from './diagnostics/types.ts';
import { Emitter, type Listener } from './emitter.ts';
import { createWarning, type ITelnyxWarning } from './errors/catalogue.ts';
import type { SdkErrorCode } from './errors/codes.ts';
import { notLoaded, type Extra } from './errors/not-loaded.ts';
import { EXTRA_NOT_LOADED } from './errors/own-warnings.ts';
import { createError, type TelnyxError } from './errors/telnyx-error.ts';
import { ERROR_TYPE, type ClientEvents, type ITelnyxErrorEvent } from './events.ts';
import { createLogger, type Logger } from './logger.ts';
import type { IAudioSettings } from './media/device-list.ts';
import { CaptureDefaults, Devices } from './media/devices.ts';
import {
  loginKind,
  merge,
  type ClientOptions,
  type IClientOptions,
  type LoginCredentials,
  type MediaElementSource,
} from './options.ts';
import { browserPlatform, type Platform } from './platform.ts';
import { markRaw, proxySafe } from './proxy-safe.ts';
import type {
  BroadcastParams,
  ChannelHandler,
  SubscribeParams,
  SubscribeResult,
  UnsubscribeResult,
} from './signaling/channels.ts';
import { originOf } from './signaling/endpoint.ts';
import { hostsOf } from './signaling/hosts.ts';
import type { SessionOutcome, SessionState } from './signaling/session-state.ts';
import { Session } from './signaling/session.ts';
import type { SimulatedFault, SimulateOptions } from './simulate.ts';
import type { SpeedTestResult } from './speed-test.ts';
import {
  webRTCInfo,
  webRTCSupportedBrowserList,
  type IWebRTCInfo,
  type IWebRTCSupportedBrowser,
} from './support.ts';
import { Timer } from './timer.ts';
import { VERSION } from './version.ts';
import { view } from './view.ts';

/** A sign-out waits this long for the gateway to confirm the ends of calls; it has been told by then. */
const BYE_LIMIT_MS = 1_000;

/** Listeners of `TelnyxRTC.on`: events of every client of the page. */
const everyClient = new Emitter<ClientEvents>((error) => {
  browserPlatform().reportError(error);
});

/** What `client.on` returns: the client, for chaining, and when called, the undo. */
export type Chained<T> = T & (() => void);

type AnyListener = (...args: never[]) => unknown;

export interface ILoginParams {
  creds?: LoginCredentials;
  onSuccess?: () => void;
  /** The gateway's `{ code, message }`, or what else went wrong. */
  onError?: (error: unknown) => void;
}

/**
 * A client of one gateway: signs in, places and receives calls.
 *
 * ```ts
 * const client = new TelnyxRTC({ host: 'wss://calls.example.com', login: '1001', password });
 * client.on('telnyx.notification', ({ type, call }) => {
 *   if (type === 'callUpdate') show(call);
 * });
 * await client.connect({}); // settles when calls can be made
 * const call = client.newCall({ destinationNumber: '1002' });
 * ```
 *
 * The constructor does nothing but check the options (it throws `Invalid init options`); network, timers and listeners on the page
 * live from `connect()` to `disconnect()`. `telnyx.ready` comes again after each reconnect.
 */
export class TelnyxRTC {
  /** The object given to the constructor; `login({ creds })` writes into it. */
  readonly options: IClientOptions;
  readonly uuid: string;
  /** The page's devices: lists without permission prompts, and what comes and goes. */
  readonly devices: Devices;
  readonly #options: ClientOptions;
  readonly #platform: Platform;
  readonly #log: Logger;
  readonly #emitter: Emitter<ClientEvents>;
  readonly #session: Session;
  readonly #registry: CallRegistry;
  readonly #capture: CaptureDefaults;
  readonly #defaults: CallDefaults;
  readonly #extras: CallExtras;
  #connection: Connection | null;
  /** What the last call of `connect()` and `disconnect()` asked for. */
  #wanted: 'connected' | 'disconnected' = 'disconnected';
  /** A sign-out under way, until the session is closed. */
  #closing: Promise<void> | undefined;
  #warnedOfHost = false;

  constructor(options: ClientOptions, platform: Platform = browserPlatform()) {
    if (!(options as ClientOptions | undefined) || !loginKind(options)) {
      throw new Error('Invalid init options');
    }
    this.options = options as IClientOptions;
    this.uuid = platform.uuid();
    this.#options = options;
    this.#platform = platform;
    this.#emitter = new Emitter((error) => {
      platform.reportError(error);
    });
    this.#extras = new CallExtras(platform, () => ({
      platform,
      log: this.#log,
      devices: this.devices,
      session: this.#session,
      client: this,
      emit: (event, ...args) => {
        this.#emit(event, ...args);
      },
    }));
    this.#log = createLogger(platform, options.debug ? 'debug' : 'info', (level, args) => {
      this.#extras.log({ at: platform.now(), level, args });
    });
    this.devices = new Devices(platform, (error) => {
      this.#emit('telnyx.rtc.mediaError', error);
    });
    this.#capture = new CaptureDefaults(this.devices);
    this.#session = new Session({
      platform,
      log: this.#log,
      options,
      calls: () => this.#registry,
    });
    this.#defaults = new CallDefaults(platform, options, this.#session, this.#capture);
    this.#registry = new CallRegistry({
      signaling: this.#session,
      platform,
      logger: this.#log,
      devices: this.devices,
      version: VERSION,
      settings: this.#defaults,
      emit: (event, ...args) => {
        this.#emit(event, ...(args as ClientEvents[typeof event]));
        // A call that began or ended may change how often the gateway is asked for a sign of life.
        if (event === 'telnyx.notification') {
          this.#session.callsChanged();
        }
      },
      error: (error, extras) => {
        this.#emitError(error, extras);
      },
      warn: (warning, extras) => {
        this.#emitWarning(warning, extras);
      },
      listening: (event) => this.#listening(event),
      attend: (leg) => {
        this.#extras.attend(leg);
      },
      flushCallReport: (callId, reason) => {
        this.#extras.flush(callId, reason);
      },
      takeFeedback: (callId, feedback) => this.#extras.feedback(callId, feedback),
    });
    this.#connection = new Connection(this.#session);
    this.#forwardSession();
    markRaw(this);
  }

  // Sign in

  /**
   * Opens the socket and signs in. Without an argument it resolves before the socket is open, after a sign-out under way, and never
   * rejects. With one, `{}` will do, it settles when the client is ready, or rejects as {@link ready} does; a signal that aborts also
   * disconnects.
   * Does nothing when connected already; cuts a wait between two attempts short. Of `connect()` and `disconnect()` the last call wins.
   */
  async connect(options?: { readonly signal?: AbortSignal } | null): Promise<void> {
    options?.signal?.throwIfAborted();
    this.#wanted = 'connected';
    while (this.#closing) {
      await this.#closing;
    }
    if (!this.#isWanted()) {
      if (options) {
        throw new RequestError('closed', 'login', 'disconnect() was called');
      }
      return;
    }
    this.#connection ??= new Connection(this.#session);
    this.#warnOfHost();
    this.#registry.open();
    this.#session.connect();
    if (!options) {
      return;
    }
    try {
      await this.ready(options.signal);
    } catch (error) {
      if (options.signal?.aborted) {
        void this.disconnect();
      }
      throw error;
    }
  }

  /**
   * Settles when calls can be made. Rejects with `TelnyxError` 46001, 45001 or 45003, with `RequestError` `closed` after
   * `disconnect()` or a punt, `not_ready` when nothing is under way, and with the signal's reason.
   */
  async ready(signal?: AbortSignal | null): Promise<void> {
    if (this.#closing && this.#isWanted()) {
      await this.#closing;
    }
    await this.#session.whenReady(signal ?? undefined);
  }

  /**
   * Hangs up every call, waits at most 1 s for the gateway to confirm it, signs out, and forgets the session; then waits up to 10 s
   * for uploads. What could not be uploaded is removed, which may take 2 s. Nothing of the client runs afterwards; the application's listeners stay for the next `connect()`.
   */
  async disconnect(): Promise<void> {
    await this.#signOut(true);
    await this.#extras.drain();
    if (!this.#isWanted()) {
      await this.#extras.forgetUploads();
    }
  }

  /** As {@link disconnect}, without telling the gateway of the calls' end. What could not be uploaded waits for the next page. */
  async serverDisconnect(): Promise<void> {
    await this.#signOut(false);
    await this.#extras.drain();
  }

  /** Closes only the socket; the client reconnects. */
  socketDisconnect(): void {
    this.#session.dropSocket();
  }

  /**
   * Signs in again on the live socket, with new credentials or a fresh token; calls are left alone. A token given alone replaces
   * a password. Never rejects: failures are told by `telnyx.error` (46001, 46002) and `onError`.
   */
  async login(params?: ILoginParams | null): Promise<void> {
    const { creds, onSuccess, onError } = params ?? {};
    this.#takeCredentials(creds ?? {});
    const tell = <A extends unknown[]>(
      callback: ((...args: A) => void) | undefined,
      ...args: A
    ) => {
      try {
        callback?.(...args);
      } catch (error) {
        this.#platform.reportError(error);
      }
    };
    if (!loginKind(this.#options)) {
      this.#raise(46002, undefined, { type: ERROR_TYPE.invalidCredentialsOptions });
      return;
    }
    if (this.#session.readyState > 1) {
      return;
    }
    try {
      await this.#session.relogin();
    } catch (error) {
      const refused = error instanceof RequestError && error.code === 'rejected';
      tell(onError, refused ? { code: error.serverCode, message: error.message } : error);
      return;
    }
    tell(onSuccess);
  }

  get connected(): boolean {
    return this.#session.readyState === 1;
  }
  /** Null after `clearConnection()`, until the next `connect()`. */
  get connection(): Connection | null {
    return this.#connection;
  }
  /** Finer than {@link connected}: see the diagram in `signaling/session-state.ts`. */
  get sessionState(): SessionState {
    return this.#session.state;
  }
  /** Why the session ended; undefined while it has not. */
  get sessionOutcome(): SessionOutcome | undefined {
    return this.#session.outcome;
  }
  /** '' before the first sign-in. */
  get sessionid(): string {
    return this.#session.sessionId;
  }
  /** Asks the gateway. False when there is no connection; waits while there is one under way. Never rejects. */
  getIsRegistered(): Promise<boolean> {
    return this.#session.isRegistered();
  }
  hasAutoReconnect(): boolean {
    return this.#session.autoReconnect;
  }
  /** Milliseconds until the next attempt to reconnect, as it would be drawn now. */
  get reconnectDelay(): number {
    return this.#session.reconnectDelay;
  }
  /** The next attempt to reconnect counts as the first. */
  resetReconnectAttempts(): void {
    this.#session.resetReconnectAttempts();
  }
  /** The next sign-in begins a new session. */
  clearReconnectToken(): void {
    this.#session.forgetSession();
  }

  // From the gateway's last registration reply; they stay after a close.

  get region(): string | null {
    return this.#session.info.region;
  }
  get dc(): string | null {
    return this.#session.info.dc;
  }
  get callReportId(): string | null {
    return this.#session.info.callReportId;
  }
  get callReportVoiceSdkId(): string | null {
    return this.#session.info.voiceSdkId ?? null;
  }

  // Call

  /**
   * Places a call. Returns it at once, in state `new`; `call.whenActive()` settles when it is answered. A call placed before the
   * client is ready is sent when it is.
   *
   * @throws TelnyxError 44002 without `destinationNumber`, unless the session is anonymous
   */
  newCall(options: ICallOptions): Call {
    const given: unknown = options;
    return this.#registry.newCall(given ? options : {});
  }
  /** Live calls by id. */
  get calls(): Readonly<Record<string, Call>> {
    return this.#registry.calls;
  }
  /** Calls in any state before `hangup`. */
  getActiveCalls(): Call[] {
    return this.#registry.activeCalls();
  }
  /** A call is `early`, `active` or `held`. */
  hasActiveCall(): boolean {
    return this.#registry.hasActiveCall();
  }

  // What calls made from now on take from the client. Applications were compiled against types without undefined and null here.

  /** Where calls play that name no element themselves. An id or function is resolved when it is set. Null: none. */
  get remoteElement(): HTMLMediaElement {
    return this.#defaults.remoteElement as HTMLMediaElement;
  }
  set remoteElement(source: MediaElementSource | null) {
    this.#defaults.remoteSource = source;
  }
  /** Where the application's own picture and sound go. An id or function is resolved when it is set. Null: nowhere. */
  get localElement(): HTMLMediaElement {
    return this.#defaults.localElement as HTMLMediaElement;
  }
  set localElement(source: MediaElementSource | null) {
    this.#defaults.localSource = source;
  }
  /** The DOM id, when one was given; else null. */
  get remoteElementId(): string {
    return this.#defaults.remoteElementId as string;
  }
  get localElementId(): string {
    return this.#defaults.localElementId as string;
  }
  get ringtoneFile(): string | undefined {
    return this.#defaults.ringtoneFile;
  }
  set ringtoneFile(url: string | undefined) {
    this.#defaults.ringtoneFile = url;
  }
  get ringbackFile(): string | undefined {
    return this.#defaults.ringbackFile;
  }
  set ringbackFile(url: string | undefined) {
    this.#defaults.ringbackFile = url;
  }
  /** What calls use that name none themselves; towards our gateway the list that it hands out. */
  get iceServers(): RTCIceServer[] {
    const { iceServers, fallbackIceServers } = this.#defaults;
    return iceServers ?? this.#session.info.iceServers ?? fallbackIceServers;
  }
  /** Anything but an array restores the default. */
  set iceServers(servers: RTCIceServer[] | null | undefined) {
    this.#defaults.iceServers = Array.isArray(servers) ? servers : undefined;
  }

  // Events

  /**
   * Adds a listener; they run in the order of their registration, and one that throws disturbs nothing. Returns the client for
   * chaining; called as a function, what it returns removes the listener. As with `addEventListener`, null is none.
   *
   * @throws TypeError for a listener that is no function
   */
  on<K extends keyof ClientEvents>(event: K, listener: Listener<ClientEvents[K]>): Chained<this>;
  on(event: string, listener: AnyListener): Chained<this>;
  on(event: string, listener: AnyListener | null): Chained<this> {
    const undo = addListener(this.#emitter, event, listener);
    return view(this, undo);
  }

  /** Without a listener, removes all that the application added for this event. */
  off<K extends keyof ClientEvents>(event: K, listener?: Listener<ClientEvents[K]>): this;
  off(event: string, listener?: AnyListener): this;
  off(event: string, listener?: AnyListener | null): this {
    this.#emitter.off(event as 'telnyx.ready', (listener ?? undefined) as never);
    return this;
  }

  /** Events of every client on the page. */
  static on<K extends keyof ClientEvents>(event: K, listener: Listener<ClientEvents[K]>): void;
  static on(event: string, listener: AnyListener): void;
  static on(event: string, listener: AnyListener | null): void {
    addListener(everyClient, event, listener);
  }

  static off(event: string, listener?: AnyListener | null): void {
    everyClient.off(event as 'telnyx.ready', (listener ?? undefined) as never);
  }

  // Calls that survive

  /** Calls that lost their connection come back by themselves. */
  get autoRecoverCalls(): boolean {
    return this.#defaults.autoRecoverCalls;
  }
  set autoRecoverCalls(on: boolean) {
    this.#defaults.autoRecoverCalls = on;
  }

  /**
   * For tests of applications: does to this client what networks and gateways do. Never call it in production.
   * Resolves when it is done, with `outage` and `offline` when it is over.
   */
  async simulate(fault: SimulatedFault, options?: SimulateOptions | null): Promise<void> {
    const { simulate } = await this.#load('simulate', import('./simulate.ts'));
    const client = {
      session: this.#session,
      registry: this.#registry,
      platform: this.#platform,
    };
    await simulate(client, fault, options ?? {});
  }

  // Devices

  /** All devices. Opens the microphone once if names are hidden, never a camera. Never rejects. */
  getDevices(): Promise<MediaDeviceInfo[]> {
    return this.devices.list();
  }
  getAudioInDevices(): Promise<MediaDeviceInfo[]> {
    return this.devices.list('audioinput');
  }
  getAudioOutDevices(): Promise<MediaDeviceInfo[]> {
    return this.devices.list('audiooutput');
  }
  /** Default audio constraints for calls made from now on. Rejects without settings. */
  async setAudioSettings(settings: IAudioSettings): Promise<MediaTrackConstraints> {
    return this.#capture.set(settings);
  }
  /** Opens and closes what is asked for; false on any failure. */
  async checkPermissions(audio?: boolean | null, video?: boolean | null): Promise<boolean> {
    return this.devices.checkPermissions(audio, video);
  }
  /** Calls made from now on send no audio. */
  disableMicrophone(): void {
    this.#capture.disableMicrophone();
  }
  enableMicrophone(): void {
    this.#capture.enableMicrophone();
  }
  /** What outbound calls capture unless they say otherwise. */
  get mediaConstraints(): {
    audio: boolean | MediaTrackConstraints;
    video: boolean | MediaTrackConstraints;
  } {
    const { audio, video } = this.#defaults;
    return { audio, video };
  }
  /** Undefined while none is chosen. */
  get micId(): string {
    return this.#capture.micId as string;
  }
  set micId(id: string | undefined) {
    this.#capture.chooseMicrophone(id);
  }
  /** Undefined while none is chosen. */
  get micLabel(): string {
    return this.#capture.micLabel as string;
  }
  set micLabel(label: string | undefined) {
    this.#capture.nameMicrophone(label);
  }
  /** Undefined while none is chosen. */
  get camId(): string {
    return this.#defaults.camId as string;
  }
  set camId(id: string | undefined) {
    this.#defaults.camId = id;
  }
  get camLabel(): string {
    return this.#defaults.camLabel as string;
  }
  set camLabel(label: string | undefined) {
    this.#defaults.camLabel = label;
  }
  /** Device id of the output for calls made from now on; null while none is chosen. */
  get speaker(): string {
    return this.#defaults.speaker as string;
  }
  set speaker(deviceId: string | null) {
    this.#defaults.speaker = deviceId;
  }
  /** The id of the device with this id or label; null when there is none. */
  async validateDeviceId(id: string, label: string, kind: MediaDeviceKind): Promise<string> {
    return (await this.devices.validate(id, label, kind)) as string;
  }

  // What is measured

  /** Places a test call and says whether a real one would be good. Resolves with a report, also when it fails. */
  async runPreCall(options?: RunPreCallOptions | null): Promise<PreCallDiagnosticReport> {
    return this.#check('full', options ?? {});
  }

  /** Places one short test call for each ICE URL, all at once. */
  async runNetworkCheck(options?: RunNetworkCheckOptions | null): Promise<PreCallDiagnosticReport> {
    return this.#check('network-only', options ?? {});
  }

  /** Opens the microphone for a moment and measures it. Places no call. */
  async runMicrophoneCheck(
    options?: RunMicrophoneCheckOptions | null,
  ): Promise<PreCallDiagnosticReport> {
    return this.#check('microphone-only', options ?? {});
  }

  /** What the gateway answers with the caller's own voice, so that a check needs no phone number; null on foreign gateways. */
  get loopbackDestination(): string | null {
    return this.#session.features.v > 0 ? 'echo' : null;
  }

  /**
   * Measures the socket by sending `bytes` and receiving as many. Rejects with a string when `bytes` is no number, with an
   * error after 60 s or without a connection.
   */
  async speedTest(bytes: number): Promise<SpeedTestResult> {
    const { speedTest } = await this.#load('speedTest', import('./speed-test.ts'));
    return speedTest(this.#emitter, this.#session, this.#platform, bytes);
  }

  /** An upload that `disconnect()` should wait for, 10 s at most. */
  trackCallReportUpload(upload: Promise<void>): void {
    this.#extras.track(upload);
  }

  get __logger(): Logger {
    return this.#log;
  }

  /** What this browser can do. Always an object. */
  static webRTCInfo(): IWebRTCInfo {
    return webRTCInfo(browserPlatform());
  }
  static webRTCSupportedBrowserList(): IWebRTCSupportedBrowser[] {
    return webRTCSupportedBrowserList();
  }
  static uuid(): string {
    return browserPlatform().uuid();
  }
  /** The call with a simpler `state`: `connecting`, `ringing`, `done`, or as it is. The call itself is not changed. */
  static telnyxStateCall(call: Call): Call {
    const names: Readonly<Record<string, string>> = {
      requesting: 'connecting',
      trying: 'connecting',
      early: 'connecting',
      answering: 'ringing',
      hangup: 'done',
      destroy: 'done',
    };
    return view(call, {}, { state: names[call.state] ?? call.state });
  }

  // Channels of the gateway, and members that applications see on the reference's client and may call. New code needs none of them.

  readonly relayProtocol: string = 'verto-protocol';
  readonly timeoutErrorCode: number = -329990;
  readonly invalidMethodErrorCode: number = -32601;
  readonly authenticationRequiredErrorCode: number = -32000;
  readonly contexts: string[] = [];
  /** Undefined: no gateway of today tells it. */
  readonly nodeid!: string;
  readonly master_nodeid!: string;
  readonly signature = null as unknown as string;

  /** Channel name → handler. */
  get subscriptions(): Readonly<Record<string, ChannelHandler>> {
    return this.#session.channels.subscriptions;
  }
  /** Channels of the gateway; what was granted already is not asked for again. Gone with the socket. */
  subscribe(params: SubscribeParams): Promise<SubscribeResult> {
    return this.#session.channels.subscribe(params);
  }
  unsubscribe(params: SubscribeParams): Promise<UnsubscribeResult> {
    return this.#session.channels.unsubscribe(params);
  }
  /** To everybody who subscribed to the channel. A refusal goes to the page's error handling. */
  broadcast(params: BroadcastParams): void {
    this.#session.channels.broadcast(params);
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
    const given = (message as typeof message | null | undefined) ?? {};
    const { method = '', params = {} } = given.request ?? given;
    const known = telnyxDialect.fromWire.get(method);
    if (!known) {
      throw new TypeError(`No such method: ${method}`);
    }
    // The gateway judges whether this method is a client's, and what is in it.
    return this.#session.request(known as ClientMethod, params as ClientParams[ClientMethod]);
  }
  /** Text outside JSON-RPC; lost without an open socket. */
  executeRaw(text: string): void {
    const given: unknown = text;
    this.#session.send(String(given));
  }
  /** Whether the options hold credentials. */
  validateOptions(): boolean {
    return loginKind(this.#options) !== null;
  }
  clearConnection(): void {
    this.#connection = null;
  }
  /** Treats the socket as lost; the client reconnects. */
  onNetworkClose(): void {
    this.#session.dropSocket();
  }
  /** Raises 46001 with this cause. */
  handleLoginError(error: unknown): void {
    this.#raise(46001, error);
  }
  /** Restarts ICE of a live call. */
  triggerIceRestart(callId: string): { started: boolean; reason?: string } {
    return this.#registry.restartIce(callId);
  }
  emitMultipleActiveCallsWarning(newCallId: string): void {
    const describe = (callId: string) => {
      const call = this.calls[callId];
      return { callId, state: call?.state, direction: call?.direction, ...call?.telnyxIDs };
    };
    const others = Object.keys(this.calls).filter((callId) => callId !== newCallId);
    if (!others.length) {
      return;
    }
    this.#emitWarning(createWarning(33010), {
      callId: newCallId,
      newCall: describe(newCallId),
      activeCalls: others.map(describe),
    });
  }

  // Something that looks wrong makes the one liveness rule ask the gateway at once; it decides by itself, and cannot be stopped.

  startSignalingHealthMonitor(): void {
    this.#session.probe();
  }
  stopSignalingHealthMonitor(): void {
    this.#session.callsChanged();
  }
  setPingReceived(): void {
    this.#session.callsChanged();
  }
  onOutboundConfirmed(): void {
    this.#session.callsChanged();
  }
  onSignalingRequestTimeout(): void {
    this.#session.probe();
  }
  reportPeerFailure(): void {
    this.#session.probe();
  }
  reportNoRtp(): void {
    this.#session.probe();
  }
  reportIceRestartFailed(): void {
    this.#session.probe();
  }

  /** @deprecated Use {@link disconnect}. */
  logout(): void {
    void this.disconnect();
  }
  /** @deprecated */
  getVideoDevices(): Promise<MediaDeviceInfo[]> {
    return this.devices.list('videoinput');
  }
  /** @deprecated Rejects with the browser's error when the camera cannot be opened. */
  async getDeviceResolutions(
    deviceId: string,
  ): Promise<{ resolution: string; width: number; height: number }[]> {
    const { listResolutions } = await this.#load('resolutions', import('./media/resolutions.ts'));
    return listResolutions(this.#platform, deviceId);
  }

  // Inside

  #isWanted(): boolean {
    return this.#wanted === 'connected';
  }

  /** Ends calls and session, once for all who ask meanwhile. Never rejects. */
  #signOut(bye: boolean): Promise<void> {
    this.#wanted = 'disconnected';
    return (this.#closing ??= this.#end(bye).finally(() => {
      this.#closing = undefined;
    }));
  }

  async #end(bye: boolean): Promise<void> {
    const ended = this.#registry.endAll({ bye, purge: true, initiator: 'sdk:disconnect' });
    const timer = new Timer(this.#platform);
    const enough = new Promise<void>((resolve) => {
      timer.start(BYE_LIMIT_MS, resolve);
    });
    await Promise.race([ended, enough]);
    timer.stop();
    await this.#session.close();
    // Calls placed meanwhile end with the session too.
    await this.#registry.endAll({ bye: false, purge: true, initiator: 'sdk:disconnect' });
    await ended;
    this.#registry.dispose();
  }

  /** An unset variable in the place of `host` sends credentials to somebody else's service. */
  #warnOfHost(): void {
    const { rtcIp } = this.#options;
    const secret = loginKind(this.#options) !== 'anonymous';
    if (this.#warnedOfHost || hostsOf(this.#options).length > 0 || rtcIp || !secret) {
      return;
    }
    this.#warnedOfHost = true;
    this.#log.warn(
      `No host is given: the password or token goes to ${originOf(this.#options)}, the default service`,
    );
  }

  #takeCredentials(creds: LoginCredentials): void {
    const options = this.#options;
    const { login_token, login, password, passwd, userVariables, anonymous_login } = creds;
    if (login_token && !password && !passwd) {
      options.password = options.passwd = undefined;
    } else if (passwd && !password) {
      options.password = undefined;
    }
    const given = { login_token, login, password, passwd, userVariables, anonymous_login };
    Object.assign(options, merge({}, given));
  }

  #forwardSession(): void {
    const { events } = this.#session;
    events.on('open', (event) => {
      this.#emit('telnyx.socket.open', event);
    });
    events.on('closed', (event) => {
      this.#emit('telnyx.socket.close', event);
    });
    events.on('socketError', (event) => {
      this.#emit('telnyx.socket.error', event);
    });
    events.on('ready', (state) => {
      this.#emit('telnyx.ready', { ...state, type: 'vertoClientReady' });
    });
    events.on('state', (state, outcome) => {
      this.#emit('telnyx.session.state', { state, ...(outcome && { outcome }) });
    });
    events.on('activity', (timestamp) => {
      this.#emit('telnyx.internal.socketActivity', { timestamp });
    });
    events.on('message', (text) => {
      if (!this.#listening('telnyx.socket.message')) {
        return;
      }
      // Parsed once more, so that nothing that applications do to it reaches us.
      this.#emit('telnyx.socket.message', JSON.parse(text) as Record<string, unknown>);
    });
    events.on('speedTest', (result) => {
      this.#emit('telnyx.internal.speedtest', result);
    });
    events.on('error', (code, cause, address) => {
      const named = address ? `${createError(code).message} (${address})` : undefined;
      this.#emitError(createError(code, cause, named ? { message: named } : undefined));
    });
    events.on('warning', (code, extras) => {
      this.#emitWarning(createWarning(code), extras);
    });
  }

  #listening(event: keyof ClientEvents): boolean {
    return this.#emitter.has(event) || everyClient.has(event);
  }

  #emit<K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]): void {
    this.#extras.told(event, args[0]);
    this.#emitter.emit(event, ...args);
    everyClient.emit(event, ...args);
  }

  #raise(code: SdkErrorCode, cause?: unknown, extras?: object): void {
    this.#emitError(createError(code, cause), extras);
  }

  #emitError(error: TelnyxError, extras?: object): void {
    this.#log.error(error.name, error.code, error.originalError ?? '');
    const event = { error, sessionId: this.sessionid, ...extras } as ITelnyxErrorEvent;
    this.#emit('telnyx.error', event);
  }

  #emitWarning(warning: ITelnyxWarning, extras?: object): void {
    this.#log.warn(warning.name, warning.code);
    this.#emit('telnyx.warning', { warning, sessionId: this.sessionid, ...extras });
  }

  /** What cannot be loaded is told by warning 37006, and rejects. */
  async #load<T>(extra: Extra, loading: Promise<T>): Promise<T> {
    return loading.catch((error: unknown) => {
      this.#emitWarning(EXTRA_NOT_LOADED, notLoaded(extra, error));
      throw error;
    });
  }

  async #check<M extends keyof CheckOptions>(
    mode: M,
    options: CheckOptions[M],
  ): Promise<PreCallDiagnosticReport> {
    // Loaded when asked for: an application that never checks does not ship it.
    const loading = import('./diagnostics/client-checks.ts');
    const loaded = await loading.catch((error: unknown) => notLoaded('preCallDiagnosis', error));
    if ('reason' in loaded) {
      this.#emitWarning(EXTRA_NOT_LOADED, loaded);
      const code = 'check_not_loaded';
      const message = `The check could not be loaded: ${loaded.reason}`;
      const reasons = [{ code, message, source: 'client' }];
      return { version: 1, verdict: 'inconclusive', reasons };
    }
    return loaded.runCheck(this, mode, options);
  }
}

proxySafe(TelnyxRTC);

/** Adds a listener that an application gave; null is none. @returns the undo. @throws TypeError for what is no function */
function addListener(
  emitter: Emitter<ClientEvents>,
  event: string,
  listener: AnyListener | null | undefined,
): () => void {
  if (listener === null || listener === undefined) {
    return () => undefined;
  }
  if (typeof listener !== 'function') {
    throw new TypeError('A listener is a function');
  }
  return emitter.on(event as 'telnyx.ready', listener as never);
}
