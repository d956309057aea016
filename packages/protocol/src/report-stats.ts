import * as v from 'valibot';
import { StatsExtraSchema } from './report-offhook.ts';
import { lenient } from './schemas/tools.ts';

/*
 * One entry of `stats[]` in a call report (wire spec 15.3). Browsers differ in what they report, so every member but the two
 * times may be missing. Counters are cumulative. Seconds unless said otherwise.
 */

const number = () => lenient(v.number());
const string = () => lenient(v.string());
const flag = () => lenient(v.boolean());

const CodecSchema = v.looseObject({
  mimeType: string(),
  clockRate: number(),
  channels: number(),
  payloadType: number(),
  sdpFmtpLine: string(),
  codecId: string(),
});

const LocalTrackSchema = v.looseObject({
  id: string(),
  label: string(),
  enabled: flag(),
  muted: flag(),
  readyState: string(),
  contentHint: string(),
  settings: lenient(
    v.looseObject({
      deviceId: string(),
      groupId: string(),
      channelCount: number(),
      sampleRate: number(),
      sampleSize: number(),
      latency: number(),
      echoCancellation: lenient(v.union([v.boolean(), v.string()])),
      noiseSuppression: flag(),
      autoGainControl: flag(),
    }),
  ),
});

const MediaSourceSchema = v.looseObject({
  id: string(),
  trackIdentifier: string(),
  audioLevel: number(),
  totalAudioEnergy: number(),
  totalSamplesDuration: number(),
  echoReturnLoss: number(),
  echoReturnLossEnhancement: number(),
});

const OutboundAudioSchema = v.looseObject({
  packetsSent: number(),
  bytesSent: number(),
  /** 0 to 1. */
  audioLevelAvg: number(),
  /** Bits a second. */
  bitrateAvg: number(),
  localTrack: lenient(LocalTrackSchema),
  mediaSource: lenient(MediaSourceSchema),
  retransmittedPacketsSent: number(),
  retransmittedBytesSent: number(),
  headerBytesSent: number(),
  nackCount: number(),
  targetBitrate: number(),
  totalPacketSendDelay: number(),
  active: flag(),
  codec: lenient(CodecSchema),
});

const InboundAudioSchema = v.looseObject({
  packetsReceived: number(),
  bytesReceived: number(),
  packetsLost: number(),
  packetsDiscarded: number(),
  jitterBufferDelay: number(),
  jitterBufferEmittedCount: number(),
  totalSamplesReceived: number(),
  concealedSamples: number(),
  concealmentEvents: number(),
  /** 0 to 1. */
  audioLevelAvg: number(),
  /** Milliseconds. */
  jitterAvg: number(),
  /** Bits a second. */
  bitrateAvg: number(),
  nackCount: number(),
  headerBytesReceived: number(),
  fecPacketsReceived: number(),
  fecPacketsDiscarded: number(),
  jitterBufferTargetDelay: number(),
  jitterBufferMinimumDelay: number(),
  totalSamplesDecoded: number(),
  samplesDecodedWithSilence: number(),
  samplesDecodedWithConcealment: number(),
  totalAudioEnergy: number(),
  totalSamplesDuration: number(),
  codec: lenient(CodecSchema),
});

const ConnectionSchema = v.looseObject({
  roundTripTimeAvg: number(),
  currentRoundTripTime: number(),
  /** `candidate-pair.currentRoundTripTime`. */
  roundTripTimeSource: string(),
  packetsSent: number(),
  packetsReceived: number(),
  bytesSent: number(),
  bytesReceived: number(),
});

const IceCandidateSchema = v.looseObject({
  id: string(),
  address: string(),
  port: number(),
  candidateType: string(),
  protocol: string(),
  networkType: string(),
  url: string(),
  relayProtocol: string(),
});

const IceSchema = v.looseObject({
  id: string(),
  localCandidateId: string(),
  remoteCandidateId: string(),
  state: string(),
  nominated: flag(),
  writable: flag(),
  currentRoundTripTime: number(),
  requestsSent: number(),
  responsesReceived: number(),
  local: lenient(IceCandidateSchema),
  remote: lenient(IceCandidateSchema),
});

const TransportSchema = v.looseObject({
  iceState: string(),
  dtlsState: string(),
  srtpCipher: string(),
  tlsVersion: string(),
  selectedCandidatePairChanges: number(),
  selectedCandidatePairId: string(),
});

const MediaPlayoutSchema = v.looseObject({
  synthesizedSamplesEvents: number(),
  synthesizedSamplesDuration: number(),
  totalPlayoutDelay: number(),
  totalSamplesCount: number(),
  totalSamplesDuration: number(),
});

const RemoteInboundSchema = v.looseObject({
  packetsReceived: number(),
  packetsLost: number(),
  fractionLost: number(),
  /** Milliseconds. */
  jitter: number(),
  roundTripTime: number(),
  totalRoundTripTime: number(),
  roundTripTimeMeasurements: number(),
  roundTripTimeAvg: number(),
  nackCount: number(),
  reportsReceived: number(),
  packetsDiscarded: number(),
});

const RemoteOutboundSchema = v.looseObject({
  packetsSent: number(),
  bytesSent: number(),
  reportsCount: number(),
  roundTripTime: number(),
  totalPacketSendDelay: number(),
});

export const StatsEntrySchema = v.looseObject({
  /** ISO 8601. */
  intervalStartUtc: v.string(),
  intervalEndUtc: v.string(),
  audio: lenient(
    v.looseObject({ outbound: lenient(OutboundAudioSchema), inbound: lenient(InboundAudioSchema) }),
  ),
  connection: lenient(ConnectionSchema),
  ice: lenient(IceSchema),
  transport: lenient(TransportSchema),
  mediaPlayout: lenient(MediaPlayoutSchema),
  remoteRtcp: lenient(
    v.looseObject({
      inbound: lenient(RemoteInboundSchema),
      outbound: lenient(RemoteOutboundSchema),
    }),
  ),
  /** Of our own client: deltas, minima, maxima and the finer samples of the first seconds. */
  offhook: lenient(StatsExtraSchema),
});

export type StatsEntry = v.InferOutput<typeof StatsEntrySchema>;
