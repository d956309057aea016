import type { ITelnyxWarning } from '../errors/catalogue.ts';
import type { TelnyxError } from '../errors/telnyx-error.ts';
import type { PlainEvents } from '../payloads.ts';
import type { AudioProcessor, MediaPermissionsRecovery, PlainCallOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import type { QualityThresholds } from '../quality/warnings.ts';
import type { CallFeedback } from './call-events.ts';
import type { Devices } from '../media/devices.ts';
import type { SignalingPort } from './ports.ts';

/** What calls tell on the client. `ClientEvents` says what a notification is to applications: there it names `Call`, which nothing below knows. */
export interface CallNews extends PlainEvents {
  'telnyx.notification': [notification: object];
}

/**
 * What `client.ts` hands to the calls floor. The composition root builds one and calls
 * `new CallRegistry(deps)`; nothing below ever sees the client itself.
 */
export interface CallDeps {
  readonly signaling: SignalingPort;
  readonly platform: Platform;
  readonly logger: CallLogger;
  readonly settings: CallSettings;
  readonly devices: Pick<Devices, 'enumerate' | 'watch'>;
  /** The package version: call requests carry `User-Agent: "Web-<version>"`. */
  readonly version: string;
  /** Emits an event on the client. Never throws: listener errors are the emitter's business. */
  emit<K extends keyof CallNews>(event: K, ...args: CallNews[K]): void;
  /** Somebody listens to this event. */
  listening(event: keyof CallNews): boolean;
  /** Emits `telnyx.error` with `{ error, sessionId, ...extras }`. */
  error(error: TelnyxError, extras: CallScope): void;
  /** Emits `telnyx.warning` with `{ warning, sessionId, ...extras }`. */
  warn(warning: ITelnyxWarning, extras: CallScope): void;
  /** Uploads what a call's report holds so far. */
  flushCallReport?(callId: string, reason: { readonly type: string }): void;
  /** Puts what a person said of the call into its report. False when it will not be there. Never rejects. */
  takeFeedback?(callId: string, feedback: CallFeedback): Promise<boolean>;
}

export interface RestartIceResult {
  started: boolean;
  /** Why not. */
  reason?: string;
}

/** Further members of an error or warning payload. */
export interface CallScope {
  readonly callId: string;
  readonly [extra: string]: unknown;
}

export interface CallLogger {
  debug(...args: readonly unknown[]): void;
  info(...args: readonly unknown[]): void;
  warn(...args: readonly unknown[]): void;
  error(...args: readonly unknown[]): void;
}

/** Client-level settings. Every member is read anew for each call (use getters). */
export interface CallSettings {
  /** The `login` option: the sender of text messages. */
  readonly login: string | undefined;
  /** What the application gave as `iceServers` (option or setter); undefined when it gave none. */
  readonly iceServers: RTCIceServer[] | undefined;
  /** For when neither the application nor the gateway gave any: the reference's list towards `*.telnyx.com`, else none. */
  readonly fallbackIceServers: RTCIceServer[];
  readonly trickleIce: boolean | undefined;
  readonly prefetchIceCandidates: boolean | undefined;
  readonly forceRelayCandidate: boolean | undefined;
  readonly keepConnectionAliveOnSocketClose: boolean | undefined;
  readonly autoRecoverCalls: boolean;
  readonly mutedMicOnStart: boolean | undefined;
  readonly mediaPermissionsRecovery: MediaPermissionsRecovery | undefined;
  readonly userVariables: Readonly<Record<string, unknown>> | undefined;
  /** `client.mediaConstraints.audio` (see `media/defaults.ts`). */
  readonly audio: boolean | MediaTrackConstraints;
  readonly video: boolean | MediaTrackConstraints;
  readonly micId: string | undefined;
  readonly micLabel: string | undefined;
  readonly camId: string | undefined;
  readonly camLabel: string | undefined;
  /** `client.speaker`. */
  readonly speakerId: string | undefined;
  readonly localElement: HTMLMediaElement | null;
  readonly remoteElement: HTMLMediaElement | null;
  readonly ringtoneFile: string | undefined;
  readonly ringbackFile: string | undefined;
  readonly debug: boolean | undefined;
  readonly debugOutput: 'socket' | 'file' | undefined;
  readonly audioProcessor?: AudioProcessor | undefined;
  readonly qualityThresholds?: QualityThresholds | undefined;
  /** True when `anonymous_login` is configured: `destinationNumber` may then be empty. */
  readonly anonymous: boolean;
}

/**
 * The surface of `CallRegistry` (calls/registry.ts, `new CallRegistry(deps: CallDeps)`) beside {@link CallsPort}, for `client.ts`.
 * `C` is the public `Call` class.
 */
export interface CallRegistryPort<C> {
  /** `client.calls`: one live object for the life of the registry. */
  readonly calls: Readonly<Record<string, C>>;
  /** Throws error 44002 without a destination. */
  newCall(options: PlainCallOptions): C;
  /** Calls in any state from `new` to `held`. */
  activeCalls(): C[];
  /** A call is `early`, `active` or `held`. */
  hasActiveCall(): boolean;
  /**
   * Ends every call. `bye: false` ends them locally. `purge: true` shows the state `purge` first (disconnect, punt).
   * Resolves when all are `destroy`; never rejects.
   */
  endAll(options: {
    readonly bye: boolean;
    readonly purge: boolean;
    readonly initiator: string;
  }): Promise<void>;
  /** `client.triggerIceRestart(callId)`. */
  restartIce(callId: string): RestartIceResult;
  /** After {@link endAll}: frees what belongs to no call (tones, remembered ids). */
  dispose(): void;
}
