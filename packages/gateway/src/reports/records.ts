/** What is kept of a call. Times are epoch milliseconds; session names are those of `sessionHash`. */
import type { LegRecord } from '@offhook/protocol';

/** Where a leg's counters in the media plane stood at a time. They only grow, but for the jitter. */
export interface MediaPoint {
  readonly t: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  readonly jitterMs: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
}

/** Something that the gateway saw happen, on the call's time axis. */
export interface CallEvent {
  readonly t: number;
  /** {@link LegRecord.id} */
  readonly leg: string;
  /**
   * `told`, `asked`: a message to or from the party, `name` its method. `moved`: the leg's own state. `media`: that of its
   * peer connection. `away`, `back`: its socket. `ended`: `name` the cause.
   */
  readonly type: 'started' | 'told' | 'asked' | 'moved' | 'media' | 'away' | 'back' | 'ended';
  readonly name?: string;
  readonly detail?: string;
}

export interface CallRecord {
  /** `telnyx_session_id` */
  readonly id: string;
  readonly startedAt: number;
  /** When the caller was told that it rings. */
  readonly rangAt: number | null;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly cause: string | null;
  /** As dialled. */
  readonly destination: string;
  /** `echo`, `tone`, `dtmf`; null for a call to a person. */
  readonly service: string | null;
  readonly legs: readonly LegRecord[];
  /** What there was no room for. */
  readonly droppedEvents: number;
  /** With the last state of a call only. */
  readonly events?: readonly CallEvent[];
}
