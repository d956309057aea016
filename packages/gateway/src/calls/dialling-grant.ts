/** What a caller's login token says of calls outside. What it does not say is as the operator's rules have it; nothing of it goes beyond them. */
export interface DiallingGrant {
  /** Beginnings of numbers. */
  readonly routes?: readonly string[] | undefined;
  /** Numbers that he may show, the usual one first. */
  readonly callerIds?: readonly string[] | undefined;
  readonly callsAtOnce?: number | undefined;
  readonly minutesADay?: number | undefined;
}
