import type { Soon } from '../soon.ts';

/** Who can be called now, and by which sessions. The seam for a directory that several gateways share. */
export interface Directory<S> {
  /** The session has a socket: it can be rung. Adding it twice changes nothing. */
  register(user: string, session: S): void;
  /** The session has no socket any more. */
  unregister(user: string, session: S): void;
  /** Those of this gateway, in the order of registration. */
  sessionsOf(user: string): readonly S[];
  /**
   * Those of every gateway, this one's first. Settles within a second.
   * @throws {DirectoryError} when nobody can say who is at other gateways
   */
  everywhere(user: string): Soon<readonly S[]>;
  /** From now on, or no longer, this gateway wants to know who signs in as this user elsewhere: he is being called. */
  awaits(user: string, isAwaited: boolean): void;
  /** Users with at least one session here. */
  readonly users: number;
}

/** It cannot be said at the moment who is signed in at other gateways. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
}
