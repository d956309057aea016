import type { Transitions } from '../calls/transitions.ts';

/**
 * A call with an assistant.
 *
 * ```
 * new ──start──▶ opening ──opened──▶ talking ──closing──▶ leaving ──end──▶ ended
 *                   │                   │                               ▲
 *                   └───────end─────────┴───────────────end─────────────┘
 * ```
 *
 * `opening`: the caller is connected, the engine is not. `leaving`: the engine hung up, and its last words are still to be heard.
 */
export type AssistantCallState = 'new' | 'opening' | 'talking' | 'leaving' | 'ended';
export type AssistantCallEvent = 'start' | 'opened' | 'closing' | 'end';

export const ASSISTANT_CALL_TRANSITIONS: Transitions<AssistantCallState, AssistantCallEvent> = {
  new: { start: 'opening', end: 'ended' },
  opening: { opened: 'talking', end: 'ended' },
  talking: { closing: 'leaving', end: 'ended' },
  leaving: { end: 'ended' },
  ended: {},
};
