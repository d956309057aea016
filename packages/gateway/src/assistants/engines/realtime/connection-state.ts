import type { Transitions } from '../../../calls/transitions.ts';

/**
 * The connection of one call to its model.
 *
 * ```
 * new ──connect──▶ connecting ──ready──▶ ready ──lost──▶ waiting ──connect──▶ connecting …
 *                      │    └──lost──▶ waiting                 └──give up──▶ closed
 *                      └──────────close, from everywhere──────────────────▶ closed
 * ```
 *
 * `ready`: the server took our session. `waiting`: for the next attempt; what the caller says meanwhile is kept for some seconds.
 */
export type ConnectionState = 'new' | 'connecting' | 'ready' | 'waiting' | 'closed';
export type ConnectionEvent = 'connect' | 'ready' | 'lost' | 'close';

export const CONNECTION_TRANSITIONS: Transitions<ConnectionState, ConnectionEvent> = {
  new: { connect: 'connecting', close: 'closed' },
  connecting: { ready: 'ready', lost: 'waiting', close: 'closed' },
  ready: { lost: 'waiting', close: 'closed' },
  waiting: { connect: 'connecting', close: 'closed' },
  closed: {},
};
