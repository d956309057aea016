import type { SessionOutcome, SessionState } from '@offhook/client';

/**
 * The connection as an application shows it, read from the client's session.
 *
 * - `idle`: nobody asked for a connection.
 * - `connecting`: first connection, not signed in yet.
 * - `ready`: signed in; calls can be made.
 * - `reconnecting`: the connection was lost and the client tries again by itself.
 * - `failed`: the client gave up, or the sign-in was refused; see the last error. `connect()` or `login()` tries again.
 * - `closed`: `disconnect()` was called, or the gateway ended the session.
 */
export type ConnectionState =
  'idle' | 'connecting' | 'ready' | 'reconnecting' | 'failed' | 'closed';

/** Ends that nothing went wrong with. */
const CLOSED: readonly (SessionOutcome | undefined)[] = [
  'disconnected',
  'punted',
  'taken_over',
  'auto_reconnect_off',
];

/** @param wasReady the session was ready before: what is under way now is another connection */
export function connectionStateOf(
  state: SessionState,
  outcome: SessionOutcome | undefined,
  wasReady: boolean,
): ConnectionState {
  switch (state) {
    case 'idle':
    case 'ready':
      return state;
    case 'connecting':
    case 'authenticating':
    case 'registering':
    case 'waiting':
    case 'probing':
      return wasReady ? 'reconnecting' : 'connecting';
    case 'rejected':
      return 'failed';
    case 'closing':
      return 'closed';
    case 'closed':
    case 'failed':
      return CLOSED.includes(outcome) ? 'closed' : 'failed';
  }
}
