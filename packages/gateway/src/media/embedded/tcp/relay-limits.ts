export interface RelayLimits {
  /** Connections at once. */
  readonly connections: number;
  /** Of one address. */
  readonly perAddress: number;
  /** Of one address before a media thread has answered a check on them. */
  readonly unansweredPerAddress: number;
  /** Of one ICE user name: a page opens one from each of its network interfaces. */
  readonly perLeg: number;
  /** Time for the first check that is answered, in milliseconds. */
  readonly answerMs: number;
  /** A connection that one side was silent on for this long is closed, in milliseconds. */
  readonly idleMs: number;
  /** Packets a second from one connection, in the long run; a faster one is read more slowly. */
  readonly packetsPerSecond: number;
  /** Bytes that wait to be sent on one connection; beyond it packets are dropped, as a full router does. */
  readonly bufferedBytes: number;
}

export const RELAY_LIMITS: RelayLimits = {
  connections: 4_096,
  perAddress: 1_000,
  unansweredPerAddress: 64,
  perLeg: 8,
  answerMs: 10_000,
  idleMs: 60_000,
  packetsPerSecond: 500,
  bufferedBytes: 32_768,
};
