/** Who can be called now, and by which sessions. The seam for a directory that several gateways share. */
export interface Directory<S> {
  /** The session has a socket: it can be rung. Adding it twice changes nothing. */
  register(user: string, session: S): void;
  /** The session has no socket any more. */
  unregister(user: string, session: S): void;
  /** In the order of registration. */
  sessionsOf(user: string): readonly S[];
  /** Users with at least one session. */
  readonly users: number;
}
