import type { Checked } from './check.ts';
import { StatsExtraSchema } from './report-offhook.ts';
import { boolean, either, lenient, number, object, string } from './schemas/tools.ts';

/*
 * One entry of `stats[]` in a call report (wire spec 15.3). Browsers differ in what they report, so every member but the two
 * times may be missing. Counters are cumulative. Seconds unless said otherwise.
 */

const figure = lenient(number);
const text = lenient(string);
const flag = lenient(boolean);

const CodecSchema = object({
  mimeType: text,
  clockRate: figure,
  channels: figure,
  payloadType: figure,
  sdpFmtpLine: text,
  codecId: text,
});

const LocalTrackSchema = object({
  id: text,
  label: text,
  enabled: flag,
  muted: flag,
  readyState: text,
  contentHint: text,
  settings: lenient(
    object({
      deviceId: text,
      groupId: text,
      channelCount: figure,
      sampleRate: figure,
      sampleSize: figure,
      latency: figure,
      echoCancellation: lenient(either(boolean, string)),
      noiseSuppression: flag,
      autoGainControl: flag,
    }),
  ),
});

const MediaSourceSchema = object({
  id: text,
  trackIdentifier: text,
  audioLevel: figure,
  totalAudioEnergy: figure,
  totalSamplesDuration: figure,
  echoReturnLoss: figure,
  echoReturnLossEnhancement: figure,
});

const OutboundAudioSchema = object({
  packetsSent: figure,
  bytesSent: figure,
  /** 0 to 1. */
  audioLevelAvg: figure,
  /** Bits a second. */
  bitrateAvg: figure,
  localTrack: lenient(LocalTrackSchema),
  mediaSource: lenient(MediaSourceSchema),
  retransmittedPacketsSent: figure,
  retransmittedBytesSent: figure,
  headerBytesSent: figure,
  nackCount: figure,
  targetBitrate: figure,
  totalPacketSendDelay: figure,
  active: flag,
  codec: lenient(CodecSchema),
});

const InboundAudioSchema = object({
  packetsReceived: figure,
  bytesReceived: figure,
  packetsLost: figure,
  packetsDiscarded: figure,
  jitterBufferDelay: figure,
  jitterBufferEmittedCount: figure,
  totalSamplesReceived: figure,
  concealedSamples: figure,
  concealmentEvents: figure,
  /** 0 to 1. */
  audioLevelAvg: figure,
  /** Milliseconds. */
  jitterAvg: figure,
  /** Bits a second. */
  bitrateAvg: figure,
  nackCount: figure,
  headerBytesReceived: figure,
  fecPacketsReceived: figure,
  fecPacketsDiscarded: figure,
  jitterBufferTargetDelay: figure,
  jitterBufferMinimumDelay: figure,
  totalSamplesDecoded: figure,
  samplesDecodedWithSilence: figure,
  samplesDecodedWithConcealment: figure,
  totalAudioEnergy: figure,
  totalSamplesDuration: figure,
  codec: lenient(CodecSchema),
});

const ConnectionSchema = object({
  roundTripTimeAvg: figure,
  currentRoundTripTime: figure,
  /** `candidate-pair.currentRoundTripTime`. */
  roundTripTimeSource: text,
  packetsSent: figure,
  packetsReceived: figure,
  bytesSent: figure,
  bytesReceived: figure,
});

const IceCandidateSchema = object({
  id: text,
  address: text,
  port: figure,
  candidateType: text,
  protocol: text,
  networkType: text,
  url: text,
  relayProtocol: text,
});

const IceSchema = object({
  id: text,
  localCandidateId: text,
  remoteCandidateId: text,
  state: text,
  nominated: flag,
  writable: flag,
  currentRoundTripTime: figure,
  requestsSent: figure,
  responsesReceived: figure,
  local: lenient(IceCandidateSchema),
  remote: lenient(IceCandidateSchema),
});

const TransportSchema = object({
  iceState: text,
  dtlsState: text,
  srtpCipher: text,
  tlsVersion: text,
  selectedCandidatePairChanges: figure,
  selectedCandidatePairId: text,
});

const MediaPlayoutSchema = object({
  synthesizedSamplesEvents: figure,
  synthesizedSamplesDuration: figure,
  totalPlayoutDelay: figure,
  totalSamplesCount: figure,
  totalSamplesDuration: figure,
});

const RemoteInboundSchema = object({
  packetsReceived: figure,
  packetsLost: figure,
  fractionLost: figure,
  /** Milliseconds. */
  jitter: figure,
  roundTripTime: figure,
  totalRoundTripTime: figure,
  roundTripTimeMeasurements: figure,
  roundTripTimeAvg: figure,
  nackCount: figure,
  reportsReceived: figure,
  packetsDiscarded: figure,
});

const RemoteOutboundSchema = object({
  packetsSent: figure,
  bytesSent: figure,
  reportsCount: figure,
  roundTripTime: figure,
  totalPacketSendDelay: figure,
});

export const StatsEntrySchema = object({
  /** ISO 8601. */
  intervalStartUtc: string,
  intervalEndUtc: string,
  audio: lenient(
    object({ outbound: lenient(OutboundAudioSchema), inbound: lenient(InboundAudioSchema) }),
  ),
  connection: lenient(ConnectionSchema),
  ice: lenient(IceSchema),
  transport: lenient(TransportSchema),
  mediaPlayout: lenient(MediaPlayoutSchema),
  remoteRtcp: lenient(
    object({
      inbound: lenient(RemoteInboundSchema),
      outbound: lenient(RemoteOutboundSchema),
    }),
  ),
  /** Of our own client: deltas, minima, maxima and the finer samples of the first seconds. */
  offhook: lenient(StatsExtraSchema),
});

export type StatsEntry = Checked<typeof StatsEntrySchema>;
