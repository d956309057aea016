/**
 * How a call is kept: what happens to its path and its signalling, and what is done about it.
 *
 *                   disconnected                grace, reachable
 *        ┌────────┐ ───────────▶ ┌───────┐ ─────────────────────▶ ┌────────────┐ ──┐ expired: once more,
 *   ───▶ │ steady │              │ shaky │      pathLost          │ restarting │   │ then by relay only
 *        └────────┘ ◀─────────── └───────┘ ◀───────────────────── └────────────┘ ◀─┘
 *            ▲       connected        │           refused               │   │ connected, flowing
 *            │                        ▼ failed                          │   └──────────▶ steady
 *            │   connected       ┌─────────┐ ◀──────────────────────────┘
 *            └────────────────── │ failing │   one ICE restart, 5 s
 *                                └─────────┘
 *                                     │ expired, refused, attach
 *                                     ▼             irreplaceable
 *    fallback 1: new id, INVITE  ┌───────────┐ ─────────────────────▶ ┌────────────┐  fallback 2: same id,
 *                                │ replacing │                        │ rebuilding │  answers the ATTACH
 *                                └───────────┘                        └────────────┘
 *                              held │   ▲ recover                   held │    ▲ recover
 *                                   ▼   │                                ▼    │
 *                              ┌────────────┐                       ┌────────────┐   the application decides:
 *                              │ askReplace │                       │ askRebuild │   `autoRecoverCalls: false`
 *                              └────────────┘                       └────────────┘
 *
 *   closed, attach: every state before the fallbacks ──▶ rebuilding (but failing ── attach ──▶ replacing)
 *   done: every state ──▶ done ∎      the call ended, or another object went on
 *
 * An event without an entry does not fit: it is ignored and logged.
 */
export type RecoveryState =
  | 'steady'
  /** The path was lost a moment ago: it may come back by itself. */
  | 'shaky'
  /** An ICE restart is under way, or due as soon as the gateway can be reached. */
  | 'restarting'
  /** The connection is `failed`: the last ICE restart. */
  | 'failing'
  | 'replacing'
  | 'rebuilding'
  | 'askReplace'
  | 'askRebuild'
  | 'done';

export type RecoveryEvent =
  /** The peer connection is `connected`. */
  | 'connected'
  /** The peer connection says `connected`, and media arrives again. */
  | 'flowing'
  | 'disconnected'
  | 'failed'
  /** The peer is closed or gone, without our doing. */
  | 'closed'
  /** No media for a second, and a ping unanswered: the path changed. */
  | 'pathLost'
  /** The path had its time to come back. */
  | 'grace'
  /** Signalling is back, or was renewed. */
  | 'reachable'
  /** A restart came to nothing in its time. */
  | 'expired'
  /** The gateway refused a restart. */
  | 'refused'
  /** The gateway offers the call anew. */
  | 'attach'
  /** Recovering is left to the application. */
  | 'held'
  /** The application wants it. */
  | 'recover'
  /** This gateway replaces no legs. */
  | 'irreplaceable'
  | 'done';

type Exits = Readonly<Partial<Record<RecoveryEvent, RecoveryState>>>;

const any: Exits = { done: 'done' };
const kept: Exits = { ...any, failed: 'failing', closed: 'rebuilding', attach: 'rebuilding' };

export const RECOVERY_TABLE: Readonly<Record<RecoveryState, Exits>> = {
  steady: { ...kept, disconnected: 'shaky', pathLost: 'restarting' },
  shaky: {
    ...kept,
    connected: 'steady',
    grace: 'restarting',
    reachable: 'restarting',
    pathLost: 'restarting',
  },
  restarting: {
    ...kept,
    connected: 'steady',
    flowing: 'steady',
    expired: 'restarting',
    refused: 'shaky',
  },
  failing: {
    ...any,
    connected: 'steady',
    flowing: 'steady',
    closed: 'rebuilding',
    expired: 'replacing',
    refused: 'replacing',
    attach: 'replacing',
  },
  replacing: { ...any, held: 'askReplace', irreplaceable: 'rebuilding' },
  rebuilding: { ...any, held: 'askRebuild', attach: 'rebuilding' },
  askReplace: { ...any, recover: 'replacing' },
  askRebuild: { ...any, recover: 'rebuilding' },
  done: {},
};

/** The state that follows, or undefined when the event does not fit. */
export const nextRecovery = (
  state: RecoveryState,
  event: RecoveryEvent,
): RecoveryState | undefined => RECOVERY_TABLE[state][event];

/** The call's own peer may still carry it: the gateway needs to offer no new one. */
export const keepsPeer = (state: RecoveryState): boolean =>
  state === 'steady' || state === 'shaky' || state === 'restarting' || state === 'failing';

/** Nothing is done until the application says so. */
export const asks = (state: RecoveryState): boolean =>
  state === 'askReplace' || state === 'askRebuild';
