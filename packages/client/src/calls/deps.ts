import type { ICallOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import type { SignalingPort } from './ports.ts';

/**
 * What `client.ts` hands to the calls floor. The composition root builds one and calls
 * `new CallRegistry(deps)`; nothing below ever sees the client itself.
 */
export interface CallDeps {
  readonly signaling: SignalingPort;
  readonly platform: Platform;
  readonly logger: CallLogger;
  readonly settings: CallSettings;
  /** The package version: call requests carry `User-Agent: "Web-<version>"`. */
  readonly version: string;
  /** Emits an event on the client, e.g. `telnyx.notification`. Never throws: listener errors are the emitter's business. */
  emit(event: string, payload: unknown): void;
  /** A new error out of the catalogue; emits nothing. */
  createError(code: number, init?: ErrorInit): CodedError;
  /** Emits `telnyx.error` with `{ error, sessionId, ...extras }`. */
  error(error: CodedError, extras: { readonly callId: string; readonly [key: string]: unknown }): void;
  /**
   * Emits `telnyx.warning` with `{ warning, sessionId, ...extras }`; returns the warning. A code is looked up in the
   * catalogue; an object is a warning that the catalogue does not hold (it has no counterpart in the reference).
   */
  warn(
    warning: number | CodedWarning,
    extras: { readonly callId: string; readonly [key: string]: unknown },
  ): CodedWarning;
}

export interface ErrorInit {
  /** What was caught: becomes `originalError`. */
  readonly originalError?: unknown;
  /** Replaces the catalogue's text. */
  readonly message?: string;
  /** Replaces the catalogue's flag. */
  readonly fatal?: boolean;
}

/** The part of `TelnyxError` that the calls floor needs. */
export interface CodedError extends Error {
  readonly code: number;
  readonly fatal: boolean;
}

export interface CodedWarning {
  readonly code: number;
  readonly name: string;
  readonly message: string;
  readonly description: string;
  readonly causes: readonly string[];
  readonly solutions: readonly string[];
}

export interface CallLogger {
  debug(...args: readonly unknown[]): void;
  info(...args: readonly unknown[]): void;
  warn(...args: readonly unknown[]): void;
  error(...args: readonly unknown[]): void;
}

export type ElementRef = HTMLMediaElement | string | (() => HTMLMediaElement | null) | null;

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
  /** True when `anonymous_login` is configured: `destinationNumber` may then be empty. */
  readonly anonymous: boolean;
}

export interface MediaPermissionsRecovery {
  readonly enabled: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly onSuccess?: () => void;
  readonly onError?: (error: Error) => void;
}

/**
 * The surface of `CallRegistry` (calls/registry.ts, `new CallRegistry(deps: CallDeps)`) beside {@link CallsPort}, for `client.ts`.
 * `C` is the public `Call` class.
 */
export interface CallRegistryPort<C> {
  /** `client.calls`: one live object for the life of the registry. */
  readonly calls: { readonly [callId: string]: C };
  /** Throws error 44002 without a destination. */
  newCall(options: ICallOptions): C;
  /** Calls in any state from `new` to `held`. */
  activeCalls(): C[];
  /** A call is `early`, `active` or `held`. */
  hasActiveCall(): boolean;
  /**
   * Ends every call. `bye: false` ends them locally. `purge: true` shows the state `purge` first (disconnect, punt).
   * Resolves when all are `destroy`; never rejects.
   */
  endAll(options: { readonly bye: boolean; readonly purge: boolean; readonly initiator: string }): Promise<void>;
  /** `client.triggerIceRestart(callId)`. */
  restartIce(callId: string): { started: boolean; reason?: string };
  /** After {@link endAll}: frees what belongs to no call (tones, remembered ids). */
  dispose(): void;
}
