import type { Leg } from './leg.ts';
import type { Player } from './sounds/player.ts';
import type { Voice } from './voice/voice.ts';

/** What a leg sends to its party. */
export type Feed =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'player'; readonly player: Player }
  | { readonly kind: 'echo' }
  | { readonly kind: 'voice'; readonly voice: Voice }
  | { readonly kind: 'leg'; readonly leg: Leg };

export const NOTHING: Feed = { kind: 'nothing' };
