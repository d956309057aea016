import type { LegState } from '../media-plane.ts';

/**
 * ```
 *            descriptions            ICE and DTLS              quiet
 *    new ──────────────► connecting ─────────────► connected ────────► disconnected
 *     ▲                   │      ▲                   │   ▲               │      │
 *     │ new offer         │      │ new page          │   └───────────────┘      │
 *     │ to a failed       │      │ after a failure   │        heard again       │
 *     │ leg               ▼      │                   ▼                          │
 *     └───────────────── failed ─┴◄─────────────── (quiet for long) ◄───────────┘
 *                           └──► connected: heard again
 *    any ──► closed (no exits)
 * ```
 */
const EXITS: Readonly<Record<LegState, readonly LegState[]>> = {
  new: ['connecting', 'closed'],
  connecting: ['connected', 'failed', 'new', 'closed'],
  connected: ['disconnected', 'failed', 'closed'],
  disconnected: ['connected', 'failed', 'closed'],
  failed: ['new', 'connecting', 'connected', 'closed'],
  closed: [],
};

export function mayBecome(from: LegState, to: LegState): boolean {
  return EXITS[from].includes(to);
}
