import type { Identity } from './dialog.ts';
import type { Ending } from './hangup.ts';
import type { Party } from './leg.ts';

/** A party wants its far party to talk to somebody else. */
export interface TransferOrder {
  /** Chosen by the party; asking again by the same one starts nothing new. */
  readonly id: string;
  /** As dialled. */
  readonly destination: string;
  /** The number that the party wants to be shown with outside; undefined: it does not say. */
  readonly callerNumber?: string | undefined;
}

/** A party that comes into a call in the place of another one of its user. */
export interface Replacement {
  readonly party: Party;
  readonly callID: string;
  /** Its offer; null: it has none, and answers ours. */
  readonly sdp: string | null;
  /** The party, as the other end is shown it. */
  readonly own: Identity;
}

/** `ok`: it is under way, or it was done. Else nothing has changed. */
export type TransferReply = { readonly ok: true } | { readonly ok: false; readonly ending: Ending };
