/**
 * The life of a session, one connection after another.
 *
 *            connect          opened               accepted             registered
 *   idle ──────────▶ connecting ──▶ authenticating ──────▶ registering ◀──────────▶ ready
 *                      ▲   │              │  ▲                  │        lapsed       │
 *            reachable │   │ lost         │  │ relogin          │ refused             │
 *                      │   ▼              ▼  │                  ▼                     │
 *                   probing ◀── waiting  rejected ◀─────────────┘                     │
 *                      │ retry     ▲  (also from authenticating: refused)             │
 *                      └───────────┘                                                  │
 *                      unreachable ▲───────────────────── lost ───────────────────────┘
 *
 *   every state with or without a socket:   gaveUp ──▶ failed      stop ──▶ closing ──stopped──▶ closed
 *
 * `rejected`: the gateway refused the sign-in; the socket stays open for another `login()`, nothing is retried by itself.
 * `closed` and `failed` have no exits: a new `connect()` begins a new life.
 */
export type SessionState =
  | 'idle'
  | 'connecting'
  | 'authenticating'
  | 'registering'
  | 'ready'
  | 'rejected'
  | 'waiting'
  | 'probing'
  | 'closing'
  | 'closed'
  | 'failed';

export type SessionEvent =
  | 'connect'
  | 'opened'
  | 'accepted'
  | 'refused'
  | 'relogin'
  | 'registered'
  | 'lapsed'
  | 'lost'
  | 'retry'
  | 'reachable'
  | 'unreachable'
  | 'gaveUp'
  | 'stop'
  | 'stopped';

/** Why a session ended. */
export type SessionOutcome =
  | 'disconnected'
  | 'punted'
  /** The same session was taken up elsewhere, for example by a copy of this tab. */
  | 'taken_over'
  | 'login_failed'
  | 'exhausted'
  | 'gateway_failed'
  | 'no_socket'
  | 'auto_reconnect_off';

type Row = Readonly<Partial<Record<SessionEvent, SessionState>>>;

const down: Row = { gaveUp: 'failed', stop: 'closing' };
const up: Row = { ...down, lost: 'waiting' };

export const SESSION_TRANSITIONS: Readonly<Record<SessionState, Row>> = {
  idle: { connect: 'connecting' },
  connecting: { ...up, opened: 'authenticating' },
  authenticating: { ...up, accepted: 'registering', refused: 'rejected' },
  registering: { ...up, registered: 'ready', refused: 'rejected' },
  ready: { ...up, lapsed: 'registering' },
  rejected: { ...down, relogin: 'authenticating' },
  waiting: { ...down, retry: 'probing' },
  probing: { ...down, reachable: 'connecting', unreachable: 'waiting' },
  closing: { stopped: 'closed' },
  closed: {},
  failed: {},
};

/** The state after `event`; undefined when the event does not fit, and is to be ignored. */
export function nextSessionState(
  state: SessionState,
  event: SessionEvent,
): SessionState | undefined {
  return SESSION_TRANSITIONS[state][event];
}

export function isTerminal(state: SessionState): boolean {
  return state === 'closed' || state === 'failed';
}

/** Neither before `connect()` nor ending. */
export function isAlive(state: SessionState): boolean {
  return isUnderWay(state) || state === 'ready' || state === 'rejected';
}

/** On the way to ready. */
export function isUnderWay(state: SessionState): boolean {
  return ['connecting', 'authenticating', 'registering', 'waiting', 'probing'].includes(state);
}
