import type { CallSnapshot } from '@offhook/react';

export type Outcome = 'answered' | 'missed' | 'declined' | 'cancelled' | 'elsewhere' | 'failed';

/** How a call ended: what texts/phone.ts has words for. */
const ENDING_IDS = [
  'ended',
  'elsewhere',
  'declined',
  'missed',
  'cancelled',
  'busy',
  'rejected',
  'noAnswer',
  'noSuchNumber',
  'badNumber',
  'noRoute',
  'absent',
  'noCodec',
  'congestion',
  'network',
  'lost',
  'silent',
  'phoneBroke',
  'noService',
  'failed',
] as const;

export type EndingId = (typeof ENDING_IDS)[number];

export const isEnding = (value: unknown): value is EndingId =>
  (ENDING_IDS as readonly unknown[]).includes(value);

export interface Ending {
  readonly outcome: Outcome;
  readonly id: EndingId;
}

/** Causes of a call that was never answered. */
const UNANSWERED: Readonly<Record<string, EndingId>> = {
  USER_BUSY: 'busy',
  CALL_REJECTED: 'rejected',
  NO_ANSWER: 'noAnswer',
  NO_USER_RESPONSE: 'noAnswer',
  UNALLOCATED_NUMBER: 'noSuchNumber',
  INVALID_NUMBER_FORMAT: 'badNumber',
  NO_ROUTE_DESTINATION: 'noRoute',
  SUBSCRIBER_ABSENT: 'absent',
  USER_NOT_REGISTERED: 'absent',
  INCOMPATIBLE_DESTINATION: 'noCodec',
  NORMAL_CIRCUIT_CONGESTION: 'congestion',
  NETWORK_OUT_OF_ORDER: 'network',
};

/** Causes that cut a call. */
const BROKEN: Readonly<Record<string, EndingId>> = {
  NORMAL_TEMPORARY_FAILURE: 'lost',
  RECOVERY_ON_TIMER_EXPIRE: 'lost',
  MEDIA_TIMEOUT: 'silent',
  DESTINATION_OUT_OF_ORDER: 'phoneBroke',
  SERVICE_UNAVAILABLE: 'noService',
};

/** What the end of a call means to the person who had it. */
export function explainEnding(call: CallSnapshot): Ending {
  const cause = call.cause ?? 'NORMAL_CLEARING';
  const broken = BROKEN[cause];
  if (broken) {
    return { outcome: 'failed', id: broken };
  }
  if (call.startedAt !== null) {
    return { outcome: 'answered', id: 'ended' };
  }
  if (cause === 'LOSE_RACE') {
    return { outcome: 'elsewhere', id: 'elsewhere' };
  }
  if (call.direction === 'inbound') {
    return call.endedBy === 'local'
      ? { outcome: 'declined', id: 'declined' }
      : { outcome: 'missed', id: 'missed' };
  }
  if (call.endedBy === 'local' && (cause === 'ORIGINATOR_CANCEL' || cause === 'USER_BUSY')) {
    return { outcome: 'cancelled', id: 'cancelled' };
  }
  return { outcome: 'failed', id: UNANSWERED[cause] ?? 'failed' };
}

/** There is something to read about it, and to do. */
export const isTrouble = ({ outcome }: Ending): boolean => outcome === 'failed';
