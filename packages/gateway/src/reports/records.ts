/** What is kept of a call. Times are epoch milliseconds; session names are those of `sessionHash`. */
import type { Codec } from '../media/media-plane.ts';

/** One party's side of a call as the gateway saw it. */
export interface LegRecord {
  /** `telnyx_leg_id` */
  readonly id: string;
  readonly session: string;
  /** The client's own name of it; unique among a session's live legs only. */
  readonly callId: string;
  readonly user: string;
  readonly number: string;
  readonly role: 'caller' | 'callee';
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  /** Q.850 name. */
  readonly cause: string | null;
  /** Who ended it. */
  readonly endedBy: 'party' | 'gateway' | null;
  readonly media: LegMedia | null;
}

/** The media plane's counters at a leg's end: what came from the party, and what was sent to it. */
export interface LegMedia {
  readonly codec: Codec | null;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  /** Milliseconds. */
  readonly jitterMs: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
}

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

/** One line of the list of calls. Measurements are those of the worse end. */
export interface CallSummary {
  readonly id: string;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  /** From the invite to the end; null while it lives. */
  readonly durationMs: number | null;
  readonly talkedMs: number | null;
  readonly cause: string | null;
  readonly destination: string;
  readonly service: string | null;
  readonly caller: string;
  readonly callerNumber: string;
  /** Who answered, or whose devices rang; null where nobody was reached. */
  readonly callee: string | null;
  readonly mos: number | null;
  readonly mosMin: number | null;
  readonly lossPercent: number | null;
  readonly jitterMs: number | null;
  readonly rttMs: number | null;
  /** Segments of reports that clients sent. */
  readonly reports: number;
  /** The lowest score that a party gave. */
  readonly feedback: number | null;
  /** Of the ends that reported, the caller's first: `Chrome 140`, `2.27.10`. */
  readonly browsers: readonly string[];
  readonly sdks: readonly string[];
}

export interface Feedback {
  readonly score: number | null;
  readonly tags: readonly string[];
  readonly note: string | null;
}
