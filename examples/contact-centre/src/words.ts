import { TELNYX_ERROR_CODES, TransferError } from '@offhook/client';
import type { CallSnapshot } from '@offhook/react';

export const CONNECTION = {
  idle: 'Connecting',
  connecting: 'Connecting',
  ready: 'Ready',
  reconnecting: 'Connection lost, reconnecting',
  failed: 'Signed out',
  closed: 'Signed out',
};

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
  ATTENDED_TRANSFER: 'Joined',
};

export const wordsForEnd = (cause: string | null): string => ENDS[cause ?? ''] ?? 'Call ended';

/** Why nobody took over a call. `reason` has more values than these. */
const REFUSALS: Readonly<Record<string, string>> = {
  busy: 'Busy',
  declined: 'Declined',
  no_answer: 'No answer',
  not_found: 'No such number',
  unavailable: 'Not signed in',
  not_allowed: 'You may not call that number',
  cancelled: 'Taken back',
};

export function wordsForRefusal(error: unknown): string {
  const reason = error instanceof TransferError ? error.reason : '';
  return `Not handed over: ${REFUSALS[reason] ?? 'that did not work'}. You still have the call.`;
}

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
