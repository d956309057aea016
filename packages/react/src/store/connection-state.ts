/**
 * The connection as an application shows it, folded from the client's events.
 *
 * ```
 *            connecting            ready              lost
 *   idle ────────────▶ connecting ───────▶ ready ───────────▶ reconnecting ──┐
 *                        │  ▲ └──lost──┘    ▲ └──────ready───────┘  └──lost──┘
 *                 failed │  │ connecting    │ ready
 *                        ▼  │               │
 *                      failed ──────────────┘        closed: from any state
 * ```
 *
 * - `idle`: nobody asked for a connection.
 * - `connecting`: first connection, not signed in yet.
 * - `ready`: signed in; calls can be made.
 * - `reconnecting`: the connection was lost and the client tries again by itself.
 * - `failed`: the client gave up; see the last error. `connect()` or `login()` tries again.
 * - `closed`: `disconnect()` was called, or the gateway ended the session.
 */
export type ConnectionState =
  'idle' | 'connecting' | 'ready' | 'reconnecting' | 'failed' | 'closed';

export type ConnectionEvent = 'connecting' | 'ready' | 'lost' | 'failed' | 'closed';

const TABLE: Record<ConnectionState, Partial<Record<ConnectionEvent, ConnectionState>>> = {
  idle: { connecting: 'connecting', ready: 'ready', failed: 'failed', closed: 'closed' },
  connecting: { ready: 'ready', failed: 'failed', closed: 'closed' },
  ready: { lost: 'reconnecting', failed: 'failed', closed: 'closed' },
  reconnecting: { ready: 'ready', failed: 'failed', closed: 'closed' },
  // The socket closes after the failure that caused it: the failure is what stays on the screen.
  failed: { connecting: 'connecting', ready: 'ready' },
  closed: { connecting: 'connecting', ready: 'ready', failed: 'failed' },
};

/** The next state; an event that does not fit changes nothing. */
export function nextConnectionState(
  state: ConnectionState,
  event: ConnectionEvent,
): ConnectionState {
  return TABLE[state][event] ?? state;
}

/** Errors after which the client makes no further attempt by itself. */
const GIVEN_UP = new Set([45001, 45003, 46001, 46002, 46003]);

export function givesUp(code: number): boolean {
  return GIVEN_UP.has(code);
}
