import type { ReportDetail } from './quality/report-entry.ts';
import type { QualityThresholds } from './quality/warnings.ts';

export type Environment = 'production' | 'development';

/** Data centre regions of the default service. Any other string is accepted too. */
export const Region = {
  EU: 'eu',
  US_CENTRAL: 'us-central',
  US_EAST: 'us-east',
  US_WEST: 'us-west',
  CA_CENTRAL: 'ca-central',
  APAC: 'apac',
  SOUTH_ASIA: 'south-asia',
} as const;
export type Region = (typeof Region)[keyof typeof Region];

const STATIC_TURN = { username: 'testuser', credential: 'testpassword' };

/** The public ICE servers of the default service. Used only towards its own hosts (`*.telnyx.com`). */
export const TELNYX_ICE_SERVERS = {
  GOOGLE_STUN: { urls: 'stun:stun.l.google.com:19302' },
  TELNYX_STUN: { urls: 'stun:stun.telnyx.com:3478' },
  TELNYX_TURN_UDP_3478: { urls: 'turn:turn.telnyx.com:3478?transport=udp', ...STATIC_TURN },
  TELNYX_TURN_TCP_3478: { urls: 'turn:turn.telnyx.com:3478?transport=tcp', ...STATIC_TURN },
  TELNYX_TURNS_TCP_443: { urls: 'turns:turn2.telnyx.com:443', ...STATIC_TURN },
  TELNYX_TURNS_TCP_443_PRIMARY: { urls: 'turns:turn.telnyx.com:443', ...STATIC_TURN },
} as const;

/** The ICE servers that go with a `*.telnyx.com` host when neither the application nor the gateway names any. */
export function defaultIceServers(env: Environment | undefined): RTCIceServer[] {
  const t = TELNYX_ICE_SERVERS;
  const list: RTCIceServer[] = [
    t.TELNYX_STUN,
    t.GOOGLE_STUN,
    t.TELNYX_TURN_UDP_3478,
    t.TELNYX_TURN_TCP_3478,
    t.TELNYX_TURNS_TCP_443_PRIMARY,
    t.TELNYX_TURNS_TCP_443,
  ].map((server) => ({ ...server }));
  if (env !== 'development') {
    return list;
  }
  for (const server of list) {
    server.urls = (server.urls as string).replace(/(stun|turn)\.telnyx/, '$1dev.telnyx');
  }
  return list.slice(0, 5);
}

/** Where an anonymous session leads. */
export interface AnonymousLogin {
  /** `ai_assistant`. */
  target_type: string;
  target_id: string;
  target_version_id?: string | undefined;
  /** `conversation_id` joins a conversation that exists. */
  target_params?: TargetParams | undefined;
}
export interface TargetParams {
  conversation_id?: string;
  [key: string]: unknown;
}

/** Asked when connecting, when reconnecting and 120 s before the last token ends. Must settle within 10 s. */
export type TokenSource = () => string | Promise<string>;

export interface MediaPermissionsRecovery {
  enabled: boolean;
  /** Milliseconds the application has to call `resume()` or `reject()`; at most 25 000 is recommended. */
  timeout: number;
  onSuccess?: () => void;
  onError?: (error: Error) => void;
}

/**
 * A step of the application's own between microphone and network, or network and ear: noise suppression, gain, transcription. Each
 * function makes a track of the track that it is given, within 5 s. When it fails, the call goes on with the track as it was, and
 * warning 37002 tells of it.
 */
export interface AudioProcessor {
  /** For what is sent. Asked again when the microphone changes. */
  outbound?(track: MediaStreamTrack): MediaStreamTrack | Promise<MediaStreamTrack>;
  /** For what is heard. `call.remoteStream` stays as it came. */
  inbound?(track: MediaStreamTrack): MediaStreamTrack | Promise<MediaStreamTrack>;
  /** A track that this processor made is not used any more, and stopped. */
  dispose?(track: MediaStreamTrack): void;
}

/**
 * What `new TelnyxRTC(options)` takes ({@link ClientOptions} also allows a function as token). A member that is `undefined` counts as
 * not given.
 */
export interface IClientOptions {
  /** JSON Web Token. Neither read nor sent when `login` and `password` are given. */
  login_token?: string | undefined;
  /** User name. */
  login?: string | undefined;
  password?: string | undefined;
  /** Signs in without credentials, towards one target only. */
  anonymous_login?: AnonymousLogin | undefined;
  /** Ring also while another client of this user is active. Default false. */
  pushWhenActive?: boolean | undefined;
  /** Ask the gateway for an SDP answer before the call is answered. Default false. */
  earlySdpAnswer?: boolean | undefined;
  /** URL of a sound played in a loop while an inbound call rings. */
  ringtoneFile?: string | undefined;
  /** URL of a sound played in a loop while the far end of an outbound call rings, when the gateway sends no tone itself. */
  ringbackFile?: string | undefined;
  /** Console level `debug`, and a debug report of every call (`telnyx.stats.report`, and see `debugOutput`). Default false. */
  debug?: boolean | undefined;
  /** `file`: offered as a file at the end of the call, and nothing is sent. `socket`: sent to the gateway as it comes. Default `socket`. */
  debugOutput?: 'socket' | 'file' | undefined;
  /** Gather ICE candidates before the offer is made. Default false. */
  prefetchIceCandidates?: boolean | undefined;
  /** Media through TURN only. Default false. */
  forceRelayCandidate?: boolean | undefined;
  /** Send candidates as they are found. Undefined: where the gateway announces that it can take them. */
  trickleIce?: boolean | undefined;
  /** Keep calls and their media through a loss of signalling and take them up again without renegotiation. Default false. */
  keepConnectionAliveOnSocketClose?: boolean | undefined;
  /** `false`: calls survive a page reload. Default true: they are hung up. */
  hangupOnBeforeUnload?: boolean | undefined;
  region?: string | undefined;
  /** Address to connect to instead of the default host; together with `host` a query parameter. */
  rtcIp?: string | undefined;
  /** Port to connect to instead of the default one; together with `host` and `rtcIp` a query parameter. */
  rtcPort?: number | undefined;
  useCanaryRtcServer?: boolean | undefined;
  skipLastVoiceSdkId?: boolean | undefined;
  skipTrailing?: boolean | undefined;
  env?: Environment | undefined;
  /** For all calls; a call's own list wins. Default: what the gateway hands out. */
  iceServers?: RTCIceServer[] | undefined;
  /** Calls start with a muted microphone, also one that is switched to later. Default false. */
  mutedMicOnStart?: boolean | undefined;
  /**
   * Attempts in a row before the client gives up (error 45003); a call in progress is given 90 s at least. Default, and 0: it
   * never does, and asks again within 30 s and whenever the network or the page comes back.
   */
  maxReconnectAttempts?: number | undefined;
  /** Default true. */
  enableCallReports?: boolean | undefined;
  /** Milliseconds a statistics interval lasts, 1000 at least. Default 5000. */
  callReportInterval?: number | undefined;
  /** Milliseconds between uploads during a call; 0: only at its end. Default 180 000. */
  callReportFlushInterval?: number | undefined;
  /** What call reports and debug reports may hold beyond measurements. Default: none of it. */
  callReportDetail?: ReportDetail | undefined;
  /** When the quality of a call is worth a warning. Read anew each second. */
  qualityThresholds?: QualityThresholds | undefined;
  /** Default false. */
  enableCallRecording?: boolean | undefined;
  /** Default 15 000 ms. */
  callRecordingFlushIntervalMs?: number | undefined;
  /** Default 8 000 000 bytes a track. */
  callRecordingMaxBufferBytes?: number | undefined;
  /** Default 48 000 Hz. */
  callRecordingSampleRate?: number | undefined;
  callRecordingTracks?: ('local' | 'remote')[] | undefined;
  /** Default `/call_recording`. */
  callRecordingEndpoint?: string | undefined;
  /** Inbound calls: lets the user mend a refused microphone while the call waits. */
  mediaPermissionsRecovery?: MediaPermissionsRecovery | undefined;
  /** For all calls; a call's own wins. */
  audioProcessor?: AudioProcessor | undefined;

  /** The gateway's address, for example `wss://calls.example.com`. Without a scheme `wss://` is put in front; `https://` means the same. */
  host?: string | undefined;
  /**
   * Further addresses of the same service, in order: the next one is tried when one is down, after 5 s where a call hangs on it. A
   * session, and with it its calls, can be resumed only where the gateways share them.
   */
  hosts?: readonly string[] | undefined;
  /** Alias of `password`, which wins. */
  passwd?: string | undefined;
  /** Sent at sign-in, and with calls that have none of their own. */
  userVariables?: Record<string, unknown> | undefined;
  /** Default for calls. Default false. */
  video?: boolean | undefined;
  /** False: a lost connection stays lost. Default true. */
  autoReconnect?: boolean | undefined;
  /** Calls that lost their connection come back by themselves. Default true; also `client.autoRecoverCalls`. */
  autoRecoverCalls?: boolean | undefined;
  /** Least level kept for the call report. Default `debug`. */
  debugLogLevel?: 'debug' | 'info' | 'warn' | 'error' | undefined;
  /** Default 1000. */
  debugLogMaxEntries?: number | undefined;
  /** Repeated in the call report. */
  project?: string | undefined;
  /** Has no effect but that call reports name it as the way of signing in, when there is no other. */
  token?: string | undefined;
}

/** The parameter of `new TelnyxRTC()`: what applications may give beyond what those that read {@link IClientOptions} expect to find. */
export interface ClientOptions extends Omit<IClientOptions, 'login_token' | 'video'> {
  /** JSON Web Token, or a function that fetches one. Neither read nor sent when `login` and `password` are given. */
  login_token?: string | TokenSource | undefined;
  /** Default for calls. Default false. */
  video?: boolean | MediaTrackConstraints | undefined;
}

/** Not used by the SDK; for applications that name the type. */
export interface ICredentials {
  username?: string;
  password?: string;
  token?: string;
}

/** What `client.login({ creds })` can change. */
export type LoginCredentials = Pick<
  ClientOptions,
  'login' | 'password' | 'passwd' | 'login_token' | 'userVariables' | 'anonymous_login'
>;

export interface SipHeader {
  name: string;
  value: string;
}
/** A function `F`, or one of which an application has said no more than `Function`. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what applications hold by this type compiled until now
export type Callback<F> = F | Function;
/** An element, its DOM id, or a function that gives it. */
export type MediaElementSource = HTMLMediaElement | string | Callback<() => HTMLMediaElement>;

/** What a call is made from. A member that is `undefined` counts as not given. With `onNotification` it is `ICallOptions`. */
export interface PlainCallOptions {
  /** Number, SIP URI or user name. Required unless the session is anonymous. */
  destinationNumber?: string | undefined;
  callerNumber?: string | undefined;
  callerName?: string | undefined;
  /** Default: a UUID. Must not be that of a live call. */
  id?: string | undefined;
  /** The gateway tells this and the next two; `newCall()` ignores them. */
  telnyxCallControlId?: string | undefined;
  telnyxSessionId?: string | undefined;
  telnyxLegId?: string | undefined;
  /** Base64. */
  clientState?: string | undefined;
  /** Sent instead of the microphone. Its tracks stay the application's: they are not stopped. */
  localStream?: MediaStream | undefined;
  remoteStream?: MediaStream | undefined;
  localElement?: MediaElementSource | undefined;
  remoteElement?: MediaElementSource | undefined;
  iceServers?: RTCIceServer[] | undefined;
  audio?: boolean | MediaTrackConstraints | undefined;
  video?: boolean | MediaTrackConstraints | undefined;
  useStereo?: boolean | undefined;
  micId?: string | undefined;
  camId?: string | undefined;
  speakerId?: string | undefined;
  mediaSettings?: { useSdpASBandwidthKbps?: boolean; sdpASBandwidthKbps?: number } | undefined;
  customHeaders?: SipHeader[] | undefined;
  debug?: boolean | undefined;
  debugOutput?: 'socket' | 'file' | undefined;
  preferred_codecs?: RTCRtpCodec[] | undefined;
  prefetchIceCandidates?: boolean | undefined;
  forceRelayCandidate?: boolean | undefined;
  trickleIce?: boolean | undefined;
  keepConnectionAliveOnSocketClose?: boolean | undefined;
  /** Between microphone and network, and network and ear. Later: `call.setAudioProcessor()`. */
  audioProcessor?: AudioProcessor | undefined;

  /** Default `Outbound Call`. */
  remoteCallerName?: string | undefined;
  /** Default: the destination. */
  remoteCallerNumber?: string | undefined;
  userVariables?: Record<string, unknown> | undefined;
  micLabel?: string | undefined;
  camLabel?: string | undefined;
  ringtoneFile?: string | undefined;
  ringbackFile?: string | undefined;
  mutedMicOnStart?: boolean | undefined;
  /** With `audio: false`: hear, but send nothing and ask for no microphone. */
  receiveOnlyAudio?: boolean | undefined;
  negotiateAudio?: boolean | undefined;
  negotiateVideo?: boolean | undefined;
  /** Suppresses this call's notifications. */
  screenShare?: boolean | undefined;
  skipNotifications?: boolean | undefined;
  googleMaxBitrate?: number | undefined;
  googleMinBitrate?: number | undefined;
  googleStartBitrate?: number | undefined;
}

/** Shallow copy from left to right in which `undefined` never overrides. */
export function merge<T extends object>(base: T, ...others: readonly object[]): T {
  const result = { ...base } as Record<string, unknown>;
  for (const other of others) {
    for (const [key, value] of Object.entries(other)) {
      if (value !== undefined) {
        result[key] = value;
      }
    }
  }
  return result as T;
}

export type LoginKind = 'password' | 'token' | 'anonymous';

/** The kind of sign-in these options lead to; null: none. A password wins over a token, and both over an anonymous target. */
export function loginKind(options: ClientOptions): LoginKind | null {
  const { login, password, passwd, login_token: token, anonymous_login: target } = options;
  if (login && (password || passwd)) {
    return 'password';
  }
  if (token) {
    return 'token';
  }
  return target?.target_id && target.target_type ? 'anonymous' : null;
}
