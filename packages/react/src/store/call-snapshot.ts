import type { Call } from '@offhook/client';

/** One call at one moment. A new object each time something in it changes, so `===` tells. */
export interface CallSnapshot {
  readonly id: string;
  /** Ids that the call had before a recovery gave it another one, oldest first. `useCall()` finds the call by each of them. */
  readonly formerIds: readonly string[];
  /** `new`, `requesting`, `trying`, `recovering`, `ringing`, `answering`, `early`, `active`, `held`, `hangup`, `destroy`, `purge`. */
  readonly state: Call['state'];
  readonly direction: 'inbound' | 'outbound';
  /** The number of whoever is at the other end now, or what was dialled. */
  readonly number: string;
  /** The other party's name; '' when unknown. */
  readonly name: string;
  /** We hold the call. */
  readonly held: boolean;
  /** The other party holds the call. */
  readonly remoteHeld: boolean;
  /** The other party's network is gone, and the gateway waits for it. */
  readonly remoteAway: boolean;
  readonly muted: boolean;
  /** An inbound call that waits for an answer, or an outbound one whose far end rings. */
  readonly ringing: boolean;
  /** Milliseconds since the epoch when the call was first seen. */
  readonly createdAt: number;
  /** Milliseconds since the epoch when the call was first answered; null before that. */
  readonly startedAt: number | null;
  /** Milliseconds since the epoch when the call ended; null before that. */
  readonly endedAt: number | null;
  /** Which side ended the call; null before that. `local` also for calls that could not be set up or kept. */
  readonly endedBy: 'local' | 'remote' | null;
  /** Why the call ended, such as `USER_BUSY`; null before that. */
  readonly cause: string | null;
  /** Q.850 code that belongs to `cause`. */
  readonly causeCode: number | null;
  readonly sipCode: number | null;
  readonly sipReason: string | null;
  /** The live object, for actions: `call.hangup()`. */
  readonly call: Call;
}

/** What a call object does not know of its own past. */
export interface CallTimes {
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly endedBy: 'local' | 'remote' | null;
}

/** The reference's name for "we do not know who": not a name to show. */
const PLACEHOLDER_NAMES = new Set(['Outbound Call', 'Inbound Call']);

const ENDED_STATES = new Set<string>(['hangup', 'destroy', 'purge']);

export function isEnded(state: string): boolean {
  return ENDED_STATES.has(state);
}

export function isAnswered(state: string): boolean {
  return state === 'active' || state === 'held';
}

export function takeCallSnapshot(
  call: Call,
  times: CallTimes,
  formerIds: readonly string[],
): CallSnapshot {
  // Who came there by a transfer, else who it began with.
  const { remoteParty } = call;
  const { remoteCallerName, remoteCallerNumber, destinationNumber } = remoteParty
    ? {
        remoteCallerName: remoteParty.name,
        remoteCallerNumber: remoteParty.number,
        destinationNumber: remoteParty.number,
      }
    : call.options;
  // Set when the call ends, whatever the type says of before.
  const end: Partial<Pick<Call, 'cause' | 'causeCode' | 'sipCode' | 'sipReason'>> = call;
  // The first `callUpdate` comes from inside the constructor, before a call knows its direction.
  const direction = (call.direction as CallSnapshot['direction'] | undefined) ?? 'outbound';
  const number =
    (direction === 'outbound' ? destinationNumber || remoteCallerNumber : remoteCallerNumber) ?? '';
  const name = remoteCallerName ?? '';
  return {
    id: call.id,
    formerIds,
    state: call.state,
    direction,
    number,
    name: PLACEHOLDER_NAMES.has(name) || name === number ? '' : name,
    held: call.state === 'held',
    remoteHeld: call.remoteHeld,
    remoteAway: call.remoteAway,
    muted: call.isAudioMuted,
    ringing: call.state === 'ringing' || (call.ringing && !isEnded(call.state)),
    ...times,
    cause: end.cause ?? null,
    causeCode: end.causeCode ?? null,
    sipCode: end.sipCode ?? null,
    sipReason: end.sipReason ?? null,
    call,
  };
}

export function sameCallSnapshot(a: CallSnapshot, b: CallSnapshot): boolean {
  return (Object.keys(a) as (keyof CallSnapshot)[]).every((key) => a[key] === b[key]);
}
