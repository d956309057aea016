import type { Switchboard } from '../calls/switchboard.ts';
import type { Party } from '../calls/leg.ts';
import type { Directory } from '../directory/directory.ts';
import type { Guard } from '../guard.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { SignalingDeps } from './ports.ts';
import type { KeptCalls } from './kept-calls.ts';
import type { Sessions } from './sessions.ts';

/** What every connection of one server shares. */
export interface SignalingCore extends SignalingDeps {
  readonly guard: Guard;
  readonly switchboard: Switchboard;
  readonly sessions: Sessions;
  readonly directory: Directory<Party>;
  /** Null: there is no other gateway. */
  readonly elsewhere: Elsewhere | null;
  /** Null: calls end with the gateway that has them. */
  readonly revival: KeptCalls | null;
}
