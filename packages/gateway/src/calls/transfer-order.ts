import type { Ending } from './hangup.ts';

/** A party wants its far party to talk to somebody else. */
export interface TransferOrder {
  /** Chosen by the party; asking again by the same one starts nothing new. */
  readonly id: string;
  /** As dialled. */
  readonly destination: string;
  /** The number that the party wants to be shown with outside; undefined: it does not say. */
  readonly callerNumber?: string | undefined;
}

/** `ok`: it is under way, or it was done. Else nothing has changed. */
export type TransferReply = { readonly ok: true } | { readonly ok: false; readonly ending: Ending };
