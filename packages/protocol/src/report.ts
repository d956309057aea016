import * as v from 'valibot';
import { check } from './check.ts';
import type { FrameError } from './frame.ts';
import { ReportExtraSchema } from './report-offhook.ts';
import { StatsEntrySchema } from './report-stats.ts';
import type { Result } from './result.ts';
import { type Known, lenient } from './schemas/tools.ts';

/*
 * The bodies of `POST /call_report` and `/call_recording` (wire spec 15 and 16). What identifies a report is required; a
 * measurement that does not fit is read as absent, so that a browser's oddity never costs a whole report.
 */

/** The reference keeps 360 and 1000 entries; others may be configured to more. */
const MAX_STATS = 4096;
const MAX_LOGS = 16_384;
const MAX_PACKETS = 16_384;
const MAX_ID = 256;

const id = () => v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_ID));
const number = () => lenient(v.number());
const string = () => lenient(v.string());
const flag = () => lenient(v.boolean());

const ClientSummarySchema = v.looseObject({
  authentication: lenient(
    v.looseObject({
      /** `anonymous_login`, `login_token`, `login_password`, `token` or `unknown`. */
      type: string(),
      anonymousLogin: lenient(
        v.looseObject({
          targetType: string(),
          targetId: string(),
          targetVersionId: string(),
          targetParams: v.optional(v.unknown()),
        }),
      ),
    }),
  ),
  connection: lenient(
    v.looseObject({
      env: string(),
      host: string(),
      project: string(),
      rtcIp: string(),
      rtcPort: number(),
      region: string(),
      dc: string(),
      autoReconnect: flag(),
      maxReconnectAttempts: number(),
      keepConnectionAliveOnSocketClose: flag(),
      hangupOnBeforeUnload: flag(),
      useCanaryRtcServer: flag(),
      skipLastVoiceSdkId: flag(),
      skipTrailing: flag(),
    }),
  ),
  media: lenient(
    v.looseObject({
      audio: v.optional(v.unknown()),
      video: v.optional(v.unknown()),
      mutedMicOnStart: flag(),
      prefetchIceCandidates: flag(),
      forceRelayCandidate: flag(),
      trickleIce: flag(),
      iceServers: lenient(
        v.array(
          v.looseObject({
            urls: v.union([v.string(), v.array(v.string())]),
            hasUsername: flag(),
            hasCredential: flag(),
          }),
        ),
      ),
    }),
  ),
  callReports: lenient(
    v.looseObject({
      enabled: flag(),
      intervalMs: number(),
      flushIntervalMs: number(),
      debugLogLevel: string(),
      debugLogMaxEntries: number(),
    }),
  ),
});

const SummarySchema = v.looseObject({
  callId: id(),
  destinationNumber: string(),
  callerNumber: string(),
  direction: string(),
  /** Of the call when the report was posted: `destroy`, or `recovering` for a replaced call. */
  state: string(),
  telnyxSessionId: string(),
  telnyxLegId: string(),
  sdkVersion: string(),
  voiceSdkSessionId: string(),
  clientSummary: lenient(ClientSummarySchema),
  /** From the construction of the call, not from its answer. */
  durationSeconds: number(),
  /** ISO 8601. */
  startTimestamp: string(),
  endTimestamp: string(),
});

const LogEntrySchema = v.looseObject({
  /** ISO 8601. */
  timestamp: v.string(),
  /** `debug`, `info`, `warn`, `error`. */
  level: v.string(),
  message: v.string(),
  context: v.optional(v.unknown()),
});

const FlushReasonSchema = v.looseObject({
  /** `buffer-limit`, `manual`, `socket-close`, `socket-error`, `page-unload`. */
  type: v.string(),
  socketClose: lenient(
    v.looseObject({
      code: number(),
      codeName: string(),
      reason: string(),
      wasClean: flag(),
      error: string(),
    }),
  ),
});

const CallReportSchema = v.looseObject({
  summary: SummarySchema,
  stats: v.optional(v.pipe(v.array(StatsEntrySchema), v.maxLength(MAX_STATS), v.readonly()), []),
  logs: v.optional(v.pipe(v.array(LogEntrySchema), v.maxLength(MAX_LOGS), v.readonly())),
  /** From 0. On every flush; on the final report only after an earlier flush. */
  segment: lenient(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** Only on flushes: absent from the final report. */
  flushReason: lenient(FlushReasonSchema),
  /** Of our own client. */
  offhook: lenient(ReportExtraSchema),
});

const RecordingPacketSchema = v.looseObject({
  /** From 1, wraps at 16 bits. */
  rtp_seq: v.number(),
  /** Counts samples from 0. */
  rtp_ts: v.number(),
  rtp_ssrc: v.number(),
  /** ISO 8601. */
  captured_at: string(),
  payload_b64: v.string(),
});

const CallRecordingSchema = v.looseObject({
  call_report_id: lenient(v.string()),
  call_id: id(),
  voice_sdk_id: lenient(v.string()),
  recording_id: id(),
  segment: v.picklist(['intermediate', 'final']),
  track: v.picklist(['local', 'remote']),
  /** `pcm-f32-le`: base64 of little-endian 32-bit floats, mono. */
  codec: v.string(),
  /** As configured, not measured. */
  sample_rate: v.pipe(v.number(), v.minValue(1)),
  channels: v.pipe(v.number(), v.integer(), v.minValue(1)),
  started_at: string(),
  ended_at: string(),
  packet_count: number(),
  /** Before base64. */
  byte_count: number(),
  packets: v.pipe(v.array(RecordingPacketSchema), v.maxLength(MAX_PACKETS), v.readonly()),
});

export type CallReport = Known<v.InferOutput<typeof CallReportSchema>>;
export type CallReportSummary = Known<v.InferOutput<typeof SummarySchema>>;
export type CallReportLog = Known<v.InferOutput<typeof LogEntrySchema>>;
export type CallReportFlushReason = Known<v.InferOutput<typeof FlushReasonSchema>>;
export type CallRecording = Known<v.InferOutput<typeof CallRecordingSchema>>;
export type CallRecordingPacket = Known<v.InferOutput<typeof RecordingPacketSchema>>;

/** Reads the parsed body of `POST /call_report`. Never throws. The caller bounds its bytes. */
export function parseCallReport(body: unknown): Result<CallReport, FrameError> {
  return check(CallReportSchema, body, 'call_report');
}

/** Reads the parsed body of `POST /call_recording`. Never throws. The caller bounds its bytes. */
export function parseCallRecording(body: unknown): Result<CallRecording, FrameError> {
  return check(CallRecordingSchema, body, 'call_recording');
}
