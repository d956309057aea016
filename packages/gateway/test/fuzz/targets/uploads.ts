import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { BodyError, readRecording, readReport } from '../../../src/reports/body.ts';
import { browserOf } from '../../../src/reports/browser.ts';
import { digestOf, feedbackOf, meanMos, timeOf } from '../../../src/reports/digest.ts';
import { ENCODINGS } from '../../../src/reports/store.ts';
import type { Encoding, Upload } from '../../../src/reports/store.ts';
import { jsonMutations } from '../mutate/json.ts';
import type { FuzzTarget, Mutation } from '../target.ts';

const CALL = 'c';
/** A body that unpacks to 8 MiB (a recording: 24) is held while it is looked at; its texts take up to twice as much. */
const MOST_UNPACKED = 64 * 1024 * 1024;

/** The first byte says how the rest is packed; 4 and more: the rest is JSON, which is packed here, so that damage stays inside. */
function uploadOf(input: Buffer): Upload {
  const kind = input[0] ?? 0;
  const encoding = ENCODINGS[kind % ENCODINGS.length] ?? 'identity';
  const rest = input.subarray(1);
  return {
    session: 's',
    callId: CALL,
    receivedAt: 0,
    encoding,
    body: kind < ENCODINGS.length ? rest : packed(rest, encoding),
    userAgent: '',
  };
}

function packed(body: Buffer, encoding: Encoding): Uint8Array {
  switch (encoding) {
    case 'identity':
      return body;
    case 'gzip':
      return gzipSync(body, { level: 1 });
    case 'deflate':
      return deflateSync(body, { level: 1 });
    case 'br':
      return brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 0 } });
  }
}

/** The same damage behind the first byte. */
const inside =
  (mutation: Mutation): Mutation =>
  (input, random, others) => {
    const rest = mutation(
      input.subarray(1),
      random,
      others.map((other) => other.subarray(1)),
    );
    const kind = random.oneIn(8) ? random.below(8) : (input[0] ?? 4);
    return Buffer.concat([Buffer.from([kind]), rest]);
  };

const REPORT_WORDS = [
  'summary',
  'callId',
  'clientSummary',
  'stats',
  'logs',
  'segment',
  'flushReason',
  'offhook',
  'timestamp',
  'level',
  'message',
  'context',
  'audio',
  'inbound',
  'outbound',
  'packetsLost',
  'packetsReceived',
  'jitterAvg',
  'connection',
  'remoteRtcp',
  'mos',
  'mean',
  'min',
  'delta',
  'events',
  'feedback',
  'score',
  'tags',
  'note',
  'iceServers',
  'urls',
  'credential',
  'passwd',
  'login_token',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  'a=ice-pwd:secret',
  '\\"passwd\\":\\"x\\"',
  '\\\\',
  '-eyJ',
  '2026-01-01T00:00:00Z',
];

const RECORDING_WORDS = [
  'call_report_id',
  'call_id',
  'voice_sdk_id',
  'recording_id',
  'segment',
  'intermediate',
  'final',
  'track',
  'local',
  'remote',
  'codec',
  'pcm-f32-le',
  'sample_rate',
  'channels',
  'packets',
  'rtp_seq',
  'rtp_ts',
  'rtp_ssrc',
  'captured_at',
  'payload_b64',
  'AAAAAA==',
];

const json = (value: unknown): Buffer =>
  Buffer.concat([Buffer.from([4]), Buffer.from(JSON.stringify(value))]);

const isExpected = (error: unknown): boolean => error instanceof BodyError;

/** A report as the store takes it in: unpacked, parsed, secrets taken out, measured. */
export const report: FuzzTarget = {
  name: 'report',
  maxLength: 262_144,
  mutations: jsonMutations(REPORT_WORDS).map(inside),
  dictionary: [...REPORT_WORDS, '\\\\\\\\', 'token'],
  seeds: () => [
    json({ summary: { callId: CALL }, stats: [], logs: [] }),
    json({
      summary: { callId: CALL, clientSummary: { media: { iceServers: [{ urls: 'stun:x' }] } } },
      stats: [
        {
          intervalStartUtc: 'a',
          intervalEndUtc: 'b',
          audio: { inbound: { packetsLost: 1, packetsReceived: 9 } },
        },
      ],
      logs: [
        {
          timestamp: 't',
          level: 'info',
          message: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
          context: { passwd: 'x' },
        },
      ],
      flushReason: { type: 'manual', socketClose: { code: 1006 } },
      offhook: { events: [{ t: 1, type: 'feedback', score: 4, tags: ['a'], note: 'n' }] },
    }),
    // A small body that holds a large one.
    Buffer.concat([Buffer.from([1]), gzipSync(Buffer.alloc(9 * 1024 * 1024, 0x20))]),
  ],
  run: (input) => {
    const body = readReport(uploadOf(input));
    const digest = digestOf(body);
    const { startTimestamp } = body.summary;
    return [
      body,
      digest,
      meanMos(digest),
      feedbackOf(body),
      timeOf(startTimestamp),
      browserOf(startTimestamp ?? ''),
    ];
  },
  isExpected,
  // Unpacking goes up to 8 MiB, whatever the input's length is.
  budget: { cpuRatio: 80, floor: 262_144, heapBase: MOST_UNPACKED, heapPerByte: 32 },
};

export const recording: FuzzTarget = {
  name: 'recording',
  maxLength: 262_144,
  mutations: jsonMutations(RECORDING_WORDS).map(inside),
  dictionary: RECORDING_WORDS,
  seeds: () => [
    json({
      call_id: CALL,
      recording_id: 'r',
      segment: 'final',
      track: 'local',
      codec: 'pcm-f32-le',
      sample_rate: 48_000,
      channels: 1,
      packets: [{ rtp_seq: 1, rtp_ts: 0, rtp_ssrc: 1, payload_b64: 'AAAAAA==' }],
    }),
  ],
  run: (input) => {
    const body = readRecording(uploadOf(input));
    return Buffer.concat(body.packets.map((packet) => Buffer.from(packet.payload_b64, 'base64')));
  },
  isExpected,
  budget: { cpuRatio: 80, floor: 262_144, heapBase: MOST_UNPACKED, heapPerByte: 32 },
};
