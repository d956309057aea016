import type { Call } from '../index.ts';

/** The way to the gateway. `off`: nobody is signed in, and nobody tries. */
export type PhoneStatus = 'off' | 'connecting' | 'ready' | 'reconnecting' | 'failed';

/** `calling`: on its way to the far end; `ringing`: it rings there; `incoming`: it rings here. */
export type PhoneCallStatus =
  'calling' | 'ringing' | 'incoming' | 'answering' | 'active' | 'held' | 'recovering' | 'ended';

/** How a call ended, as the person sees it. */
export type Ending =
  | 'ended'
  | 'missed'
  | 'declined'
  | 'elsewhere'
  | 'cancelled'
  | 'busy'
  | 'rejected'
  | 'noAnswer'
  | 'noSuchNumber'
  | 'noRoute'
  | 'absent'
  | 'noCodec'
  | 'congestion'
  | 'lost'
  | 'failed';

/** Why a call sounds bad, as the person sees it. */
export type QualityHint = 'slow' | 'unsteady' | 'poor' | 'notHeard' | 'nothingHeard';

/** One call, at one moment. */
export interface PhoneCall {
  /** Stays the same when the SDK gives the call another id. */
  readonly key: string;
  readonly direction: 'inbound' | 'outbound';
  /** Empty where nobody told. */
  readonly name: string;
  readonly number: string;
  readonly status: PhoneCallStatus;
  /** The far side holds. */
  readonly remoteHeld: boolean;
  /** The far side's network is gone; the gateway waits for it. */
  readonly remoteAway: boolean;
  readonly muted: boolean;
  /** When it was answered, in milliseconds since the epoch; null before. */
  readonly answeredAt: number | null;
  /** Digits sent, the newest 20. */
  readonly digits: string;
  readonly hint: QualityHint | null;
  readonly transferring: boolean;
  /** Null while it lasts. */
  readonly ending: Ending | null;
  /** The SDK's object: what the element has no button for. */
  readonly call: Call;
}

/** Something went wrong. `code`: of `SDK_ERRORS`, of a transfer (`transfer_busy`), or of the element (`setup_host`). */
export interface PhoneProblem {
  readonly code: number | string;
  /** English, for a log; what the element shows is in its texts. */
  readonly message: string;
  /** The call that it concerns. */
  readonly key: string | null;
}

export interface PhoneDevice {
  readonly id: string;
  /** Empty where the browser hides it. */
  readonly label: string;
}

/** '' is the system's choice. */
export interface ChosenDevices {
  readonly microphone: string;
  readonly speaker: string;
  /** Where it rings; `off`: nowhere. */
  readonly ringer: string;
}

/** Everything that the element shows, at one moment: a new object each time something in it changes. */
export interface PhoneState {
  readonly status: PhoneStatus;
  /** A call waits for the sign-in. */
  readonly dialling: boolean;
  readonly problem: PhoneProblem | null;
  /** Oldest first. A call that ended stays for 4 s. */
  readonly calls: readonly PhoneCall[];
  readonly microphones: readonly PhoneDevice[];
  readonly speakers: readonly PhoneDevice[];
  readonly chosen: ChosenDevices;
}

export const isOver = ({ status }: PhoneCall): boolean => status === 'ended';
/** Answered, and not over. */
export const isUp = ({ status }: PhoneCall): boolean =>
  status === 'active' || status === 'held' || status === 'recovering';
