import type { Call } from './calls/call.ts';
import type { ITelnyxErrorEvent, ITelnyxMediaRecoveryErrorEvent, PlainEvents } from './payloads.ts';

export type {
  ITelnyxErrorEvent,
  ITelnyxMediaRecoveryErrorEvent,
  ITelnyxStandardErrorEvent,
  ITelnyxWarningClearedEvent,
  ITelnyxWarningEvent,
  SessionStateChange,
} from './payloads.ts';
export type { SocketCloseEvent, SocketErrorEvent } from './signaling/socket.ts';

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

export function isMediaRecoveryErrorEvent(
  event: ITelnyxErrorEvent,
): event is ITelnyxMediaRecoveryErrorEvent {
  return event.recoverable === true;
}

/** Event name → listener arguments. */
export interface ClientEvents extends PlainEvents {
  'telnyx.notification': [notification: INotification];
}
