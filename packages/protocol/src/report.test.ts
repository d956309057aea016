import { describe, expect, it } from 'vitest';
import {
  liveArrayBootstrap,
  parseCallRecording,
  parseCallReport,
  parseLiveArrayNotice,
  parseLiveArrayPacket,
} from './index.ts';

const report = {
  summary: {
    callId: 'leg-1',
    destinationNumber: 'bea',
    callerNumber: '41',
    direction: 'outbound',
    state: 'destroy',
    telnyxSessionId: 'ts',
    telnyxLegId: 'tl',
    sdkVersion: '2.27.10',
    clientSummary: {
      authentication: { type: 'login_password' },
      connection: {
        env: 'production',
        host: 'ws://localhost',
        autoReconnect: true,
        maxReconnectAttempts: 10,
      },
      media: {
        audio: true,
        video: false,
        iceServers: [{ urls: 'stun:x', hasUsername: false, hasCredential: false }],
      },
      callReports: { enabled: true, intervalMs: 5000, flushIntervalMs: 180_000 },
    },
    durationSeconds: 3.5,
    startTimestamp: '2026-11-22T10:00:00.000Z',
    endTimestamp: '2026-11-22T10:00:03.500Z',
  },
  stats: [
    {
      intervalStartUtc: '2026-11-22T10:00:00.000Z',
      intervalEndUtc: '2026-11-22T10:00:01.000Z',
      audio: {
        outbound: { packetsSent: 50, bitrateAvg: 32_000, codec: { mimeType: 'audio/opus' } },
        inbound: { packetsReceived: 49, packetsLost: 1, jitterAvg: 4.2 },
      },
      ice: { state: 'succeeded', local: { address: '192.0.2.1', port: 9, candidateType: 'host' } },
      remoteRtcp: { inbound: { fractionLost: 0, jitter: 2 } },
      offhook: {
        samples: 5,
        mos: { min: 4.1, mean: 4.2, max: 4.3 },
        delta: { packetsLost: 1, packetsReceived: 49 },
      },
    },
    { intervalStartUtc: 'a', intervalEndUtc: 'b', audio: {} },
  ],
  logs: [
    { timestamp: '2026-11-22T10:00:00.100Z', level: 'debug', message: 'm', context: { k: 1 } },
  ],
  segment: 1,
  flushReason: { type: 'socket-close', socketClose: {} },
  offhook: {
    v: 1,
    events: [{ t: 1, type: 'warning', code: 31001, phase: 'raised' }],
    early: [
      {
        t: 2,
        rtt: 0.02,
        jitter: null,
        loss: 0,
        mos: 4.4,
        inboundBitrate: 1,
        outboundBitrate: 2,
        inLevel: 0.1,
        outLevel: null,
      },
    ],
    dropped: 0,
    environment: { userAgent: 'x', network: { effectiveType: '4g' } },
    devices: { permission: 'granted', inputs: 1, list: [{ kind: 'audioinput', label: 'Mic' }] },
    paths: [{ t: 3, id: 'P', state: 'succeeded', selected: true, local: { protocol: 'udp' } }],
    timings: {
      mode: 'trickle',
      direction: 'outbound',
      steps: [{ label: 'x', fromStart: 0, delta: 0 }],
    },
  },
};

describe('a call report', () => {
  it('is read with everything that the reference client puts into it', () => {
    expect(parseCallReport(report)).toEqual({ ok: true, value: report });
  });

  it('is read as the final one of a short call: no statistics, no logs, no segment', () => {
    const value = { summary: { callId: 'leg-1' }, stats: [] };
    expect(parseCallReport({ summary: { callId: 'leg-1' } })).toEqual({ ok: true, value });
  });

  it('loses a measurement that is none, and nothing else', () => {
    const odd = {
      ...report,
      stats: [
        {
          intervalStartUtc: 'a',
          intervalEndUtc: 'b',
          audio: { inbound: { packetsLost: null, jitterAvg: 2 } },
        },
      ],
    };
    expect(parseCallReport(odd)).toMatchObject({
      ok: true,
      value: { stats: [{ audio: { inbound: { packetsLost: undefined, jitterAvg: 2 } } }] },
    });
  });

  it('keeps what fits of our own members, and never fails by them', () => {
    const odd = {
      summary: { callId: 'c' },
      offhook: { v: 1, events: [{ type: 'no time' }, { t: 1, type: 'x' }], paths: 7, dropped: 3 },
    };
    expect(parseCallReport(odd)).toMatchObject({
      ok: true,
      value: { offhook: { v: 1, events: [{ t: 1, type: 'x' }], paths: undefined, dropped: 3 } },
    });
    expect(parseCallReport({ summary: { callId: 'c' }, offhook: 'x' })).toMatchObject({
      ok: true,
      value: { offhook: undefined },
    });
  });

  it.each<[string, unknown, string]>([
    ['no object', 'report', 'call_report: expected object'],
    ['of no call', { summary: {} }, 'summary.callId: expected string'],
    [
      'without times in its statistics',
      { summary: { callId: 'c' }, stats: [{}] },
      'stats.0.intervalStartUtc',
    ],
    ['with a boundless log', { summary: { callId: 'c' }, logs: Array(16_385).fill(0) }, 'logs'],
  ])('is refused when it is %s', (_title, body, message) => {
    const parsed = parseCallReport(body);
    expect(parsed.ok ? '' : parsed.error.message).toContain(message);
  });
});

describe('a call recording', () => {
  const recording = {
    call_report_id: 'r',
    call_id: 'leg-1',
    voice_sdk_id: 'v',
    recording_id: 'leg-1-mz1',
    segment: 'final',
    track: 'remote',
    codec: 'pcm-f32-le',
    sample_rate: 48_000,
    channels: 1,
    started_at: '2026-11-22T10:00:00.000Z',
    ended_at: '2026-11-22T10:00:15.000Z',
    packet_count: 1,
    byte_count: 1920,
    packets: [{ rtp_seq: 1, rtp_ts: 0, rtp_ssrc: 5, captured_at: 'x', payload_b64: 'AAAA' }],
  };

  it('is read whole', () => {
    expect(parseCallRecording(recording)).toEqual({ ok: true, value: recording });
  });

  it('is refused when it is of neither track', () => {
    expect(parseCallRecording({ ...recording, track: 'both' })).toMatchObject({
      ok: false,
      error: { message: 'track: expected local or remote' },
    });
  });
});

describe('a live array', () => {
  it('is announced and taken away', () => {
    const pvtData = {
      action: 'conference-liveArray-join',
      laChannel: 'la',
      laName: 'room',
      conferenceMemberID: 7,
    };
    expect(parseLiveArrayNotice(pvtData)).toEqual({ ok: true, value: pvtData });
    expect(parseLiveArrayNotice({ action: 'conference-other', laChannel: 'la' }).ok).toBe(false);
  });

  it('is kept in step by packets whose rows pass untouched', () => {
    const packet = {
      action: 'bootObj',
      name: 'room',
      wireSerno: -1,
      data: [['u', ['1', 'n', null]]],
    };
    expect(parseLiveArrayPacket(packet)).toEqual({ ok: true, value: packet });
    expect(parseLiveArrayPacket({ action: 'explode' }).ok).toBe(false);
  });

  it('is asked for whole by a broadcast', () => {
    expect(liveArrayBootstrap('la', 'room')).toEqual({
      liveArray: { command: 'bootstrap', context: 'la', name: 'room', obj: {} },
    });
  });
});
