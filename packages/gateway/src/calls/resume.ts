import type { CustomHeader } from './dialog.ts';
import type { Leg, Survival } from './leg.ts';

/** What a client that came back says of its calls; null: it does not say. */
export type Survivors = ReadonlyMap<string, 'live' | 'gone'> | null;

/** What a party that came back needs to be told of one of its legs. */
export type Catchup = 'nothing' | 'ringing' | 'invite' | 'answer' | 'attach';

/**
 * | the leg | what it missed |
 * | --- | --- |
 * | placed, not answered | that it rings (wire spec 8.2: no state changes by that) |
 * | received, not answered | the invite, if the page has never heard of it |
 * | answered, and the answer never acknowledged | the answer |
 * | answered, peer alive at both ends | nothing: no ICE, no DTLS, no description |
 * | answered, anything else | an attach with a fresh offer |
 *
 * A client that does not tell keeps what it acknowledged: a second invite would start a second ringtone in the reference.
 */
export function catchUp(leg: Leg, survival: Survival): Catchup {
  switch (leg.state) {
    case 'setup':
    case 'early':
      return leg.role === 'caller' ? 'ringing' : 'nothing';
    case 'ringing':
      return survival === 'unknown' || (survival === 'untold' && !leg.confirmed)
        ? 'invite'
        : 'nothing';
    case 'up': {
      const same = survival === 'live' || survival === 'untold';
      if (leg.role === 'caller' && !leg.confirmed && same) {
        return 'answer';
      }
      return survival === 'live' && leg.watch.mediaIntact ? 'nothing' : 'attach';
    }
    case 'reattaching':
      return 'attach';
    case 'answering':
    case 'ended':
      return 'nothing';
  }
}

/** Says again what got lost with a socket. */
export function tell(
  leg: Leg,
  missed: Exclude<Catchup, 'attach'>,
  headers: readonly CustomHeader[] | undefined,
): void {
  switch (missed) {
    case 'ringing':
      leg.tell({ kind: 'rings' });
      return;
    case 'invite':
      leg.tell({ kind: 'invited', headers });
      return;
    case 'answer':
      leg.tell({ kind: 'answered', headers: undefined });
      return;
    case 'nothing':
      return;
  }
}
