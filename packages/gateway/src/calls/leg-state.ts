import type { Transitions } from './transitions.ts';

/**
 * One party's side of a call.
 *
 * ```
 *   the caller's                         a device that is called
 *
 *     setup ──early──► early               setup ──invited──► ringing
 *       │                │                                       │ claim
 *       │ answered       │ answered                              ▼
 *       │                │                                   answering
 *       └───────┬────────┘                                       │ answered
 *               ▼                                                │
 *               up ◄─────────────────────────────────────────────┘
 *               │ ▲
 *      attach   │ │ attached     (a new page or a lost peer: we offered afresh and wait for the party's answer)
 *               ▼ │
 *           reattaching ──attach──► reattaching
 *
 *   setup ──attach──► reattaching  (a party that talks elsewhere is asked to talk here)
 *   every state ──end──► ended, which has no exits
 * ```
 *
 * Whether the party has a socket is not part of it: a leg of any state can be parked (`leg-watch.ts`).
 */
export type LegState = 'setup' | 'early' | 'ringing' | 'answering' | 'up' | 'reattaching' | 'ended';
export type LegEvent = 'early' | 'invited' | 'claim' | 'answered' | 'attach' | 'attached' | 'end';

export const LEG_TRANSITIONS: Transitions<LegState, LegEvent> = {
  setup: {
    early: 'early',
    invited: 'ringing',
    answered: 'up',
    attach: 'reattaching',
    end: 'ended',
  },
  early: { answered: 'up', end: 'ended' },
  ringing: { claim: 'answering', end: 'ended' },
  answering: { answered: 'up', end: 'ended' },
  up: { attach: 'reattaching', end: 'ended' },
  reattaching: { attach: 'reattaching', attached: 'up', end: 'ended' },
  ended: {},
};
