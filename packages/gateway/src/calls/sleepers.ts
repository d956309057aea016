import type { Identity } from './dialog.ts';

/** A call, as a device is told of it that has no connection to us. */
export interface WakingCall {
  /** `telnyx_session_id` */
  readonly id: string;
  readonly caller: Identity;
}

/** `missed`: nobody of those who were called said anything. `over`: somebody answered, or refused. */
export type WakingEnd = 'missed' | 'over';

/** Devices of users without a connection that can be asked to come: browsers whose pages are closed. Nothing here waits or throws. */
export interface Sleepers {
  /** How long a call waits for one of them to sign in. */
  readonly waitMs: number;
  /** Whether the user has any. */
  has(user: string): boolean;
  /** @param onRings called when the first of them will ring, as far as anybody can tell; perhaps never */
  wake(user: string, call: WakingCall, onRings: () => void): void;
  /** The call rings for the user no more. */
  ended(user: string, call: string, how: WakingEnd): void;
}
