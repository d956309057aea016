import type { IAIConversationMessageEvent } from './ai.ts';
import type { ITelnyxWarning } from './errors/catalogue.ts';
import type { ITelnyxError, ITelnyxMediaError } from './errors/telnyx-error.ts';
import type { SessionOutcome, SessionState } from './signaling/session-state.ts';
import type { SocketCloseEvent, SocketErrorEvent } from './signaling/socket.ts';

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

/** Event name → listener arguments, of all events whose payload names no `Call`. */
export interface PlainEvents {
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
