import type { Ending } from './hangup.ts';
import type { Leg, LegObserver } from './leg.ts';

/**
 * Sees what happens to calls and changes nothing: the gateway's own view of a call, for reports and traces. It is called where things
 * happen, on the way to the parties, so every method returns at once and never throws.
 */
export interface CallObserver extends LegObserver {
  /** A message of the leg's party. `detail`: the action of a modify. */
  legAsked(leg: Leg, method: string, detail?: string): void;
  /** The leg's party lost its socket, or has one again. */
  legAway(leg: Leg, away: boolean): void;
  callServed(call: string, service: string): void;
  /** After the end of its last leg. */
  callEnded(call: string, ending: Ending): void;
}
