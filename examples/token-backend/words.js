/** What a person reads for the state of a call. */
export function wordsFor(call) {
  switch (call.state) {
    case 'ringing':
      return 'Incoming call';
    case 'answering':
      return 'Connecting';
    case 'active':
      return clock(Date.now() - call.answeredAt);
    case 'held':
      return 'On hold';
    case 'recovering':
      return 'Connection lost, reconnecting';
    default:
      return call.ringing ? 'Ringing' : 'Calling';
  }
}

/** Who is at the other end: a name where the gateway tells one. */
export function otherParty({ direction, options }) {
  return direction === 'inbound'
    ? options.remoteCallerName || options.remoteCallerNumber
    : options.destinationNumber;
}

/** Why a call ended. `call.cause` has more values than these; an application says what its users need. */
const ENDS = {
  USER_BUSY: 'Busy',
  CALL_REJECTED: 'Declined',
  NO_ANSWER: 'No answer',
  SUBSCRIBER_ABSENT: 'Not signed in',
  UNALLOCATED_NUMBER: 'No such number',
  ORIGINATOR_CANCEL: 'Not answered',
  BLIND_TRANSFER: 'Handed over',
};

export const wordsForEnd = (call) => ENDS[call.cause] ?? 'Call ended';

/** What a person reads when something went wrong. The SDK's own sentences do for most of it. */
export function wordsForProblem(error) {
  return error.name === 'TimeoutError' ? 'The gateway does not answer.' : error.message;
}

/** `1:05` */
function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
