import { check, type Checked } from './check.ts';
import type { FrameError } from './frame-error.ts';
import { ReportExtraSchema } from './report-offhook.ts';
import { StatsEntrySchema } from './report-stats.ts';
import type { Result } from './result.ts';
import { boundedList, integer, upTo } from './schemas/client-tools.ts';
import {
  anything,
  boolean,
  either,
  type Known,
  lenient,
  list,
  map,
  number,
  object,
  oneOf,
  optional,
  string,
  where,
} from './schemas/tools.ts';

/*
 * The bodies of `POST /call_report` and `/call_recording` (wire spec 15 and 16). What identifies a report is required; a
 * measurement that does not fit is read as absent, so that a browser's oddity never costs a whole report.
 */

/** The reference keeps 360 and 1000 entries; others may be configured to more. */
const MAX_STATS = 4096;
const MAX_LOGS = 16_384;
const MAX_PACKETS = 16_384;
const MAX_ID = 256;

const id = upTo(MAX_ID, 1);
const figure = lenient(number);
const text = lenient(string);
const flag = lenient(boolean);

const ClientSummarySchema = object({
  authentication: lenient(
    object({
      /** `anonymous_login`, `login_token`, `login_password`, `token` or `unknown`. */
      type: text,
      anonymousLogin: lenient(
        object({
          targetType: text,
          targetId: text,
          targetVersionId: text,
          targetParams: anything,
        }),
      ),
    }),
  ),
  connection: lenient(
    object({
      env: text,
      host: text,
      project: text,
      rtcIp: text,
      rtcPort: figure,
      region: text,
      dc: text,
      autoReconnect: flag,
      maxReconnectAttempts: figure,
      keepConnectionAliveOnSocketClose: flag,
      hangupOnBeforeUnload: flag,
      useCanaryRtcServer: flag,
      skipLastVoiceSdkId: flag,
      skipTrailing: flag,
    }),
  ),
  media: lenient(
    object({
      audio: anything,
      video: anything,
      mutedMicOnStart: flag,
      prefetchIceCandidates: flag,
      forceRelayCandidate: flag,
      trickleIce: flag,
      iceServers: lenient(
        list(
          object({
            urls: either(string, list(string)),
            hasUsername: flag,
            hasCredential: flag,
          }),
        ),
      ),
    }),
  ),
  callReports: lenient(
    object({
      enabled: flag,
      intervalMs: figure,
      flushIntervalMs: figure,
      debugLogLevel: text,
      debugLogMaxEntries: figure,
    }),
  ),
});

const SummarySchema = object({
  callId: id,
  destinationNumber: text,
  callerNumber: text,
  direction: text,
  /** Of the call when the report was posted: `destroy`, or `recovering` for a replaced call. */
  state: text,
  telnyxSessionId: text,
  telnyxLegId: text,
  sdkVersion: text,
  voiceSdkSessionId: text,
  clientSummary: lenient(ClientSummarySchema),
  /** From the construction of the call, not from its answer. */
  durationSeconds: figure,
  /** ISO 8601. */
  startTimestamp: text,
  endTimestamp: text,
});

const LogEntrySchema = object({
  /** ISO 8601. */
  timestamp: string,
  /** `debug`, `info`, `warn`, `error`. */
  level: string,
  message: string,
  context: anything,
});

const FlushReasonSchema = object({
  /** `buffer-limit`, `manual`, `socket-close`, `socket-error`, `page-unload`. */
  type: string,
  socketClose: lenient(
    object({
      code: figure,
      codeName: text,
      reason: text,
      wasClean: flag,
      error: text,
    }),
  ),
});

const CallReportSchema = object({
  summary: SummarySchema,
  stats: map(optional(boundedList(StatsEntrySchema, MAX_STATS)), (stats) => stats ?? []),
  logs: optional(boundedList(LogEntrySchema, MAX_LOGS)),
  /** From 0. On every flush; on the final report only after an earlier flush. */
  segment: lenient(integer(0)),
  /** Only on flushes: absent from the final report. */
  flushReason: lenient(FlushReasonSchema),
  /** Of our own client. */
  offhook: lenient(ReportExtraSchema),
});

const RecordingPacketSchema = object({
  /** From 1, wraps at 16 bits. */
  rtp_seq: number,
  /** Counts samples from 0. */
  rtp_ts: number,
  rtp_ssrc: number,
  /** ISO 8601. */
  captured_at: text,
  payload_b64: string,
});

const CallRecordingSchema = object({
  call_report_id: lenient(string),
  call_id: id,
  voice_sdk_id: lenient(string),
  recording_id: id,
  segment: oneOf('intermediate', 'final'),
  track: oneOf('local', 'remote'),
  /** `pcm-f32-le`: base64 of little-endian 32-bit floats, mono. */
  codec: string,
  /** As configured, not measured. */
  sample_rate: where(number, (rate) => rate >= 1, 'at least 1'),
  channels: integer(1),
  started_at: text,
  ended_at: text,
  packet_count: figure,
  /** Before base64. */
  byte_count: figure,
  packets: boundedList(RecordingPacketSchema, MAX_PACKETS),
});

export type CallReport = Known<Checked<typeof CallReportSchema>>;
export type CallReportSummary = Known<Checked<typeof SummarySchema>>;
export type CallReportLog = Known<Checked<typeof LogEntrySchema>>;
export type CallReportFlushReason = Known<Checked<typeof FlushReasonSchema>>;
export type CallRecording = Known<Checked<typeof CallRecordingSchema>>;
export type CallRecordingPacket = Known<Checked<typeof RecordingPacketSchema>>;

/** Reads the parsed body of `POST /call_report`. Never throws. The caller bounds its bytes. */
export function parseCallReport(body: unknown): Result<CallReport, FrameError> {
  return check(CallReportSchema, body, 'call_report');
}

/** Reads the parsed body of `POST /call_recording`. Never throws. The caller bounds its bytes. */
export function parseCallRecording(body: unknown): Result<CallRecording, FrameError> {
  return check(CallRecordingSchema, body, 'call_recording');
}
