import type { Call } from './calls/call.ts';
import type { Leg } from './calls/leg.ts';
import type { CallSettings } from './calls/deps.ts';
import type { CallsPort } from './calls/ports.ts';
import { CallRegistry } from './calls/registry.ts';
import type { ChannelHandler, Channels } from './channels.ts';
import { Connection } from './connection.ts';
import { Emitter, type Listener } from './emitter.ts';
import { createWarning, type ITelnyxWarning } from './errors/catalogue.ts';
import type { SdkErrorCode, SdkWarningCode } from './errors/codes.ts';
import { createError, type TelnyxError } from './errors/telnyx-error.ts';
import type { ClientEvents, ITelnyxErrorEvent } from './events.ts';
import type { Extras } from './extras/extras.ts';
import { createLogger, type Logger } from './logger.ts';
import { CaptureDefaults, Devices } from './media/devices.ts';
import { resolveElement } from './media/playback.ts';
import {
  defaultIceServers,
  loginKind,
  type IClientOptions,
  type MediaElementSource,
} from './options.ts';
import { browserPlatform, type Platform } from './platform.ts';
import type { LogLine } from './quality/log-line.ts';
import { baseUrl, isTelnyxHost } from './signaling/endpoint.ts';
import { Session } from './signaling/session.ts';
import { VERSION } from './version.ts';
import { view } from './view.ts';

/** Listeners of `TelnyxRTC.on`: events of every client of the page. */
const everyClient = new Emitter<ClientEvents>((error) => {
  browserPlatform().reportError(error);
});

/** What `client.on` returns: the client, for chaining, and when called, the undo. */
export type Chained<T> = T & (() => void);

type AnyListener = (...args: never[]) => unknown;

/** A client's parts, its events, and what new calls take from it. {@link TelnyxRTC} is its public surface. */
export abstract class ClientCore {
  /** The object given to the constructor; `login({ creds })` writes into it. */
  readonly options: IClientOptions;
  readonly uuid: string;
  /** Calls that lost their connection come back by themselves. */
  autoRecoverCalls: boolean;
  ringtoneFile: string | undefined;
  ringbackFile: string | undefined;
  /** Undefined while none is chosen. */
  camId!: string;
  camLabel!: string;
  /** Null after `clearConnection()`, until the next `connect()`. */
  connection: Connection | null;

  /** @internal */
  protected readonly platform: Platform;
  /** @internal */
  protected readonly log: Logger;
  /** @internal */
  protected readonly session: Session;
  /** @internal */
  protected readonly registry: CallRegistry;
  /** @internal */
  protected readonly capture: CaptureDefaults;
  /** The page's devices: lists without permission prompts, and what comes and goes. */
  readonly devices: Devices;
  readonly #emitter: Emitter<ClientEvents>;
  #channels: Channels | undefined;
  readonly #uploads = new Set<Promise<void>>();
  /** What goes along with calls; loaded with the first one. */
  #extras: Extras | undefined;
  #loadingExtras: Promise<Extras> | undefined;
  readonly #earlyLines: LogLine[] = [];
  #iceServers: RTCIceServer[] | undefined;
  #speaker: string | null = null;
  readonly #elements: Record<'local' | 'remote', HTMLMediaElement | null> = {
    local: null,
    remote: null,
  };
  readonly #elementIds: Record<'local' | 'remote', string | null> = { local: null, remote: null };

  constructor(options: IClientOptions, platform: Platform = browserPlatform()) {
    if (!(options as IClientOptions | undefined) || !loginKind(options)) {
      throw new Error('Invalid init options');
    }
    this.options = options;
    this.platform = platform;
    this.uuid = platform.uuid();
    this.autoRecoverCalls = options.autoRecoverCalls ?? true;
    this.ringtoneFile = options.ringtoneFile;
    this.ringbackFile = options.ringbackFile;
    this.iceServers = options.iceServers;
    this.log = createLogger(platform, options.debug ? 'debug' : 'info', (level, args) => {
      if (!this.#loadingExtras) return;
      const line = { at: platform.now(), level, args };
      if (this.#extras) this.#extras.log(line);
      else this.#earlyLines.push(line);
    });
    this.#emitter = new Emitter((error) => {
      platform.reportError(error);
    });
    const listening = (event: keyof ClientEvents): boolean =>
      this.#emitter.has(event) || everyClient.has(event);
    this.session = new Session({
      platform,
      log: this.log,
      options: () => this.options,
      calls: () => calls,
      listening,
      emit: (event, ...args) => {
        this.emit(event, ...args);
      },
      error: (code, cause) => {
        this.raise(code, cause);
      },
      warn: (code, extras) => {
        this.warn(code, extras);
      },
      endCalls: (purge) => {
        void this.registry.endAll({ bye: false, purge, initiator: 'sdk:session' });
      },
      hangUp: () => {
        void this.registry.endAll({ bye: true, purge: false, initiator: 'sdk:unload' });
      },
      onSocketLost: () => {
        this.#channels?.clear();
      },
    });
    this.connection = new Connection(
      this.session,
      () => baseUrl(this.session.place.options).origin,
    );
    this.devices = new Devices(platform, (error) => {
      this.emit('telnyx.rtc.mediaError', error);
    });
    this.capture = new CaptureDefaults(this.devices);
    const registry = (this.registry = new CallRegistry({
      signaling: this.session.gateway,
      platform,
      logger: this.log,
      devices: this.devices,
      version: VERSION,
      settings: this.#callSettings(),
      emit: (event, ...args) => {
        this.emit(event, ...args);
        // A call that began or ended may change how often the gateway is asked for a sign of life.
        if (event === 'telnyx.notification') this.session.health.recheck();
      },
      error: (error, extras) => {
        this.#emitError(error, extras);
      },
      warn: (warning, extras) => {
        this.#emitWarning(warning, extras);
      },
      listening,
      attend: (leg) => {
        this.session.prepare();
        this.trackCallReportUpload(this.#attend(leg));
      },
      flushCallReport: (callId, reason) => {
        this.#extras?.flush(callId, reason);
      },
      takeFeedback: async (callId, feedback) =>
        (await this.#loadingExtras?.catch(() => null))?.feedback(callId, feedback) ?? false,
    }));
    const calls: CallsPort & { hasActiveCall(): boolean } = {
      hasActiveCall: () => registry.inCall,
      get inCall() {
        return registry.inCall;
      },
      endAll: (options) => registry.endAll(options),
      survivors: (renewing) => registry.survivors(renewing),
      onReattachedSessions: (callIDs) => {
        registry.onReattachedSessions(callIDs);
      },
      onSignalingReady: () => {
        registry.onSignalingReady();
      },
      onSignalingLost: () => {
        registry.onSignalingLost();
      },
      markers: () => registry.markers(),
      restore: (markers) => {
        registry.restore(markers);
      },
      onSignalingRenewed: () => {
        registry.onSignalingRenewed();
      },
      onWake: () => {
        registry.onWake();
      },
      onGatewayRequest: (message) => {
        if (message.method === 'event' && this.#channels?.deliver(message.params)) return;
        registry.onGatewayRequest(message);
      },
    };
  }

  /** Live calls by id. */
  get calls(): Readonly<Record<string, Call>> {
    return this.registry.calls;
  }

  /** Channel name → handler. */
  get subscriptions(): Readonly<Record<string, ChannelHandler>> {
    return this.#channels?.subscriptions ?? {};
  }

  get sessionid(): string {
    return this.session.gateway.sessionId;
  }

  /** What calls use that name none themselves; towards our gateway the list that it hands out. */
  get iceServers(): RTCIceServer[] {
    return this.#iceServers ?? this.session.gateway.iceServers ?? this.#fallbackIceServers();
  }
  /** Anything but an array restores the default. */
  set iceServers(servers: RTCIceServer[] | null | undefined) {
    this.#iceServers = Array.isArray(servers) ? servers : undefined;
  }

  // Applications were compiled against types without null here.

  /** Device id of the output for calls made from now on; null while none is chosen. */
  get speaker(): string {
    return this.#speaker as string;
  }
  set speaker(deviceId: string | null) {
    this.#speaker = deviceId;
  }

  /** Where the application's own picture and sound go. An id or function is resolved when it is set. Null: nowhere. */
  get localElement(): HTMLMediaElement {
    return this.#elements.local as HTMLMediaElement;
  }
  set localElement(source: MediaElementSource | null) {
    this.#setElement('local', source);
  }
  /** Where calls play that name no element themselves. An id or function is resolved when it is set. Null: none. */
  get remoteElement(): HTMLMediaElement {
    return this.#elements.remote as HTMLMediaElement;
  }
  set remoteElement(source: MediaElementSource | null) {
    this.#setElement('remote', source);
  }
  /** The DOM id, when one was given; else null. */
  get localElementId(): string {
    return this.#elementIds.local as string;
  }
  get remoteElementId(): string {
    return this.#elementIds.remote as string;
  }

  /**
   * Adds a listener; they run in the order of their registration, and one that throws disturbs nothing. Returns the client for
   * chaining; called as a function, what it returns removes the listener.
   */
  on<K extends keyof ClientEvents>(event: K, listener: Listener<ClientEvents[K]>): Chained<this>;
  on(event: string, listener: AnyListener): Chained<this>;
  on(event: string, listener: AnyListener): Chained<this> {
    return view(this, this.#emitter.on(event as 'telnyx.ready', listener as never));
  }

  /** Without a listener, removes all that the application added for this event. */
  off<K extends keyof ClientEvents>(event: K, listener?: Listener<ClientEvents[K]>): this;
  off(event: string, listener?: AnyListener): this;
  off(event: string, listener?: AnyListener): this {
    this.#emitter.off(event as 'telnyx.ready', listener as never);
    return this;
  }

  /** Events of every client on the page. */
  static on<K extends keyof ClientEvents>(event: K, listener: Listener<ClientEvents[K]>): void;
  static on(event: string, listener: AnyListener): void;
  static on(event: string, listener: AnyListener): void {
    everyClient.on(event as 'telnyx.ready', listener as never);
  }

  static off(event: string, listener?: AnyListener): void {
    everyClient.off(event as 'telnyx.ready', listener as never);
  }

  /** An upload that `disconnect()` should wait for, 10 s at most. */
  trackCallReportUpload(upload: Promise<void>): void {
    this.#uploads.add(upload);
    const done = (): void => void this.#uploads.delete(upload);
    upload.then(done, done);
  }

  /** @internal */
  protected async channels(): Promise<Channels> {
    const { Channels } = await import('./channels.ts');
    return (this.#channels ??= new Channels(this.session.gateway, (error) => {
      this.platform.reportError(error);
    }));
  }

  /** @internal */
  protected async uploads(): Promise<void> {
    await Promise.allSettled(this.#uploads);
  }

  /** @internal */
  protected emit<K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]): void {
    if (this.#extras) this.#extras.told(event, args[0]);
    // What the page before could not deliver; there is none without a store.
    else if (event === 'telnyx.ready' && this.platform.indexedDB) this.#leftovers();
    this.#emitter.emit(event, ...args);
    everyClient.emit(event, ...args);
  }

  /** @internal */
  protected raise(code: SdkErrorCode, cause?: unknown, extras?: object): void {
    this.#emitError(createError(code, cause), extras);
  }

  /** @internal */
  protected warn(code: SdkWarningCode, extras?: object): void {
    this.#emitWarning(createWarning(code), extras);
  }

  #emitError(error: TelnyxError, extras?: object): void {
    this.log.error(error.name, error.code, error.originalError ?? '');
    const event = { error, sessionId: this.sessionid, ...extras } as ITelnyxErrorEvent;
    this.emit('telnyx.error', event);
  }

  #emitWarning(warning: ITelnyxWarning, extras?: object): void {
    this.log.warn(warning.name, warning.code);
    this.emit('telnyx.warning', { warning, sessionId: this.sessionid, ...extras });
  }

  #setElement(side: 'local' | 'remote', source: MediaElementSource | null): void {
    this.#elementIds[side] = typeof source === 'string' ? source : null;
    this.#elements[side] = resolveElement(this.platform, source);
  }

  #fallbackIceServers(): RTCIceServer[] {
    return isTelnyxHost(this.session.place.options) ? defaultIceServers(this.options.env) : [];
  }

  async #attend(leg: Leg): Promise<void> {
    const { session, platform, log, devices } = this;
    this.#loadingExtras ??= import('./extras/extras.ts').then(({ Extras }) => {
      const host = {
        platform,
        log,
        devices,
        session,
        client: this,
        emit: this.emit.bind(this),
      };
      return Extras.load(host, this.#earlyLines);
    });
    try {
      const extras = await this.#loadingExtras;
      // It takes the early lines with its first call; a line that came in between would belong to none.
      extras.attend(leg);
      this.#extras = extras;
    } catch (error) {
      this.#loadingExtras = undefined;
      this.#earlyLines.length = 0;
      this.log.warn('Call reports could not be loaded', error);
    }
  }

  #leftovers(): void {
    if (this.options.enableCallReports === false) return;
    import('./quality/outbox.ts').then(
      ({ sendLeftovers }) => sendLeftovers(this.platform, this.log),
      () => undefined,
    );
  }

  /** Read anew by each call. */
  #callSettings(): CallSettings {
    const { options } = this;
    const own = {
      iceServers: () => this.#iceServers,
      fallbackIceServers: () => this.#fallbackIceServers(),
      autoRecoverCalls: () => this.autoRecoverCalls,
      audio: () => this.capture.audio,
      video: () => options.video ?? false,
      micId: () => this.capture.micId,
      micLabel: () => this.capture.micLabel,
      camId: () => this.camId,
      camLabel: () => this.camLabel,
      speakerId: () => this.#speaker ?? undefined,
      localElement: () => this.#elements.local,
      remoteElement: () => this.#elements.remote,
      ringtoneFile: () => this.ringtoneFile,
      ringbackFile: () => this.ringbackFile,
      anonymous: () => Boolean(options.anonymous_login),
    };
    return new Proxy(options, {
      get: (_, key) =>
        Object.hasOwn(own, key)
          ? own[key as keyof typeof own]()
          : options[key as keyof IClientOptions],
    }) as unknown as CallSettings;
  }
}
