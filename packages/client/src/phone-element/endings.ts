import type { CallEnd } from '../index.ts';
import type { Ending } from './phone-state.ts';

/** Of calls that this side placed and nobody answered. */
const UNANSWERED: Readonly<Record<string, Ending>> = {
  USER_BUSY: 'busy',
  CALL_REJECTED: 'rejected',
  NO_ANSWER: 'noAnswer',
  NO_USER_RESPONSE: 'noAnswer',
  UNALLOCATED_NUMBER: 'noSuchNumber',
  INVALID_NUMBER_FORMAT: 'noSuchNumber',
  NO_ROUTE_DESTINATION: 'noRoute',
  SUBSCRIBER_ABSENT: 'absent',
  USER_NOT_REGISTERED: 'absent',
  INCOMPATIBLE_DESTINATION: 'noCodec',
  NORMAL_CIRCUIT_CONGESTION: 'congestion',
};

/** Causes that cut a call, answered or not. */
const CUT: ReadonlySet<string> = new Set([
  'NORMAL_TEMPORARY_FAILURE',
  'RECOVERY_ON_TIMER_EXPIRE',
  'MEDIA_TIMEOUT',
  'DESTINATION_OUT_OF_ORDER',
  'NETWORK_OUT_OF_ORDER',
  'SERVICE_UNAVAILABLE',
]);

/** What the end of a call means to the person who had it. */
export function endingOf(
  { cause, side }: Pick<CallEnd, 'cause' | 'side'>,
  direction: 'inbound' | 'outbound',
  answered: boolean,
): Ending {
  if (CUT.has(cause)) {
    return 'lost';
  }
  if (answered) {
    return 'ended';
  }
  if (cause === 'LOSE_RACE') {
    return 'elsewhere';
  }
  if (direction === 'inbound') {
    return side === 'local' ? 'declined' : 'missed';
  }
  if (side === 'local' && (cause === 'ORIGINATOR_CANCEL' || cause === 'USER_BUSY')) {
    return 'cancelled';
  }
  return UNANSWERED[cause] ?? 'failed';
}
