import type { CustomHeader, Identity } from './dialog.ts';

/** What a party wants that places a call. */
export interface Invite {
  /** Unique among the party's live legs. */
  readonly callID: string;
  /** Its offer; null: it has none, and answers ours. */
  readonly sdp: string | null;
  /** As dialled. */
  readonly destination: string;
  /** Users who ring together, whatever the destination says. */
  readonly users?: readonly string[] | undefined;
  /** The party, as the other end is shown it. */
  readonly identity: Identity;
  readonly headers?: readonly CustomHeader[] | undefined;
  /** The number that the party wants to be shown with outside; undefined: it does not say. */
  readonly callerNumber?: string | undefined;
  /** The leg whose place the new one takes, without ringing anybody. */
  readonly recovers?: string | undefined;
}

/** An invite that was taken. `begin` starts the routing, after the caller has been told that it was taken. */
export type Invitation =
  | { readonly ok: true; readonly begin: () => void }
  | { readonly ok: false; readonly why: 'in_use' | 'no_audio' | 'nothing_to_recover' | 'expired' };
