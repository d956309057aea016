import type { Transitions } from '../calls/transitions.ts';

/**
 * One socket.
 *
 * ```
 *   open ──login──► checking ──accepted──► signed_in ──login──► renewing
 *    ▲                 │                     ▲                     │
 *    └────refused──────┘                     └──accepted, refused──┘
 *
 *   every state ──closed──► closed, which has no exits
 * ```
 *
 * While `checking`, frames wait, a few of them: a client may send candidates right behind its login. While `renewing` the
 * session that is there goes on.
 */
export type ConnectionState = 'open' | 'checking' | 'signed_in' | 'renewing' | 'closed';
export type ConnectionEvent = 'login' | 'accepted' | 'refused' | 'closed';

export const CONNECTION_TRANSITIONS: Transitions<ConnectionState, ConnectionEvent> = {
  open: { login: 'checking', closed: 'closed' },
  checking: { accepted: 'signed_in', refused: 'open', closed: 'closed' },
  signed_in: { login: 'renewing', closed: 'closed' },
  renewing: { accepted: 'signed_in', refused: 'signed_in', closed: 'closed' },
  closed: {},
};
