import type { SQLOutputValue } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import type {
  CallFeedback,
  CallSummary,
  CallView,
  LegMedia,
  LegRecord,
  ViewMessage,
} from '@offhook/protocol';
import type { LegDetail } from '../store.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** A call by the gateway's id, else the newest that a client has this name for. */
export const FIND_CALL = `
  SELECT * FROM calls WHERE id = ?1
  UNION ALL SELECT * FROM calls WHERE id IN (SELECT call FROM legs WHERE call_id = ?1)
  ORDER BY started_at DESC LIMIT 1`;

export function legRecordOf(row: Row): LegRecord {
  return {
    id: String(row['id']),
    session: String(row['session']),
    via: row['via'] === 'sip' ? 'sip' : 'browser',
    callId: String(row['call_id']),
    user: String(row['user']),
    number: String(row['number']),
    role: row['role'] === 'caller' ? 'caller' : 'callee',
    startedAt: Number(row['started_at']),
    answeredAt: numberOf(row['answered_at']),
    endedAt: numberOf(row['ended_at']),
    cause: textOf(row['cause']),
    endedBy: row['ended_by'] === null ? null : row['ended_by'] === 'party' ? 'party' : 'gateway',
    media: jsonOf(row['media']) as LegMedia | null,
  };
}

/** Who reported a leg, and what the person said. */
export function reporterOf(
  row: Row,
): Pick<LegDetail, 'browser' | 'sdk' | 'sdkVersion' | 'feedback'> {
  return {
    browser: textOf(row['browser']),
    sdk: textOf(row['sdk']),
    sdkVersion: textOf(row['sdk_version']),
    feedback: jsonOf(row['feedback']) as CallFeedback | null,
  };
}

export function summaryOf(row: Row): CallSummary {
  const answeredAt = numberOf(row['answered_at']);
  const endedAt = numberOf(row['ended_at']);
  return {
    id: String(row['id']),
    sipCallId: textOf(row['sip_call_id']),
    startedAt: Number(row['started_at']),
    answeredAt,
    endedAt,
    durationMs: numberOf(row['duration_ms']),
    talkedMs: answeredAt === null || endedAt === null ? null : endedAt - answeredAt,
    cause: textOf(row['cause']),
    destination: String(row['destination']),
    service: textOf(row['service']),
    caller: String(row['caller']),
    callerNumber: String(row['caller_number']),
    callee: textOf(row['callee']),
    ...measurementsOf(row),
    reports: Number(row['reports']),
    feedback: numberOf(row['feedback']),
    browsers: jsonOf(row['browsers']) as string[],
    sdks: jsonOf(row['sdks']) as string[],
  };
}

export function measurementsOf(
  row: Row,
): Pick<CallSummary, 'mos' | 'mosMin' | 'lossPercent' | 'jitterMs' | 'rttMs'> {
  return {
    mos: numberOf(row['mos']),
    mosMin: numberOf(row['mos_min']),
    lossPercent: numberOf(row['loss_percent']),
    jitterMs: numberOf(row['jitter_ms']),
    rttMs: numberOf(row['rtt_ms']),
  };
}

export function numberOf(value: SQLOutputValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

export function textOf(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

export function jsonOf(value: SQLOutputValue | undefined): unknown {
  return typeof value === 'string' ? (JSON.parse(value) as unknown) : null;
}

/** What went over the wire in a call, by its row of `messages`. */
export function messagesOf(row: Row | undefined): Pick<CallView, 'messages' | 'droppedMessages'> {
  const data = row?.['data'];
  if (!(data instanceof Uint8Array)) {
    return { messages: [], droppedMessages: 0 };
  }
  return {
    messages: unzip(data) as ViewMessage[],
    droppedMessages: Number(row?.['dropped']),
  };
}

export function unzip(data: Uint8Array): unknown {
  return JSON.parse(gunzipSync(data).toString()) as unknown;
}

export function linesOf(data: Uint8Array): unknown[] {
  const lines = gunzipSync(data).toString().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
}
