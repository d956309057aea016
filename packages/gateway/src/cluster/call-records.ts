/**
 * Where gateways keep what it takes to go on with each other's calls. Every step is atomic. Everything rejects with
 * {@link RegisterError} when it cannot be reached; what was asked for may have been done all the same.
 */
export interface CallRecords {
  /** This gateway lives. @returns whether its lease was still running until now */
  renew(node: string): Promise<boolean>;
  /** The gateway ends: its lease too. */
  release(node: string): Promise<void>;
  /** @returns false: the call is another gateway's, or was taken since that epoch */
  write(kept: KeptRecord): Promise<boolean>;
  /** Which of these calls are another gateway's by now. */
  lost(node: string, calls: readonly CallEpoch[]): Promise<readonly string[]>;
  /** The calls of a session, by its key. */
  find(session: string): Promise<readonly CallEpoch[]>;
  /**
   * Takes a call whose owner's lease has ended, if it still has that epoch. `attempt` grows with each of this gateway: a copy of an
   * older one that comes late changes nothing.
   * - `owned`: another gateway has it, which lives, or took it just now
   * - `none`: there is no such call any more
   */
  take(node: string, call: CallEpoch, attempt: number): Promise<Taken | 'owned' | 'none'>;
  /** Undoes what that attempt did, or keeps it from being done: whoever wants the call may take it. */
  giveBack(node: string, id: string, attempt: number): Promise<void>;
}

export interface CallEpoch {
  readonly id: string;
  readonly epoch: number;
}

export interface KeptRecord extends CallEpoch {
  readonly node: string;
  /** Grows with every change of the call; of two writes the older one changes nothing. */
  readonly revision: number;
  /** Empty: the call has ended. */
  readonly text: string;
  /** Keys of the sessions that talk. */
  readonly sessions: readonly string[];
}

export interface Taken {
  readonly epoch: number;
  readonly revision: number;
  readonly text: string;
}

/** A gateway of which nothing was heard for so long owns nothing any more. */
export const LEASE_MS = 2000;
/** Parties come back to a call of a dead gateway within this; later it is over. */
export const ORPHAN_MS = 92_000;
/** A record that was not written for so long is forgotten. */
export const RECORD_MS = 86_400_000;
/** What is left of a call that ended, so that a write on its way does not bring it back. */
export const TOMBSTONE_MS = 120_000;
/** Calls of one session that are found. */
export const MAX_FOUND = 16;
