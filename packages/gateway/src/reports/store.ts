/**
 * The seam between whoever makes reports (`tracker.ts`, `intake.ts`), whoever reads them (the `offhook reports` command), and
 * where they are kept. Times are epoch milliseconds; session names are those of `sessionHash`.
 */
import type {
  CallFeedback,
  CallPage,
  CallsOverview,
  CallSummary,
  CallView,
  LegMedia,
  LegRecord,
  ViewMessage,
} from '@offhook/protocol';
import type { ConversationRecord } from '../assistants/conversation.ts';
import type { CallMessages } from './message-log.ts';
import type { NewDelivery, OutboxVerbs } from './outbox.ts';
import type { CallEvent, CallRecord, MediaPoint } from './records.ts';

/** A body that a client posted, as it came. */
export interface Upload {
  /** From the key. */
  readonly session: string;
  /** `x-call-id` */
  readonly callId: string;
  readonly receivedAt: number;
  readonly encoding: Encoding;
  readonly body: Uint8Array;
  /** `User-Agent` of the request. */
  readonly userAgent: string;
}

export const ENCODINGS = ['identity', 'gzip', 'deflate', 'br'] as const;
export type Encoding = (typeof ENCODINGS)[number];

export type UploadRefusal =
  /** The session had no such call. */
  | 'call_unknown'
  /** The session ended too long ago. */
  | 'expired'
  | 'too_large'
  /** This end of a call, or its session, holds all that it may; the store is full of what may not be forgotten. */
  | 'leg_full'
  | 'session_full'
  | 'store_full'
  | 'bad_encoding'
  | 'bad_body'
  /** The body is about another call than the header says. */
  | 'call_mismatch';

export type UploadOutcome =
  | {
      readonly ok: true;
      /** False when it was there already. */
      readonly added: boolean;
      /** Mean MOS of the last segment of a call's report, where it has one. */
      readonly mos: number | null;
    }
  | { readonly ok: false; readonly reason: UploadRefusal; readonly message: string };

/** Part of a debug report: frames as they came, one JSON text a line. */
export interface DebugChunk {
  readonly session: string;
  readonly callId: string;
  readonly receivedAt: number;
  readonly lines: string;
}

export interface CallFilter {
  /** Started at or after; before. */
  readonly from?: number;
  readonly to?: number;
  /** A user who took part, or whose devices rang. */
  readonly user?: string;
  /** The gateway's name of the call, or the name of one of its legs: a client's own, or the Call-ID. */
  readonly id?: string;
  /** Part of the number dialled, or of the caller's. */
  readonly number?: string;
  /** Q.850 name. */
  readonly cause?: string;
  /** Mean MOS of the worse end. */
  readonly mosFrom?: number;
  readonly mosTo?: number;
  /** `Firefox`, or with its version, `Firefox 130`. */
  readonly browser?: string;
  readonly sdkVersion?: string;
  /** With a report of at least one end, or of none. */
  readonly reported?: boolean;
}

export const CALL_SORTS = ['time', 'duration', 'mos', 'loss', 'jitter', 'rtt'] as const;

export interface CallQuery extends CallFilter {
  /** Default: `time`. */
  readonly sort?: (typeof CALL_SORTS)[number];
  /** Default: `desc`. Calls without the measurement come last, either way; equals in the order in which they began. */
  readonly order?: 'asc' | 'desc';
  /** Default 50, at most 1000. */
  readonly limit?: number;
  /** Default 0. */
  readonly offset?: number;
}

export interface RecordingSummary {
  readonly id: number;
  readonly recordingId: string;
  readonly track: 'local' | 'remote';
  readonly startedAt: number;
  /** Position of its first sample in the recording. */
  readonly firstSample: number;
  readonly samples: number;
  readonly sampleRate: number;
  /** Path of the WAV file. */
  readonly file: string;
}

export interface LegDetail extends LegRecord {
  readonly mos: number | null;
  readonly mosMin: number | null;
  readonly lossPercent: number | null;
  readonly jitterMs: number | null;
  readonly rttMs: number | null;
  readonly browser: string | null;
  readonly sdk: string | null;
  readonly sdkVersion: string | null;
  readonly feedback: CallFeedback | null;
  /** Bodies of `/call_report`, secrets taken out, in the order of what they tell. */
  readonly reports: readonly unknown[];
  /** Frames of debug reports, in order. */
  readonly debug: readonly unknown[];
  readonly recordings: readonly RecordingSummary[];
}

/** One call with both ends and the middle. */
export interface CallDetail {
  readonly call: CallSummary;
  readonly legs: readonly LegDetail[];
  readonly events: readonly CallEvent[];
  readonly droppedEvents: number;
  readonly messages: readonly ViewMessage[];
  readonly droppedMessages: number;
  /** Only of calls with an assistant. */
  readonly conversation: ConversationRecord | null;
}

export const MOS_CLASS = 0.25;
/** The limit of the client's own warning (31004). */
export const POOR_MOS = 3.5;

export interface PruneOutcome {
  /** Calls forgotten. */
  readonly removed: number;
  /** Bytes held after it. */
  readonly bytes: number;
}

/** A call as it is kept. */
export interface SavedCall extends CallRecord {
  /** Who is to be told of its end; kept with it, or neither is. */
  readonly deliveries?: readonly NewDelivery[];
}

/** What a store does, each with one request. */
export interface ReportVerbs extends OutboxVerbs {
  /**
   * The state of a call as of now; replaces what was known of it.
   * @returns how many of its deliveries there was no room for
   */
  saveCall(call: SavedCall): number;
  /** The keys of this session expire from now on. */
  sessionEnded(request: { readonly session: string; readonly at: number }): void;
  saveMedia(request: { readonly leg: string; readonly media: LegMedia }): void;
  /** What the media plane counted of a leg over time; replaces what was known of it. */
  saveSeries(request: { readonly leg: string; readonly points: readonly MediaPoint[] }): void;
  /** What was said to an assistant in a call, and how long the caller waited. Goes with the call. */
  saveConversation(record: ConversationRecord): void;
  /** What went over the wire in a call; replaces what was known of it. Secrets are taken out. */
  saveMessages(request: CallMessages): void;
  addReport(upload: Upload): UploadOutcome;
  addRecording(upload: Upload): UploadOutcome;
  addDebug(chunk: DebugChunk): void;
  list(query: CallQuery): CallPage;
  /** By `telnyx_session_id`, or by a client's id of one of its legs. */
  find(id: string): CallDetail | null;
  /** The same call as a page shows it, without what only a download needs. */
  view(id: string): CallView | null;
  overview(range: { readonly from: number; readonly to: number }): CallsOverview;
  /** Path of a recording's WAV file, by {@link RecordingSummary.id}. */
  recording(id: number): string | null;
  /** Forgets what is too old, and the oldest where it is too much. */
  prune(now: number): PruneOutcome;
}

export type ReportVerb = keyof ReportVerbs;
export type ReportRequest<V extends ReportVerb> = Parameters<ReportVerbs[V]>[0];
export type ReportResult<V extends ReportVerb> = ReturnType<ReportVerbs[V]>;

/** The same from elsewhere: every method settles; a failure of the store itself rejects with a {@link ReportStoreError}. */
export type ReportStore = {
  readonly [V in ReportVerb]: (request: ReportRequest<V>) => Promise<ReportResult<V>>;
} & {
  /** Settles when all that was asked before is done. Idempotent. */
  close(): Promise<void>;
};

export interface ReportStoreOptions {
  /** The gateway's data folder. */
  readonly dataDir: string;
  readonly retentionDays: number;
  /** Of the database and the recordings together. */
  readonly maxBytes: number;
  /** How long a write waits for somebody who reads long, such as `offhook doctor`. Default: 15,000 ms. */
  readonly busyMs?: number;
  /** `require`: a database of an older version is refused and left as it is. Default: brought up to date. */
  readonly schema?: 'migrate' | 'require';
}

/** `busy`: more waits than may; try again later. `gone`: the store is closed, or it broke. */
export class ReportStoreError extends Error {
  /** `paused`: the disk or the file does not do, and nothing is kept until it does. */
  readonly code: 'busy' | 'gone' | 'failed' | 'paused';
  constructor(code: ReportStoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReportStoreError';
    this.code = code;
  }
}
