/** How long a call waits for what may never come. */
export interface CallTimers {
  /** An unanswered call ends with NO_ANSWER (19) after this. */
  readonly noAnswerSeconds: number;
  /** An answered leg without a socket is kept this long. */
  readonly parkSeconds: number;
  /** An unanswered leg without a socket is kept this long. */
  readonly unansweredParkSeconds: number;
  /**
   * A connected, unheld leg whose party sends no RTP for this long is ended; 0 never. Does not apply to parked legs. A client of
   * ours has `parkSeconds` at least.
   */
  readonly mediaSilenceSeconds: number;
}
