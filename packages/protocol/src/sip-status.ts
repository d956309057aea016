import { CAUSES, type Cause, causeName, isCause } from './causes.ts';

export interface SipStatus {
  readonly code: number;
  readonly reason: string;
}

const REASONS = {
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  410: 'Gone',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  484: 'Address Incomplete',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  603: 'Decline',
} as const;

/**
 * RFC 3398 section 8.2.6.1, except where SIP has the better word for what happened in a browser: a person declined (603), no
 * codec in common (488), and FreeSWITCH's own causes, which the RFC does not know.
 */
const STATUS: Partial<Record<Cause, keyof typeof REASONS>> = {
  UNALLOCATED_NUMBER: 404,
  NO_ROUTE_TRANSIT_NET: 404,
  NO_ROUTE_DESTINATION: 404,
  USER_BUSY: 486,
  NO_USER_RESPONSE: 408,
  NO_ANSWER: 480,
  SUBSCRIBER_ABSENT: 480,
  CALL_REJECTED: 603,
  NUMBER_CHANGED: 410,
  REDIRECTION_TO_NEW_DESTINATION: 410,
  DESTINATION_OUT_OF_ORDER: 502,
  INVALID_NUMBER_FORMAT: 484,
  FACILITY_REJECTED: 501,
  NORMAL_CIRCUIT_CONGESTION: 503,
  NETWORK_OUT_OF_ORDER: 503,
  NORMAL_TEMPORARY_FAILURE: 503,
  SWITCH_CONGESTION: 503,
  REQUESTED_CHAN_UNAVAIL: 503,
  FACILITY_NOT_SUBSCRIBED: 403,
  OUTGOING_CALL_BARRED: 403,
  INCOMING_CALL_BARRED: 403,
  BEARERCAPABILITY_NOTAUTH: 403,
  BEARERCAPABILITY_NOTAVAIL: 503,
  SERVICE_UNAVAILABLE: 503,
  BEARERCAPABILITY_NOTIMPL: 488,
  FACILITY_NOT_IMPLEMENTED: 501,
  SERVICE_NOT_IMPLEMENTED: 501,
  INVALID_CALL_REFERENCE: 481,
  INCOMPATIBLE_DESTINATION: 488,
  INVALID_MSG_UNSPECIFIED: 500,
  MANDATORY_IE_MISSING: 500,
  RECOVERY_ON_TIMER_EXPIRE: 504,
  PROTOCOL_ERROR: 500,
  INTERWORKING: 500,
  ORIGINATOR_CANCEL: 487,
  CRASH: 500,
  SYSTEM_SHUTDOWN: 503,
  MEDIA_TIMEOUT: 504,
  USER_NOT_REGISTERED: 480,
  PROGRESS_TIMEOUT: 408,
  INVALID_GATEWAY: 404,
  GATEWAY_DOWN: 503,
};

/** Ended without a failure: SIP would say BYE, or CANCEL because another one answered. */
const CLEARED: ReadonlySet<Cause> = /* @__PURE__ */ new Set<Cause>([
  'NONE',
  'NORMAL_CLEARING',
  'SUCCESS',
  'CALL_AWARDED_DELIVERED',
  'LOSE_RACE',
  'PICKED_OFF',
  'BLIND_TRANSFER',
  'ATTENDED_TRANSFER',
]);

/**
 * The SIP status that says the same as a cause, given by name or code. Undefined where nothing failed; 480 for a failure
 * that SIP has no word for.
 */
export function sipStatusFor(cause: Cause | number): SipStatus | undefined {
  const name = typeof cause === 'number' ? causeName(cause) : cause;
  if (!isCause(name)) {
    return { code: 480, reason: REASONS[480] };
  }
  if (CLEARED.has(name)) {
    return undefined;
  }
  const code = STATUS[name] ?? 480;
  return { code, reason: REASONS[code] };
}

/** RFC 3398, 7.2.4.1, with the statuses that came after it; what is not here goes by its hundred. */
const CAUSE_OF: ReadonlyMap<number, Cause> = /* @__PURE__ */ new Map<number, Cause>([
  [301, 'NUMBER_CHANGED'],
  [302, 'REDIRECTION_TO_NEW_DESTINATION'],
  [400, 'NORMAL_TEMPORARY_FAILURE'],
  [401, 'CALL_REJECTED'],
  [402, 'CALL_REJECTED'],
  [403, 'CALL_REJECTED'],
  [404, 'UNALLOCATED_NUMBER'],
  [405, 'SERVICE_UNAVAILABLE'],
  [406, 'SERVICE_NOT_IMPLEMENTED'],
  [407, 'CALL_REJECTED'],
  [408, 'RECOVERY_ON_TIMER_EXPIRE'],
  [410, 'NUMBER_CHANGED'],
  [413, 'INTERWORKING'],
  [414, 'INTERWORKING'],
  [415, 'SERVICE_NOT_IMPLEMENTED'],
  [416, 'INTERWORKING'],
  [420, 'INTERWORKING'],
  [421, 'INTERWORKING'],
  [423, 'INTERWORKING'],
  [480, 'NO_USER_RESPONSE'],
  [481, 'NORMAL_TEMPORARY_FAILURE'],
  [482, 'EXCHANGE_ROUTING_ERROR'],
  [483, 'EXCHANGE_ROUTING_ERROR'],
  [484, 'INVALID_NUMBER_FORMAT'],
  [485, 'UNALLOCATED_NUMBER'],
  [486, 'USER_BUSY'],
  [487, 'ORIGINATOR_CANCEL'],
  [488, 'INCOMPATIBLE_DESTINATION'],
  [500, 'NORMAL_TEMPORARY_FAILURE'],
  [501, 'SERVICE_NOT_IMPLEMENTED'],
  [502, 'NETWORK_OUT_OF_ORDER'],
  [503, 'NORMAL_TEMPORARY_FAILURE'],
  [504, 'RECOVERY_ON_TIMER_EXPIRE'],
  [505, 'INTERWORKING'],
  [513, 'INTERWORKING'],
  [600, 'USER_BUSY'],
  [603, 'CALL_REJECTED'],
  [604, 'UNALLOCATED_NUMBER'],
  [606, 'INCOMPATIBLE_DESTINATION'],
  [607, 'CALL_REJECTED'],
  [608, 'CALL_REJECTED'],
]);

/**
 * The cause that a refusal by SIP means.
 *
 * @param q850 of a Reason header, which knows better (RFC 4497, 8.4.1; RFC 3326); undefined when there is none
 */
export function causeOfSip(status: number, q850?: number): Cause {
  // FreeSWITCH's own causes begin at 142; a network has none of them.
  const named = q850 === undefined || q850 < 1 || q850 > 127 ? undefined : causeName(q850);
  if (named !== undefined) {
    return named;
  }
  const known = CAUSE_OF.get(status);
  if (known !== undefined) {
    return known;
  }
  if (status >= 300 && status < 400) {
    return 'REDIRECTION_TO_NEW_DESTINATION';
  }
  return status >= 600
    ? 'CALL_REJECTED'
    : status >= 500
      ? 'NORMAL_TEMPORARY_FAILURE'
      : 'INTERWORKING';
}

/** The Q.850 code that the Reason header of a BYE or CANCEL gives for a cause: 127 for what Q.850 has no word for. */
export function q850Of(cause: Cause): number {
  const code = CAUSES[cause];
  if (code > 0 && code <= 127) {
    return code;
  }
  return CLEARED.has(cause) || cause === 'ORIGINATOR_CANCEL'
    ? CAUSES.NORMAL_CLEARING
    : CAUSES.INTERWORKING;
}
