import type { Identity } from './dialog.ts';
import type { Ending } from './hangup.ts';
import type { Party } from './leg.ts';

/** Somebody wants to call a number that is nobody's here. */
export interface OutsideCall {
  readonly from: Pick<Party, 'user' | 'guestOf' | 'dialling'>;
  readonly caller: Identity;
  /** The number that the caller wants to be shown with; undefined: he does not say. */
  readonly callerNumber: string | undefined;
  /** As dialled. */
  readonly destination: string;
}

export type OutsideRoute =
  /** `party` is made for this call, and asked by its first notice. */
  | { readonly ok: true; readonly party: Party; readonly callee: Identity }
  | { readonly ok: false; readonly ending: Ending };

/** The networks behind this gateway, as the calls floor needs them. */
export interface Outside {
  /** Where the call goes, or why it may not; null: there is no way there, for anybody. */
  route(call: OutsideCall): OutsideRoute | null;
  /**
   * Phones of a user of ours, beside the sessions in the directory; each party is made for this call, and asked by its first notice.
   * Those at which `callers` are, are not among them.
   */
  phones(user: string, callers: readonly Party[]): readonly Party[];
}
