import type { Cause } from '@offhook/protocol';
import { MediaError } from '../media/media-plane.ts';
import type { CustomHeader } from './dialog.ts';

/** Of the SIP message that ended a call, or that would have. */
export interface SipWords {
  /** Absent for a BYE. */
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
  readonly callId?: string | undefined;
}

/** Why a leg ended. */
export interface Ending {
  readonly cause: Cause;
  /** The far party's headers for its bye. */
  readonly headers?: readonly CustomHeader[] | undefined;
  /** What the telephone network said; undefined: it said nothing. */
  readonly sip?: SipWords | undefined;
}

/**
 * The causes that this gateway gives by itself. Q.850's where it has the word, since a trunk understands those; FreeSWITCH's
 * own only where Q.850 is silent.
 */
export const ENDINGS = {
  normal: { cause: 'NORMAL_CLEARING' },
  /** A `sip:` domain that is not ours. */
  foreignDomain: { cause: 'NO_ROUTE_DESTINATION' },
  unknownNumber: { cause: 'UNALLOCATED_NUMBER' },
  /** A user of ours without a socket. Q.850 20 and not FreeSWITCH's USER_NOT_REGISTERED (606), which no network knows. */
  notRegistered: { cause: 'SUBSCRIBER_ABSENT' },
  busy: { cause: 'USER_BUSY' },
  noCodec: { cause: 'INCOMPATIBLE_DESTINATION' },
  tooManyCalls: { cause: 'NORMAL_CIRCUIT_CONGESTION' },
  noAnswer: { cause: 'NO_ANSWER' },
  /** Every device rang, and none of them was there to say anything. */
  noResponse: { cause: 'NO_USER_RESPONSE' },
  cancelled: { cause: 'ORIGINATOR_CANCEL' },
  answeredElsewhere: { cause: 'LOSE_RACE' },
  /** Media or gateway failed, or the gateway goes away. */
  failed: { cause: 'NORMAL_TEMPORARY_FAILURE' },
  /** The party handed its far party over, and is out of the call. */
  transferred: { cause: 'BLIND_TRANSFER' },
  /** The party joined the far parties of two calls. */
  joined: { cause: 'ATTENDED_TRANSFER' },
  /** An operator ended it, or removed the user or its session. */
  byOperator: { cause: 'MANAGER_REQUEST' },
  /** Nothing was heard of the party's media for too long. */
  silent: { cause: 'MEDIA_TIMEOUT' },
  /** The party did not come back. 102 is Q.850's "a timer of the recovery expired", which is what happened. */
  notBack: { cause: 'RECOVERY_ON_TIMER_EXPIRE' },
} as const satisfies Readonly<Record<string, Ending>>;

/** What a failure of the media plane means to the parties. */
export function endingOf(error: unknown): Ending {
  if (!(error instanceof MediaError)) {
    return ENDINGS.failed;
  }
  switch (error.code) {
    case 'no_codec':
    case 'bad_sdp':
      return ENDINGS.noCodec;
    case 'no_capacity':
      return ENDINGS.tooManyCalls;
    case 'unknown_leg':
    case 'wrong_state':
    case 'lost':
    case 'closed':
      return ENDINGS.failed;
  }
}
