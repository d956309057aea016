/**
 * A visitor's talk with an assistant.
 *
 *   idle ──start──► connecting ──answered──► live ──stop──► ending ──over──► ended
 *     ▲                 │                     │                                │
 *     │                 ├──stop──► ending     ├──over──► ended                 │
 *     │                 └──fail──► failed     └──fail──► failed                │
 *     └ (never back)        │                                                  │
 *                           └────────────start────────► connecting ◄───start───┘
 *
 * An event without an entry does not fit, and changes nothing.
 */
export type AssistantStatus = 'idle' | 'connecting' | 'live' | 'ending' | 'ended' | 'failed';

export type SessionStep = 'start' | 'answered' | 'stop' | 'over' | 'fail';

export const SESSION_TABLE: Readonly<
  Record<AssistantStatus, Readonly<Partial<Record<SessionStep, AssistantStatus>>>>
> = {
  idle: { start: 'connecting' },
  connecting: { answered: 'live', stop: 'ending', fail: 'failed', over: 'ended' },
  live: { stop: 'ending', over: 'ended', fail: 'failed' },
  ending: { over: 'ended', fail: 'failed' },
  ended: { start: 'connecting' },
  failed: { start: 'connecting' },
};
