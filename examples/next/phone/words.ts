import { TELNYX_ERROR_CODES } from '@offhook/client';
import type { CallSnapshot } from '@offhook/react';

/** What a person reads for the state of a call. */
export function wordsFor({ state, ringing }: CallSnapshot): string {
  switch (state) {
    case 'ringing':
      return 'Incoming call';
    case 'answering':
      return 'Connecting';
    case 'held':
      return 'On hold';
    case 'recovering':
      return 'Connection lost, reconnecting';
    default:
      return ringing ? 'Ringing' : 'Calling';
  }
}

/** Why calls end. `cause` has more values than these; an application says what its users need. */
const ENDS: Readonly<Record<string, string>> = {
  USER_BUSY: 'Busy',
  CALL_REJECTED: 'Declined',
  NO_ANSWER: 'No answer',
  SUBSCRIBER_ABSENT: 'Not signed in',
  UNALLOCATED_NUMBER: 'No such number',
  ORIGINATOR_CANCEL: 'Not answered',
  BLIND_TRANSFER: 'Handed over',
};

export const wordsForEnd = (cause: string | null): string => ENDS[cause ?? ''] ?? 'Call ended';

interface Problem {
  readonly name: string;
  readonly message: string;
  readonly code?: number;
}

/** What a person reads when something went wrong. The SDK's own sentences do for most of it. */
export function wordsForProblem(error: Problem): string {
  if (error.code === TELNYX_ERROR_CODES.LOGIN_FAILED) {
    return 'User or password is wrong.';
  }
  return error.name === 'TimeoutError' ? 'The gateway does not answer.' : error.message;
}

/** `1:05` */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
