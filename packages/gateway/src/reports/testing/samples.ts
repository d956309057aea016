import { gzipSync } from 'node:zlib';
import type { LegRecord } from '@offhook/protocol';
import type { CallRecord } from '../records.ts';
import type { Upload } from '../store.ts';

/** 2023-11-14 22:13 UTC */
export const T0 = 1_700_000_000_000;

export function leg(id: string, more: Partial<LegRecord> = {}): LegRecord {
  return {
    id,
    session: `session-${id}`,
    via: 'browser',
    callId: `client-${id}`,
    user: '1001',
    number: '1001',
    role: 'caller',
    startedAt: T0,
    answeredAt: T0 + 3000,
    endedAt: T0 + 63_000,
    cause: 'NORMAL_CLEARING',
    endedBy: 'party',
    media: null,
    ...more,
  };
}

/** Ann calls Bob, who answers after 3 s; they talk for a minute. */
export function call(id: string, more: Partial<CallRecord> = {}): CallRecord {
  return {
    id,
    startedAt: T0,
    rangAt: T0 + 100,
    answeredAt: T0 + 3000,
    endedAt: T0 + 63_000,
    cause: 'NORMAL_CLEARING',
    destination: '1002',
    service: null,
    droppedEvents: 0,
    legs: [
      leg(`${id}-a`),
      leg(`${id}-b`, { role: 'callee', user: '1002', number: '1002', endedBy: 'gateway' }),
    ],
    ...more,
  };
}

export interface IntervalValues {
  readonly lost?: number;
  readonly received?: number;
  readonly jitterMs?: number;
  readonly rtt?: number;
}

/** Intervals of five seconds with cumulative counters, as the reference reports them. */
export function stats(intervals: readonly IntervalValues[], start = T0): Record<string, unknown>[] {
  const sum = { lost: 0, received: 0 };
  return intervals.map(({ lost = 0, received = 250, jitterMs = 2, rtt = 0.04 }, index) => {
    sum.lost += lost;
    sum.received += received;
    return {
      intervalStartUtc: new Date(start + index * 5000).toISOString(),
      intervalEndUtc: new Date(start + index * 5000 + 5000).toISOString(),
      audio: {
        inbound: {
          packetsReceived: sum.received,
          packetsLost: sum.lost,
          jitterAvg: jitterMs,
          audioLevelAvg: 0.3,
          bitrateAvg: 32_000,
        },
        outbound: { packetsSent: sum.received, bitrateAvg: 32_000 },
      },
      connection: { roundTripTimeAvg: rtt },
    };
  });
}

export function report(
  callId: string,
  more: Readonly<Record<string, unknown>> = {},
  summary: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    summary: {
      callId,
      destinationNumber: '1002',
      direction: 'outbound',
      state: 'destroy',
      sdkVersion: '2.27.10',
      durationSeconds: 60,
      startTimestamp: new Date(T0).toISOString(),
      endTimestamp: new Date(T0 + 60_000).toISOString(),
      ...summary,
    },
    stats: stats([{}, {}]),
    ...more,
  };
}

/** One track's part of a recording: `count` packets of 10 ms from `firstPacket` on. */
export function recording(callId: string, firstPacket = 0, count = 3): Record<string, unknown> {
  const samples = new Float32Array(80).fill(0.5);
  const payload = Buffer.from(samples.buffer).toString('base64');
  return {
    call_report_id: 'key',
    call_id: callId,
    recording_id: `${callId}-m1`,
    segment: 'intermediate',
    track: 'local',
    codec: 'pcm-f32-le',
    sample_rate: 8000,
    channels: 1,
    started_at: new Date(T0).toISOString(),
    ended_at: new Date(T0 + 1000).toISOString(),
    packet_count: count,
    byte_count: count * 320,
    packets: Array.from({ length: count }, (_, index) => ({
      rtp_seq: firstPacket + index + 1,
      rtp_ts: (firstPacket + index) * 80,
      rtp_ssrc: 7,
      captured_at: new Date(T0 + index * 10).toISOString(),
      payload_b64: payload,
    })),
  };
}

export function upload(of: LegRecord, body: unknown, more: Partial<Upload> = {}): Upload {
  return {
    session: of.session,
    callId: of.callId,
    receivedAt: T0 + 64_000,
    encoding: 'gzip',
    body: gzipSync(typeof body === 'string' ? body : JSON.stringify(body)),
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0',
    ...more,
  };
}
