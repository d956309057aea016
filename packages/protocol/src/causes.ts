/**
 * Why a call ended: Q.850 causes under the names that FreeSWITCH gives them, and FreeSWITCH's own above 127. Prefer the
 * name, codes are not unique over all peers: FreeSWITCH calls LOSE_RACE 502, its Verto module 702.
 */
export const CAUSES = {
  NONE: 0,
  UNALLOCATED_NUMBER: 1,
  NO_ROUTE_TRANSIT_NET: 2,
  NO_ROUTE_DESTINATION: 3,
  CHANNEL_UNACCEPTABLE: 6,
  CALL_AWARDED_DELIVERED: 7,
  NORMAL_CLEARING: 16,
  USER_BUSY: 17,
  NO_USER_RESPONSE: 18,
  NO_ANSWER: 19,
  SUBSCRIBER_ABSENT: 20,
  CALL_REJECTED: 21,
  NUMBER_CHANGED: 22,
  REDIRECTION_TO_NEW_DESTINATION: 23,
  EXCHANGE_ROUTING_ERROR: 25,
  DESTINATION_OUT_OF_ORDER: 27,
  INVALID_NUMBER_FORMAT: 28,
  FACILITY_REJECTED: 29,
  RESPONSE_TO_STATUS_ENQUIRY: 30,
  NORMAL_UNSPECIFIED: 31,
  NORMAL_CIRCUIT_CONGESTION: 34,
  NETWORK_OUT_OF_ORDER: 38,
  NORMAL_TEMPORARY_FAILURE: 41,
  SWITCH_CONGESTION: 42,
  ACCESS_INFO_DISCARDED: 43,
  REQUESTED_CHAN_UNAVAIL: 44,
  PRE_EMPTED: 45,
  FACILITY_NOT_SUBSCRIBED: 50,
  OUTGOING_CALL_BARRED: 52,
  INCOMING_CALL_BARRED: 54,
  BEARERCAPABILITY_NOTAUTH: 57,
  BEARERCAPABILITY_NOTAVAIL: 58,
  SERVICE_UNAVAILABLE: 63,
  BEARERCAPABILITY_NOTIMPL: 65,
  CHAN_NOT_IMPLEMENTED: 66,
  FACILITY_NOT_IMPLEMENTED: 69,
  SERVICE_NOT_IMPLEMENTED: 79,
  INVALID_CALL_REFERENCE: 81,
  INCOMPATIBLE_DESTINATION: 88,
  INVALID_MSG_UNSPECIFIED: 95,
  MANDATORY_IE_MISSING: 96,
  MESSAGE_TYPE_NONEXIST: 97,
  WRONG_MESSAGE: 98,
  IE_NONEXIST: 99,
  INVALID_IE_CONTENTS: 100,
  WRONG_CALL_STATE: 101,
  RECOVERY_ON_TIMER_EXPIRE: 102,
  MANDATORY_IE_LENGTH_ERROR: 103,
  PROTOCOL_ERROR: 111,
  INTERWORKING: 127,
  SUCCESS: 142,
  ORIGINATOR_CANCEL: 487,
  CRASH: 500,
  SYSTEM_SHUTDOWN: 501,
  LOSE_RACE: 502,
  MANAGER_REQUEST: 503,
  BLIND_TRANSFER: 600,
  ATTENDED_TRANSFER: 601,
  ALLOTTED_TIMEOUT: 602,
  USER_CHALLENGE: 603,
  MEDIA_TIMEOUT: 604,
  PICKED_OFF: 605,
  USER_NOT_REGISTERED: 606,
  PROGRESS_TIMEOUT: 607,
  INVALID_GATEWAY: 608,
  GATEWAY_DOWN: 609,
  INVALID_URL: 610,
  INVALID_PROFILE: 611,
  NO_PICKUP: 612,
  SRTP_READ_ERROR: 613,
  BOWOUT: 614,
} as const;

export type Cause = keyof typeof CAUSES;

/** FreeSWITCH moved its own causes from 500 and 600 up to 700 and 800; both are still met. */
const MOVED_BY = 200;
const MOVED_FROM = 700;
const MOVED_TO = 899;

const NAMES: ReadonlyMap<number, Cause> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries(CAUSES).map(([name, code]) => [code, name as Cause]),
);

export function isCause(name: unknown): name is Cause {
  return typeof name === 'string' && Object.hasOwn(CAUSES, name);
}

/** The name of a code, in the old or the new numbering; undefined when nobody uses it. */
export function causeName(code: number): Cause | undefined {
  return NAMES.get(code >= MOVED_FROM && code <= MOVED_TO ? code - MOVED_BY : code);
}

/** The code of a name; undefined when it is not in {@link CAUSES}. */
export function causeCode(name: string): number | undefined {
  return isCause(name) ? CAUSES[name] : undefined;
}

/**
 * The cause that a bye means: a name wins over a code, as in FreeSWITCH, and an unknown one of either is
 * `NORMAL_CLEARING`.
 */
export function causeOf(name: string | undefined, code: number | undefined): Cause {
  if (isCause(name)) {
    return name;
  }
  return (code === undefined ? undefined : causeName(code)) ?? 'NORMAL_CLEARING';
}
