import type { Call } from './calls/call.ts';
import type {
  PreCallDiagnosticOptions,
  PreCallDiagnosticReport,
  RunMicrophoneCheckOptions,
  RunNetworkCheckOptions,
  RunPreCallOptions,
} from './diagnostics/types.ts';
import { ERROR_TYPE } from './events.ts';
import { LegacyClient } from './legacy.ts';
import type { Logger } from './logger.ts';
import type { IAudioSettings } from './media/devices.ts';
import { loginKind, merge, type ICallOptions, type LoginCredentials } from './options.ts';
import { browserPlatform } from './platform.ts';
import { RequestError } from './calls/ports.ts';
import {
  webRTCInfo,
  webRTCSupportedBrowserList,
  type IWebRTCInfo,
  type IWebRTCSupportedBrowser,
} from './support.ts';
import type { SpeedTestResult } from './speed-test.ts';
import { Timer } from './timer.ts';
import { view } from './view.ts';
import { Connection } from './connection.ts';
import { baseUrl } from './signaling/endpoint.ts';
import type { SessionOutcome, SessionState } from './signaling/session-state.ts';
import type { SimulatedFault, SimulateOptions } from './simulate.ts';

const UPLOAD_LIMIT_MS = 10_000;

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
 * client.on('telnyx.ready', () => client.newCall({ destinationNumber: '1002' }));
 * await client.connect();
 * ```
 *
 * The constructor does nothing but check the options (it throws `Invalid init options`); network, timers and listeners on the page
 * live from `connect()` to `disconnect()`.
 */
export class TelnyxRTC extends LegacyClient {
  #disconnecting: Promise<void> | undefined;

  get connected(): boolean {
    return this.session.readyState === 1;
  }
  /** Finer than {@link connected}: see the diagram in `signaling/session-state.ts`. */
  get sessionState(): SessionState {
    return this.session.state;
  }
  /** Why the session ended; undefined while it has not. */
  get sessionOutcome(): SessionOutcome | undefined {
    return this.session.outcome;
  }
  /** From the gateway's last registration reply; they stay after a close. */
  get region(): string | null {
    return this.session.gateway.info.region;
  }
  get dc(): string | null {
    return this.session.gateway.info.dc;
  }
  get callReportId(): string | null {
    return this.session.gateway.info.callReportId;
  }
  get callReportVoiceSdkId(): string | null {
    return this.session.memory.voiceSdkId ?? null;
  }
  /** What outbound calls capture unless they say otherwise. */
  get mediaConstraints(): {
    audio: boolean | MediaTrackConstraints;
    video: boolean | MediaTrackConstraints;
  } {
    return { audio: this.capture.audio, video: this.options.video ?? false };
  }
  // Applications were compiled against types without undefined and null here.
  /** Undefined while none is chosen. */
  get micId(): string {
    return this.capture.micId as string;
  }
  set micId(id: string | undefined) {
    this.capture.micId = id;
  }
  /** Undefined while none is chosen. */
  get micLabel(): string {
    return this.capture.micLabel as string;
  }
  set micLabel(label: string | undefined) {
    this.capture.micLabel = label;
  }
  /** Milliseconds until the next attempt to reconnect, as it would be drawn now. */
  get reconnectDelay(): number {
    return this.session.reconnect.delay;
  }
  get __logger(): Logger {
    return this.log;
  }

  /**
   * Opens the socket and signs in. Resolves at once, before the socket is open, and never rejects for what the network does. With
   * an argument it settles when the client is ready, or rejects as {@link ready} does; an aborted signal also disconnects.
   * Does nothing when connected already; cuts a wait between two attempts short.
   */
  async connect(options?: { readonly signal?: AbortSignal }): Promise<void> {
    options?.signal?.throwIfAborted();
    if (this.#disconnecting) await this.#disconnecting;
    this.connection ??= new Connection(
      this.session,
      () => baseUrl(this.session.place.options).origin,
    );
    this.registry.open();
    this.session.connect();
    if (!options) return;
    try {
      await this.ready(options.signal);
    } catch (error) {
      if (options.signal?.aborted) await this.disconnect();
      throw error;
    }
  }

  /**
   * Settles when calls can be made. Rejects with `TelnyxError` 46001, 45001 or 45003, with `RequestError` `closed` after
   * `disconnect()` or a punt, `not_ready` when nothing is under way, and with the signal's reason.
   */
  ready(signal?: AbortSignal): Promise<void> {
    return this.session.whenReady(signal);
  }

  /**
   * Hangs up every call, waits up to 10 s for uploads, closes the socket and forgets the session. Nothing of the client runs
   * afterwards; the application's listeners stay for the next `connect()`.
   */
  disconnect(): Promise<void> {
    return this.#end(true);
  }

  /** As {@link disconnect}, without telling the gateway of the calls' end. */
  serverDisconnect(): Promise<void> {
    return this.#end(false);
  }

  /** Closes only the socket; the client reconnects. */
  socketDisconnect(): void {
    this.session.dropSocket();
  }

  /** @deprecated Use {@link disconnect}. */
  logout(): void {
    void this.disconnect();
  }

  /**
   * Signs in again on the live socket, with new credentials or a fresh token; calls are left alone. A token given alone replaces
   * a password. Never rejects: failures are told by `telnyx.error` (46001, 46002) and `onError`.
   */
  async login({ creds = {}, onSuccess, onError }: ILoginParams = {}): Promise<void> {
    const { options } = this;
    if (creds.login_token && !creds.password && !creds.passwd) {
      options.password = options.passwd = undefined;
    } else if (creds.passwd && !creds.password) options.password = undefined;
    Object.assign(options, merge({}, creds));
    if (!loginKind(options)) {
      this.raise(46002, undefined, { type: ERROR_TYPE.invalidCredentialsOptions });
      return;
    }
    if (this.session.readyState > 1) return;
    try {
      await this.session.relogin();
    } catch (error) {
      const refused = error instanceof RequestError && error.code === 'rejected';
      onError?.(refused ? { code: error.serverCode, message: error.message } : error);
      return;
    }
    onSuccess?.();
  }

  /**
   * Places a call. Returns it at once, in state `new`; `call.whenActive()` settles when it is answered. A call placed before the
   * client is ready is sent when it is.
   *
   * @throws TelnyxError 44002 without `destinationNumber`, unless the session is anonymous
   */
  newCall(options: ICallOptions): Call {
    return this.registry.newCall(options);
  }

  /** Asks the gateway. False when there is no connection; waits while there is one under way. Never rejects. */
  async getIsRegistered(): Promise<boolean> {
    return this.session.isRegistered();
  }

  /** Calls in any state before `hangup`. */
  getActiveCalls(): Call[] {
    return this.registry.activeCalls();
  }
  /** A call is `early`, `active` or `held`. */
  hasActiveCall(): boolean {
    return this.registry.hasActiveCall();
  }
  hasAutoReconnect(): boolean {
    return this.session.autoReconnect;
  }
  /** The next sign-in begins a new session. */
  clearReconnectToken(): void {
    this.session.memory.forget();
  }
  resetReconnectAttempts(): void {
    this.session.reconnect.reset();
  }
  /** Raises 46001 with this cause. */
  handleLoginError(error: unknown): void {
    this.raise(46001, error);
  }

  /** Opens and closes what is asked for; false on any failure. */
  checkPermissions(audio = true, video = true): Promise<boolean> {
    return this.devices.checkPermissions(audio, video);
  }
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
  /** @deprecated */
  getVideoDevices(): Promise<MediaDeviceInfo[]> {
    return this.devices.list('videoinput');
  }
  /** @deprecated Rejects with the browser's error when the camera cannot be opened. */
  getDeviceResolutions(
    deviceId: string,
  ): Promise<{ resolution: string; width: number; height: number }[]> {
    return this.devices.resolutions(deviceId);
  }
  /** The id of the device with this id or label; null when there is none. */
  validateDeviceId(id: string, label: string, kind: MediaDeviceKind): Promise<string> {
    return this.devices.validate(id, label, kind) as Promise<string>;
  }
  /** Default audio constraints for calls made from now on. Rejects without settings. */
  setAudioSettings(settings: IAudioSettings): Promise<MediaTrackConstraints> {
    return this.capture.set(settings);
  }
  /** Calls made from now on send no audio. */
  disableMicrophone(): void {
    this.capture.disableMicrophone();
  }
  enableMicrophone(): void {
    this.capture.enableMicrophone();
  }

  /**
   * Measures the socket by sending `bytes` and receiving as many. Rejects with a string when `bytes` is no number, with an
   * error after 60 s or without a connection.
   */
  async speedTest(bytes: number): Promise<SpeedTestResult> {
    const { speedTest } = await import('./speed-test.ts');
    return speedTest(this, this.platform, bytes, (text) => this.session.gateway.rpc.send(text));
  }

  /** What the gateway answers with the caller's own voice, so that a check needs no phone number; null on foreign gateways. */
  get loopbackDestination(): string | null {
    return this.session.gateway.features.v > 0 ? 'echo' : null;
  }

  /** Places a test call and says whether a real one would be good. Resolves with a report, also when it fails. */
  runPreCall({ iceServers, ...options }: RunPreCallOptions = {}): Promise<PreCallDiagnosticReport> {
    return this.#diagnose({ ...options, ...(iceServers ? { rtcConfig: { iceServers } } : {}) });
  }

  /** Places one short test call for each ICE URL, all at once. */
  runNetworkCheck({
    iceServers,
    ...options
  }: RunNetworkCheckOptions = {}): Promise<PreCallDiagnosticReport> {
    const rtcConfig = iceServers ? { rtcConfig: { iceServers } } : {};
    return this.#diagnose({ ...options, ...rtcConfig, mode: 'network-only' });
  }

  /** Opens the microphone for a moment and measures it. Places no call. */
  runMicrophoneCheck({
    durationMs,
    ...options
  }: RunMicrophoneCheckOptions = {}): Promise<PreCallDiagnosticReport> {
    const sample = durationMs === undefined ? {} : { sampleDurationMs: durationMs };
    return this.#diagnose({ mode: 'microphone-only', microphone: { ...options, ...sample } });
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

  async #diagnose(
    options: Omit<PreCallDiagnosticOptions, 'client'>,
  ): Promise<PreCallDiagnosticReport> {
    // Loaded when asked for: an application that never checks does not ship it.
    const { PreCallDiagnostic } = await import('./diagnostics/pre-call-diagnostic.ts');
    return new PreCallDiagnostic({ client: this, ...options }).run();
  }

  /**
   * For tests of applications: does to this client what networks and gateways do. Never call it in production.
   * Resolves when it is done, with `outage` and `offline` when it is over.
   */
  async simulate(fault: SimulatedFault, options: SimulateOptions = {}): Promise<void> {
    const { simulate } = await import('./simulate.ts');
    const { session, registry, platform } = this;
    await simulate({ session, registry, platform }, fault, options);
  }

  #end(bye: boolean): Promise<void> {
    const end = async (): Promise<void> => {
      await this.registry.endAll({ bye, purge: true, initiator: 'sdk:disconnect' });
      await this.#drain();
      await this.session.close();
      this.registry.dispose();
    };
    return (this.#disconnecting ??= end().finally(() => {
      this.#disconnecting = undefined;
    }));
  }

  async #drain(): Promise<void> {
    const timer = new Timer(this.platform);
    await Promise.race([
      this.uploads(),
      new Promise<void>((resolve) => {
        timer.start(UPLOAD_LIMIT_MS, resolve);
      }),
    ]);
    timer.stop();
  }
}
