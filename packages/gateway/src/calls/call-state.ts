import type { Transitions } from './transitions.ts';

/**
 * A call: a caller's leg, and either the legs of the person called (one a device) or a service.
 *
 * ```
 *   routing ──rung──► ringing ◄──unclaimed── answering ◄─claimed─ routing
 *      │                 │ └──────claimed──────► │
 *      │ answered        │                       │ answered
 *      │ (a service)     │ end                   │
 *      │                 │                       ▼
 *      └───────────────────────────────────► talking
 *      │                 │                       │ end
 *      └──────end────────┴─────► ended ◄─────────┘
 * ```
 *
 * `answering` lasts while the media plane takes the description of the one device that answered first. If it does not take
 * it, the claim is given up and the other devices ring on. `ended` has no exits.
 */
export type CallState = 'routing' | 'ringing' | 'answering' | 'talking' | 'ended';
export type CallEvent = 'rung' | 'claimed' | 'unclaimed' | 'answered' | 'end';

export const CALL_TRANSITIONS: Transitions<CallState, CallEvent> = {
  routing: { rung: 'ringing', claimed: 'answering', answered: 'talking', end: 'ended' },
  ringing: { rung: 'ringing', claimed: 'answering', end: 'ended' },
  answering: { unclaimed: 'ringing', answered: 'talking', end: 'ended' },
  talking: { end: 'ended' },
  ended: {},
};
