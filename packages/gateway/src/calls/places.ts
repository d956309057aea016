import type { Soon } from '../soon.ts';
import type { Call } from './call.ts';
import type { Identity } from './dialog.ts';
import type { Route } from './dialplan.ts';
import type { Ending } from './hangup.ts';
import type { Leg, Party } from './leg.ts';

/** Who is called, and where he is signed in. */
export interface Called {
  readonly user: string;
  /** As the caller is shown him. */
  readonly own: Identity;
  /** At every gateway; null: nobody can say now where but here. */
  readonly sessions: readonly Party[] | null;
}

/** Where a destination leads, and of a user where he is. */
export type Found =
  Exclude<Route, { kind: 'user' }> | { readonly kind: 'user'; readonly called: Called };

/** What a transfer needs of the switchboard. */
export interface Places {
  /** Null when it is over. */
  callOf(leg: Leg): Call | null;
  isDraining(): boolean;
  find(party: Pick<Party, 'guestOf'>, destination: string): Soon<Found>;
  /** Who rings for a user, or why nobody does. */
  devicesOf(called: Called, callers: readonly Party[]): readonly Party[] | Ending;
  /** Devices of that user that sign in while the call rings, ring too. Returns its undo. */
  callsTo(user: string, call: Call): () => void;
  /** The call counts for one user more, or less. */
  charge(call: Call, user: string): void;
  release(call: Call, user: string): void;
}
