import type { Call } from './calls/call.ts';
import type { ITelnyxWarning } from './errors/catalogue.ts';
import type { ITelnyxError, ITelnyxMediaError } from './errors/telnyx-error.ts';
import type { IAIConversationMessageEvent } from './ai.ts';
import type { SessionOutcome, SessionState } from './signaling/session-state.ts';
import type { SocketCloseEvent, SocketErrorEvent } from './signaling/socket.ts';

export type { SocketCloseEvent, SocketErrorEvent };

/** Names of all events. Payloads: {@link ClientEvents}. */
export const SwEvent = {
  SocketOpen: 'telnyx.socket.open',
  SocketClose: 'telnyx.socket.close',
  SocketError: 'telnyx.socket.error',
  SocketMessage: 'telnyx.socket.message',
  SpeedTest: 'telnyx.internal.speedtest',
  SocketActivity: 'telnyx.internal.socketActivity',
  Ready: 'telnyx.ready',
  Error: 'telnyx.error',
  Warning: 'telnyx.warning',
  Notification: 'telnyx.notification',
  StatsFrame: 'telnyx.stats.frame',
  StatsReport: 'telnyx.stats.report',
  Messages: 'telnyx.messages',
  Calls: 'telnyx.calls',
  MediaError: 'telnyx.rtc.mediaError',
  PeerConnectionFailureError: 'telnyx.rtc.peerConnectionFailureError',
  PeerConnectionSignalingStateClosed: 'telnyx.rtc.peerConnectionSignalingStateClosed',
  AIConversationMessage: 'telnyx.ai.conversation',
} as const;
export type SwEvent = (typeof SwEvent)[keyof typeof SwEvent];
// The reference's is an enum, whose members are types too: `event is SwEvent.Ready` is to compile.
// eslint-disable-next-line @typescript-eslint/no-namespace -- types only: nothing of it is left at run time
export declare namespace SwEvent {
  export type SocketOpen = (typeof SwEvent)['SocketOpen'];
  export type SocketClose = (typeof SwEvent)['SocketClose'];
  export type SocketError = (typeof SwEvent)['SocketError'];
  export type SocketMessage = (typeof SwEvent)['SocketMessage'];
  export type SpeedTest = (typeof SwEvent)['SpeedTest'];
  export type SocketActivity = (typeof SwEvent)['SocketActivity'];
  export type Ready = (typeof SwEvent)['Ready'];
  export type Error = (typeof SwEvent)['Error'];
  export type Warning = (typeof SwEvent)['Warning'];
  export type Notification = (typeof SwEvent)['Notification'];
  export type StatsFrame = (typeof SwEvent)['StatsFrame'];
  export type StatsReport = (typeof SwEvent)['StatsReport'];
  export type Messages = (typeof SwEvent)['Messages'];
  export type Calls = (typeof SwEvent)['Calls'];
  export type MediaError = (typeof SwEvent)['MediaError'];
  export type PeerConnectionFailureError = (typeof SwEvent)['PeerConnectionFailureError'];
  export type PeerConnectionSignalingStateClosed =
    (typeof SwEvent)['PeerConnectionSignalingStateClosed'];
  export type AIConversationMessage = (typeof SwEvent)['AIConversationMessage'];
}

/** The `type` of a notification, by what caused it. */
export const NOTIFICATION_TYPE = {
  generic: 'event',
  'telnyx_rtc.display': 'participantData',
  'telnyx_rtc.attach': 'participantData',
  conferenceUpdate: 'conferenceUpdate',
  callUpdate: 'callUpdate',
  vertoClientReady: 'vertoClientReady',
  userMediaError: 'userMediaError',
  peerConnectionFailureError: 'peerConnectionFailureError',
  signalingStateClosed: 'signalingStateClosed',
} as const;

export const ERROR_TYPE = { invalidCredentialsOptions: 'InvalidCredentialsOptions' } as const;

/** What a notification may hold beside its `type`. */
interface NotificationFields {
  call?: Call;
  error?: Error;
  errorName?: string;
  errorMessage?: string;
  displayName?: string;
  displayNumber?: string;
  displayDirection?: string;
}

/** A call has a new state, or is new. */
export interface ICallUpdateNotification extends NotificationFields {
  type: 'callUpdate';
  call: Call;
}

/** The other notifications; `call` and the rest are there where the type has them. */
export interface IOtherNotification extends NotificationFields {
  /** Missing on an event of a channel that nobody subscribed to. */
  type: Exclude<(typeof NOTIFICATION_TYPE)[keyof typeof NOTIFICATION_TYPE], 'callUpdate'>;
}

/** Payload of `telnyx.notification`: `type === 'callUpdate'` says that there is a `call`. */
export type INotification = ICallUpdateNotification | IOtherNotification;

export interface ITelnyxStandardErrorEvent {
  error: ITelnyxError;
  sessionId: string;
  callId?: string;
  recoverable?: false;
}

/** A failed capture while answering that the application may mend: see `mediaPermissionsRecovery`. */
export interface ITelnyxMediaRecoveryErrorEvent {
  error: ITelnyxMediaError;
  sessionId: string;
  callId: string;
  recoverable: true;
  /** Milliseconds since the epoch; after it the call ends. */
  retryDeadline: number;
  resume: () => void;
  reject: () => void;
}

export type ITelnyxErrorEvent = ITelnyxStandardErrorEvent | ITelnyxMediaRecoveryErrorEvent;

export function isMediaRecoveryErrorEvent(
  event: ITelnyxErrorEvent,
): event is ITelnyxMediaRecoveryErrorEvent {
  return event.recoverable === true;
}

/** Payload of `telnyx.warning`. Some warnings carry more fields: `source` and `reason` on 36003, `params` on 35002. */
export interface ITelnyxWarningEvent {
  warning: ITelnyxWarning;
  sessionId: string;
  callId?: string;
  [extra: string]: unknown;
}

/** Payload of `telnyx.warning.cleared`. Of 37003 it has the `direction` of the warning that has ended. */
export interface ITelnyxWarningClearedEvent extends ITelnyxWarningEvent {
  callId: string;
  /** Milliseconds since it was first raised. */
  lastedMs: number;
}

/** Payload of `telnyx.session.state`. */
export interface SessionStateChange {
  readonly state: SessionState;
  /** Why the session ended; missing while it has not. */
  readonly outcome?: SessionOutcome;
}

/** Event name → listener arguments. */
export interface ClientEvents {
  'telnyx.socket.open': [event: Event];
  'telnyx.socket.close': [event: SocketCloseEvent];
  'telnyx.socket.error': [event: SocketErrorEvent];
  /** Parsed JSON-RPC objects that no request was waiting for, and all gateway states. */
  'telnyx.socket.message': [message: Record<string, unknown>];
  'telnyx.internal.speedtest': [result: { upDur: number; downDur: number }];
  'telnyx.internal.socketActivity': [activity: { timestamp: number }];
  'telnyx.ready': [ready: { type: 'vertoClientReady'; state?: string; [extra: string]: unknown }];
  /** `client.sessionState` has changed. Ours: the reference tells nothing of it. */
  'telnyx.session.state': [change: SessionStateChange];
  'telnyx.error': [event: ITelnyxErrorEvent];
  'telnyx.warning': [event: ITelnyxWarningEvent];
  /** A warning of quality that was raised has ended. Ours: the reference tells nothing of it. */
  'telnyx.warning.cleared': [event: ITelnyxWarningClearedEvent];
  'telnyx.notification': [notification: INotification];
  /** Once a second and call, while somebody listens. */
  'telnyx.stats.frame': [frame: Record<string, unknown>];
  /** With `debug`, or for calls that began while somebody listened, once a call, at its end: what happened to its peer connection, and statistics each second. */
  'telnyx.stats.report': [timeline: unknown[], about?: { readonly callId: string }];
  'telnyx.messages': [message: unknown];
  'telnyx.calls': [calls: unknown];
  'telnyx.rtc.mediaError': [error: unknown];
  'telnyx.rtc.peerConnectionFailureError': [
    event: { warning?: ITelnyxWarning; error: Error; sessionId: string; callId?: string },
  ];
  'telnyx.rtc.peerConnectionSignalingStateClosed': [event: { sessionId: string; callId?: string }];
  'telnyx.ai.conversation': [message: IAIConversationMessageEvent];
}
