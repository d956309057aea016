import type { CallSnapshot } from '@offhook/react';

export type Outcome = 'answered' | 'missed' | 'declined' | 'cancelled' | 'elsewhere' | 'failed';

export interface Ending {
  readonly outcome: Outcome;
  /** A few words, such as `Busy`. */
  readonly text: string;
  /** What the person can do about it; '' when nothing is wrong. */
  readonly advice: string;
}

type Told = readonly [text: string, advice: string];

const LATER = 'Try again later.';

/** Causes of a call that was never answered. */
const UNANSWERED: Readonly<Record<string, Told>> = {
  USER_BUSY: ['Busy', LATER],
  CALL_REJECTED: ['Declined', LATER],
  NO_ANSWER: ['No answer', LATER],
  NO_USER_RESPONSE: ['No answer', LATER],
  UNALLOCATED_NUMBER: ['No such number', 'Check the number and call again.'],
  INVALID_NUMBER_FORMAT: ['Not a valid number', 'Check the number and call again.'],
  NO_ROUTE_DESTINATION: ['Cannot be reached from here', 'Check the address and call again.'],
  SUBSCRIBER_ABSENT: ['Not signed in', 'They have no phone open right now. Try again later.'],
  USER_NOT_REGISTERED: ['Not signed in', 'They have no phone open right now. Try again later.'],
  INCOMPATIBLE_DESTINATION: ['No common audio format', 'Try another browser.'],
  NORMAL_CIRCUIT_CONGESTION: ['All lines are busy', 'Try again in a moment.'],
  NETWORK_OUT_OF_ORDER: ['Network trouble', 'Try again in a moment.'],
};

/** Causes that cut a call. */
const BROKEN: Readonly<Record<string, Told>> = {
  NORMAL_TEMPORARY_FAILURE: ['Connection lost', 'Call again.'],
  RECOVERY_ON_TIMER_EXPIRE: ['Connection lost', 'Call again.'],
  MEDIA_TIMEOUT: ['No more sound arrived', 'Check your network and call again.'],
  DESTINATION_OUT_OF_ORDER: ['The other phone stopped working', 'Call again.'],
  SERVICE_UNAVAILABLE: ['The service is not available', 'Try again in a moment.'],
};

/** What the end of a call means to the person who had it. */
export function explainEnding(call: CallSnapshot): Ending {
  const cause = call.cause ?? 'NORMAL_CLEARING';
  const broken = BROKEN[cause];
  if (broken) {
    return { outcome: 'failed', text: broken[0], advice: broken[1] };
  }
  if (call.startedAt !== null) {
    return { outcome: 'answered', text: 'Call ended', advice: '' };
  }
  if (cause === 'LOSE_RACE') {
    return { outcome: 'elsewhere', text: 'Answered on another device', advice: '' };
  }
  if (call.direction === 'inbound') {
    return call.endedBy === 'local'
      ? { outcome: 'declined', text: 'Declined', advice: '' }
      : { outcome: 'missed', text: 'Missed call', advice: '' };
  }
  if (call.endedBy === 'local' && (cause === 'ORIGINATOR_CANCEL' || cause === 'USER_BUSY')) {
    return { outcome: 'cancelled', text: 'Cancelled', advice: '' };
  }
  const [text, advice] = UNANSWERED[cause] ?? ['Call failed', LATER];
  return { outcome: 'failed', text, advice };
}
