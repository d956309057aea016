import type { Ending } from './hangup.ts';
import type { Leg } from './leg.ts';
import type { LegEvent } from './leg-state.ts';

/**
 * Sees what happens to calls and changes nothing: the gateway's own view of a call, for reports. It is called where things
 * happen, on the way to the parties, so every method returns at once and never throws.
 */
export interface CallObserver {
  /** A leg was made, a call's first one with its call. */
  legStarted(leg: Leg): void;
  /** An event that fitted the leg's state; all but `end`. */
  legMoved(leg: Leg, event: Exclude<LegEvent, 'end'>): void;
  /** `told`: the party ended it by itself. */
  legEnded(leg: Leg, ending: Ending, told: boolean): void;
  /** A message to the leg's party, whether or not there is a socket to send it on. */
  legTold(leg: Leg, method: string): void;
  /** A message of the leg's party. `detail`: the action of a modify. */
  legAsked(leg: Leg, method: string, detail?: string): void;
  /** The leg's party lost its socket, or has one again. */
  legAway(leg: Leg, away: boolean): void;
  callServed(call: string, service: string): void;
  /** After the end of its last leg. */
  callEnded(call: string, ending: Ending): void;
}
