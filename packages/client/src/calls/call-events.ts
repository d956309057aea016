import type { CallState } from '@offhook/protocol';
import type { ITelnyxWarning } from '../errors/catalogue.ts';
import type { TelnyxError } from '../errors/telnyx-error.ts';
import type { QualitySample } from '../quality/sampler.ts';

/** How a call ended. */
export interface CallEnd {
  /** For example `NORMAL_CLEARING`. */
  readonly cause: string;
  /** Q.850, or a code above 127 where Q.850 has none. */
  readonly causeCode: number;
  /** What the gateway heard by SIP; null when it did not say or this side hung up. */
  readonly sipCode: number | null;
  readonly sipReason: string | null;
  readonly sipCallId: string | null;
  /** Which side ended it. `local` also for calls that could not be set up or kept. */
  readonly side: 'local' | 'remote';
}

export interface ClearedWarning {
  /** Milliseconds from the raising to the end. */
  readonly lastedMs: number;
  readonly [more: string]: unknown;
}

/** What a part of a call knows of the object that the application holds: the public `Call`. */
export interface CallObject {
  readonly id: string;
  hangup(): Promise<void>;
  whenEnded(): Promise<CallEnd>;
}

/** Who is at the far end. */
export interface RemoteParty {
  readonly name: string;
  readonly number: string;
}

/** Why a transfer came to nothing. */
export interface TransferFailure {
  /** For example `USER_BUSY`. */
  readonly cause?: string | undefined;
  /** Q.850, or a code above 127 where Q.850 has none. */
  readonly causeCode?: number | undefined;
  /** What the gateway heard by SIP, or would say by it. */
  readonly sipCode?: number | undefined;
  readonly sipReason?: string | undefined;
}

/** Event name → listener arguments, inside a call. */
export interface LegEvents {
  state: [state: CallState, previous: CallState];
  /** The far end of a call that this side placed rings. */
  ringing: [];
  hold: [change: { readonly side: 'local' | 'remote'; readonly held: boolean }];
  /** The far side's network went away, or is back; there is silence meanwhile. */
  remoteAway: [away: boolean];
  /** Somebody else is at the far end: the call was handed over there, or joined with another one. */
  remoteParty: [party: RemoteParty];
  /** @internal A transfer, by its id, came to nothing. */
  transferFailed: [id: string, failure: TransferFailure];
  /** A digit that the far side sent. */
  dtmf: [digit: string];
  /** The microphone was muted or unmuted. */
  mute: [muted: boolean];
  /** Once a second while somebody listens. */
  sample: [sample: QualitySample];
  /** Loudness, 0 to 1, ten times a second while somebody listens. */
  levels: [levels: { readonly local: number; readonly remote: number }];
  /** The user speaks and is muted; at most every 5 s. While somebody listens, the microphone is measured here, and never sent. */
  talkingWhileMuted: [];
  /** Another microphone is sent from now on. */
  input: [track: MediaStreamTrack];
  /** Once, when the call is over. */
  ended: [end: CallEnd];
  /** The call goes on in another object: with the same id, or with a new one and this one's as `recoveredCallId`. */
  recovered: [call: CallObject];
  /** `about`: further members of the payload of `telnyx.warning`. */
  warning: [warning: ITelnyxWarning, about: Readonly<Record<string, unknown>>];
  /** A warning of quality has ended: it was raised before, by its code (and, of 37003, its `direction`). */
  warningCleared: [warning: ITelnyxWarning, about: ClearedWarning];
  error: [error: TelnyxError];
  /** @internal The peer connection was made. */
  peer: [peer: RTCPeerConnection];
}

/** What `call.feedback()` takes. */
export interface CallFeedback {
  /** 1 (bad) to 5 (excellent). */
  readonly score: number;
  /** For example `echo`, `one-way`; 20 at most are kept. */
  readonly tags?: readonly string[] | undefined;
  /** 1000 characters at most are kept. */
  readonly note?: string | undefined;
}

/** `whenRinging()` or `whenActive()`: the call ended first. */
export class CallEndedError extends Error {
  readonly end: CallEnd;
  constructor(end: CallEnd) {
    super(`The call ended: ${end.cause} (${end.causeCode})`);
    this.name = 'CallEndedError';
    this.end = end;
  }
}

/**
 * Why `call.transfer()` did nothing: whom it was to reach was `busy`, `declined`, did not answer (`no_answer`), does not exist
 * (`not_found`), is not signed in (`unavailable`), may not be called (`not_allowed`), or has no codec in common (`no_codec`). `cancelled`: by the
 * signal. `in_progress`: of this call or the other one a transfer is under way, or one of them is not answered. `invalid`: the target is none.
 * `unsupported`: the gateway cannot do it. `call_ended`: the call, or the other one, was over first. `failed`: anything else.
 */
export type TransferErrorReason =
  | 'busy'
  | 'declined'
  | 'no_answer'
  | 'not_found'
  | 'unavailable'
  | 'not_allowed'
  | 'no_codec'
  | 'cancelled'
  | 'in_progress'
  | 'invalid'
  | 'unsupported'
  | 'call_ended'
  | 'failed';

/** `call.transfer()` did nothing: the calls are as they were, unless they ended. */
export class TransferError extends Error {
  readonly reason: TransferErrorReason;
  /** In the gateway's words; empty where it said none. */
  readonly failure: TransferFailure;
  constructor(reason: TransferErrorReason, message: string, failure: TransferFailure = {}) {
    super(message);
    this.name = 'TransferError';
    this.reason = reason;
    this.failure = failure;
  }
}
