import type { QualitySample, RemoteRtpStats } from './sampler.ts';

/** What a report may tell beyond measurements; both off unless the application turns them on. */
export interface ReportDetail {
  /** IP addresses and ports of ICE candidates. */
  readonly addresses?: boolean | undefined;
  /** Names and ids of microphones and cameras. */
  readonly devices?: boolean | undefined;
}

export type StatsEntry = Readonly<Record<string, unknown>> & {
  readonly intervalStartUtc: string;
  readonly intervalEndUtc: string;
};

type Bag = Readonly<Record<string, unknown>>;

const OUTBOUND = [
  'packetsSent',
  'bytesSent',
  'retransmittedPacketsSent',
  'retransmittedBytesSent',
  'headerBytesSent',
  'nackCount',
  'targetBitrate',
  'totalPacketSendDelay',
  'active',
];
const SOURCE = [
  'id',
  'trackIdentifier',
  'audioLevel',
  'totalAudioEnergy',
  'totalSamplesDuration',
  'echoReturnLoss',
  'echoReturnLossEnhancement',
];
const INBOUND = [
  'packetsReceived',
  'bytesReceived',
  'packetsLost',
  'packetsDiscarded',
  'jitterBufferDelay',
  'jitterBufferEmittedCount',
  'totalSamplesReceived',
  'concealedSamples',
  'concealmentEvents',
  'nackCount',
  'headerBytesReceived',
  'fecPacketsReceived',
  'fecPacketsDiscarded',
  'jitterBufferTargetDelay',
  'jitterBufferMinimumDelay',
  'totalSamplesDecoded',
  'samplesDecodedWithSilence',
  'samplesDecodedWithConcealment',
  'totalAudioEnergy',
  'totalSamplesDuration',
];
const CODEC = ['mimeType', 'clockRate', 'channels', 'payloadType', 'sdpFmtpLine'];
const PAIR = [
  'id',
  'localCandidateId',
  'remoteCandidateId',
  'state',
  'nominated',
  'writable',
  'currentRoundTripTime',
  'requestsSent',
  'responsesReceived',
];
const CANDIDATE = ['id', 'candidateType', 'protocol', 'networkType', 'relayProtocol'];
const CANDIDATE_ADDRESS = ['address', 'port', 'url'];
const TRANSPORT = [
  'iceState',
  'dtlsState',
  'srtpCipher',
  'tlsVersion',
  'selectedCandidatePairChanges',
  'selectedCandidatePairId',
];
const PLAYOUT = [
  'synthesizedSamplesEvents',
  'synthesizedSamplesDuration',
  'totalPlayoutDelay',
  'totalSamplesCount',
  'totalSamplesDuration',
];
const REMOTE_INBOUND = [
  'packetsReceived',
  'packetsLost',
  'fractionLost',
  'roundTripTime',
  'totalRoundTripTime',
  'roundTripTimeMeasurements',
  'nackCount',
  'reportsReceived',
  'packetsDiscarded',
];
const REMOTE_OUTBOUND = [
  'packetsSent',
  'bytesSent',
  'reportsCount',
  'roundTripTime',
  'totalPacketSendDelay',
];
const TRACK_SETTINGS = [
  'channelCount',
  'sampleRate',
  'sampleSize',
  'latency',
  'echoCancellation',
  'noiseSuppression',
  'autoGainControl',
];

/** Members that are there; undefined for none, so that an absent block stays absent on the wire. */
function pick(from: unknown, names: readonly string[]): Record<string, unknown> | undefined {
  if (typeof from !== 'object' || from === null) {
    return undefined;
  }
  const found = names
    .map((name): [string, unknown] => [name, (from as Bag)[name]])
    .filter(([, value]) => value !== undefined && value !== null);
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;

function values(
  samples: readonly QualitySample[],
  read: (sample: QualitySample) => unknown,
): number[] {
  return samples.map(read).filter((value): value is number => Number.isFinite(value));
}

function mean(list: readonly number[]): number | undefined {
  return list.length > 0
    ? round(list.reduce((sum, value) => sum + value, 0) / list.length)
    : undefined;
}

function spread(list: readonly number[]): { min: number; mean: number; max: number } | undefined {
  const average = mean(list);
  return average === undefined
    ? undefined
    : { min: round(Math.min(...list)), mean: average, max: round(Math.max(...list)) };
}

/** Milliseconds. */
const ms = (seconds: unknown): number | undefined =>
  typeof seconds === 'number' ? round(seconds * 1000) : undefined;

/** Without undefined members. */
function compact(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/**
 * One interval of a call report: the samples of that interval, the oldest first, at least one. Averages are over the samples;
 * counters are the browser's own, cumulative, at the end. Jitter in milliseconds, round trips in seconds, bit rates in bits per
 * second (wire spec 15.3). What the reference does not have stands under `offhook`.
 */
export function statsEntry(
  samples: readonly QualitySample[],
  before: QualitySample | null,
  startedAt: number,
  track: MediaStreamTrack | null,
  detail: ReportDetail,
): StatsEntry {
  const last = samples.at(-1);
  if (last === undefined) {
    throw new RangeError('An interval has at least one sample');
  }
  // Entries that others name are asked for by that name: to look at all of them costs a page much.
  const named = (id: unknown, type: string): RTCStats | undefined =>
    last.report.get(String(id)) ??
    [...last.report.values()].find((entry) => entry.type === (type as never));
  const codec = (id: unknown): Record<string, unknown> | undefined => {
    const found = last.report.get(String(id));
    return found && { codecId: id, ...pick(found, CODEC) };
  };
  const candidate = (from: unknown): Record<string, unknown> | undefined =>
    pick(from, detail.addresses ? [...CANDIDATE, ...CANDIDATE_ADDRESS] : CANDIDATE);
  const { inbound, outbound, pair, remoteInbound, remoteOutbound } = last;
  const rtts = values(samples, (sample) => sample.rtt);

  return {
    intervalStartUtc: new Date(startedAt).toISOString(),
    intervalEndUtc: new Date(last.timestamp).toISOString(),
    audio: compact({
      outbound:
        outbound &&
        compact({
          ...pick(outbound, OUTBOUND),
          audioLevelAvg: mean(values(samples, (sample) => sample.outboundLevel)),
          bitrateAvg: mean(values(samples, (sample) => sample.outboundBitrate)),
          localTrack: localTrack(track, detail),
          mediaSource: pick(last.source, SOURCE),
          codec: codec(outbound.codecId),
        }),
      inbound:
        inbound &&
        compact({
          ...pick(inbound, INBOUND),
          audioLevelAvg: mean(values(samples, (sample) => sample.inboundLevel)),
          jitterAvg: mean(values(samples, (sample) => ms(sample.jitter))),
          bitrateAvg: mean(values(samples, (sample) => sample.inboundBitrate)),
          codec: codec(inbound.codecId),
        }),
    }),
    ...compact({
      connection:
        pair &&
        compact({
          roundTripTimeAvg: mean(rtts),
          currentRoundTripTime: pair.currentRoundTripTime,
          roundTripTimeSource: 'candidate-pair.currentRoundTripTime',
          ...pick(pair, ['packetsSent', 'packetsReceived', 'bytesSent', 'bytesReceived']),
        }),
      ice:
        pair &&
        compact({
          ...pick(pair, PAIR),
          local: candidate(last.localCandidate),
          remote: candidate(last.remoteCandidate),
        }),
      transport: pick(named(pair?.transportId, 'transport'), TRANSPORT),
      mediaPlayout: pick(
        named((inbound as { readonly playoutId?: string } | null)?.playoutId, 'media-playout'),
        PLAYOUT,
      ),
      remoteRtcp: remoteRtcp(remoteInbound, remoteOutbound, samples),
      offhook: compact({
        samples: samples.length,
        mos: spread(values(samples, (sample) => sample.mos)),
        rttMs: spread(rtts.map((rtt) => rtt * 1000)),
        jitterMs: spread(values(samples, (sample) => ms(sample.jitter))),
        lossPercent: spread(values(samples, (sample) => sample.loss)),
        inboundLevel: spread(values(samples, (sample) => sample.inboundLevel)),
        ...farSide(samples),
        ...playout(last.inbound, before?.inbound),
        outboundLevel: spread(values(samples, (sample) => sample.outboundLevel)),
        delta: deltas(last, before),
      }),
    }),
  };
}

function remoteRtcp(
  inbound: QualitySample['remoteInbound'],
  outbound: QualitySample['remoteOutbound'],
  samples: readonly QualitySample[],
): Record<string, unknown> | undefined {
  const parts = compact({
    inbound:
      inbound &&
      compact({
        ...pick(inbound, REMOTE_INBOUND),
        jitter: ms(inbound.jitter),
        roundTripTimeAvg: mean(values(samples, (sample) => sample.remoteInbound?.roundTripTime)),
      }),
    outbound: pick(outbound, REMOTE_OUTBOUND),
  });
  return Object.values(parts).some((part) => part !== null) ? parts : undefined;
}

/** What the far side says of us, by RTCP. */
function farSide(samples: readonly QualitySample[]): Record<string, unknown> {
  const far = (read: (remote: RemoteRtpStats) => number | undefined) =>
    spread(values(samples, ({ remoteInbound }) => remoteInbound && read(remoteInbound)));
  const scaled = (value: number | undefined, by: number) => value && value * by;
  return {
    remoteLossPercent: far(({ fractionLost }) => scaled(fractionLost, 100)),
    remoteJitterMs: far(({ jitter }) => scaled(jitter, 1000)),
    remoteRttMs: far(({ roundTripTime }) => scaled(roundTripTime, 1000)),
  };
}

/** What became of what was received: how long it waited, and how much was made up. */
function playout(
  now: RTCInboundRtpStreamStats | null,
  then: RTCInboundRtpStreamStats | null | undefined,
): Record<string, unknown> {
  const ratio = (over: keyof RTCInboundRtpStreamStats, under: keyof RTCInboundRtpStreamStats) => {
    const grown = (name: keyof RTCInboundRtpStreamStats): number =>
      Number(now?.[name] ?? Number.NaN) - Number(then?.[name] ?? 0);
    const value = grown(over) / grown(under);
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const waited = ratio('jitterBufferDelay', 'jitterBufferEmittedCount');
  const concealed = ratio('concealedSamples', 'totalSamplesReceived');
  return {
    jitterBufferMs: waited === undefined ? undefined : round(waited * 1000),
    concealedPercent: concealed === undefined ? undefined : round(concealed * 100),
  };
}

/** What the counters grew by in this interval. */
function deltas(
  last: QualitySample,
  before: QualitySample | null,
): Record<string, unknown> | undefined {
  const grown = (now: unknown, then: unknown, names: readonly string[]): [string, number][] =>
    names.flatMap((name) => {
      const value = (now as Bag | null)?.[name];
      if (typeof value !== 'number') {
        return [];
      }
      const start = (then as Bag | null)?.[name];
      return [[name, round(value - (typeof start === 'number' ? start : 0))]];
    });
  const list = [
    ...grown(last.inbound, before?.inbound ?? null, [
      'packetsReceived',
      'packetsLost',
      'packetsDiscarded',
      'retransmittedPacketsReceived',
      'bytesReceived',
      'concealedSamples',
      'totalSamplesReceived',
    ]),
    ...grown(last.outbound, before?.outbound ?? null, ['packetsSent', 'bytesSent']),
    ...grown(last.remoteInbound, before?.remoteInbound ?? null, ['packetsLost']).map(
      ([, value]): [string, number] => ['remotePacketsLost', value],
    ),
  ];
  return list.length > 0 ? Object.fromEntries(list) : undefined;
}

function localTrack(
  track: MediaStreamTrack | null,
  detail: ReportDetail,
): Record<string, unknown> | undefined {
  if (track === null) {
    return undefined;
  }
  const { enabled, muted, readyState, contentHint } = track;
  const settings = typeof track.getSettings === 'function' ? track.getSettings() : {};
  return compact({
    enabled,
    muted,
    readyState,
    contentHint,
    ...(detail.devices ? { id: track.id, label: track.label } : {}),
    settings: pick(
      settings,
      detail.devices ? ['deviceId', 'groupId', ...TRACK_SETTINGS] : TRACK_SETTINGS,
    ),
  });
}
