import type { Call } from '../calls/call.ts';
import type { ICallOptions } from '../call-options.ts';

/** What a check needs of a client. A `TelnyxRTC` is one. */
export interface DiagnosticClient {
  /** Those that a call would use. */
  readonly iceServers: RTCIceServer[];
  /** What the gateway answers with the caller's own voice; null where it offers nothing of the kind. */
  readonly loopbackDestination: string | null;
  newCall(options: ICallOptions): Call;
  on(event: 'telnyx.error', listener: DiagnosticErrorListener): unknown;
  off(event: 'telnyx.error', listener: DiagnosticErrorListener): unknown;
}
export type DiagnosticErrorListener = (event: {
  readonly error: Error;
  readonly callId?: string;
}) => void;

/** One entry of `getStats()` of type `local-candidate` (W3C webrtc-stats, `RTCIceCandidateStats`). */
export interface RTCIceCandidateStats {
  address: RTCIceCandidate['address'];
  candidateType: RTCIceCandidate['type'];
  deleted: boolean;
  id: string;
  port: RTCIceCandidate['port'];
  priority: RTCIceCandidate['priority'];
  protocol: RTCIceCandidate['protocol'] | 'tls';
  relayProtocol?: 'tcp' | 'udp' | 'tls';
  timestamp: DOMHighResTimeStamp;
  transportId: string;
  type: string;
  url: string;
  networkType: string;
}

export interface PreCallIceOptions {
  /** `false`: no ICE section in the report. Default true. */
  gatherCandidates?: boolean;
  /** Milliseconds that gathering may take before the report calls it incomplete. Default 15 000. */
  gatherTimeoutMs?: number;
}

export interface PreCallNetworkOptions {
  /** `false`: no network section in the report. Default true. */
  enabled?: boolean;
}

export interface PreCallMicrophoneOptions {
  /** Milliseconds. Default 2000. */
  sampleDurationMs?: number;
  /** Peak RMS, 0 to 1, below which the microphone counts as silent. Default 0.01. */
  silenceThreshold?: number;
  /** Record the sample and play it back. Default false. */
  record?: boolean;
  /** Gets {@link MICROPHONE_RECORDING_NOTICE} before recording starts. */
  warnOnRecording?: (notice: string) => void;
}

export interface PreCallDiagnosticOptions {
  client: DiagnosticClient;
  /** Default: the gateway's own loopback (`echo`) where the gateway is an Offhook one, else the public test number. */
  destinationNumber?: string;
  callerName?: string;
  callerNumber?: string;
  audio?: boolean | MediaTrackConstraints;
  /** Milliseconds between samples. Default 1000; in network-only mode 500. */
  statsSampleIntervalMs?: number;
  /** Milliseconds of sampling after the call is up. Default 5000; in network-only mode 3000. */
  durationMs?: number;
  /** `false`: the call stays up after the run. Default true. */
  autoHangup?: boolean;
  ice?: boolean | PreCallIceOptions;
  network?: boolean | PreCallNetworkOptions;
  /** `false`: the microphone is not examined. Default true, but in mode `network-only`, which never examines it. */
  microphone?: boolean | PreCallMicrophoneOptions;
  /** Default `full`. */
  mode?: 'full' | 'network-only' | 'microphone-only';
  debug?: boolean;
  /** `iceServers` is used; the rest of an RTCConfiguration has no meaning here and is refused. */
  rtcConfig?: RTCConfiguration;
}

export interface PreCallDiagnosticReason {
  code: string;
  message: string;
  source: string;
}
export type PreCallDiagnosticWarning = PreCallDiagnosticReason;

export interface PreCallEstablishmentStep {
  label: string;
  /** Milliseconds since `newCall()` or `answer()`. */
  fromStart: number;
  /** Milliseconds since the step before. */
  delta: number;
}
export interface PreCallEstablishmentTimings {
  mode: 'trickle' | 'non-trickle';
  direction: 'outbound' | 'inbound';
  steps: PreCallEstablishmentStep[];
}
export interface PreCallTimingsReport {
  totalMs?: number;
  iceGatheringMs?: number;
  firstNonHostCandidateMs?: number;
  callEstablishment?: PreCallEstablishmentTimings;
}

export interface PreCallIceCandidateCounts {
  total: number;
  host: number;
  srflx: number;
  prflx: number;
  relay: number;
  unknown: number;
}
export interface PreCallIceCandidateInfo {
  id?: string;
  address?: string;
  port?: number;
  candidateType?: string;
  protocol?: string;
  networkType?: string;
  url?: string;
}
export interface PreCallIceSelectedPairReport {
  id?: string;
  state?: string;
  nominated?: boolean;
  writable?: boolean;
  /** Seconds. */
  currentRoundTripTime?: number;
  localCandidateId?: string;
  remoteCandidateId?: string;
  local?: PreCallIceCandidateInfo;
  remote?: PreCallIceCandidateInfo;
}
export interface NominatedPair extends RTCIceCandidatePairStats {
  localCandidate?: RTCIceCandidateStats;
  remoteCandidate?: RTCIceCandidateStats;
}
export interface PreCallIceServerComparisonEntry {
  urls: string | string[];
  hasCandidates: boolean;
  candidateType: RTCIceCandidateType | null;
  candidates: RTCIceCandidateStats[];
  candidateCount: number;
}
export interface PreCallIceReport {
  candidateGatheringCompleted?: boolean;
  /** The same as `candidateGatheringCompleted`. */
  gatheringComplete?: boolean;
  candidateCounts: Record<RTCIceCandidateType, number>;
  /** Local ones. */
  candidates: RTCIceCandidateStats[];
  hasRelayCandidate: boolean;
  onlyHostCandidates: boolean;
  /** The selected local candidate is a relay one. */
  isTurnRequired?: boolean;
  /** Two or more host addresses. */
  hasMultipleNetworkInterfaces?: boolean;
  vpnDetected?: boolean;
  hasSelectedPair: boolean;
  selectedPair?: NominatedPair;
  iceGatheringState?: string;
  iceConnectionState?: string;
  /** One entry for each ICE server that the call had; empty where it had none. */
  serverCandidateComparison?: PreCallIceServerComparisonEntry[];
}

export interface NetworkMinMaxAverage {
  min?: number;
  max?: number;
  average?: number;
}
export interface NetworkPacketCounters {
  packetsSent?: number;
  packetsReceived?: number;
  packetsLost?: number;
  /** 0 to 1. */
  packetLossFraction?: number;
}
export interface NetworkByteCounters {
  bytesSent?: number;
  bytesReceived?: number;
}
/** Bits per second. */
export interface NetworkBitrate {
  outbound?: number;
  inbound?: number;
}
export interface NetworkAudioDirection {
  flowing: boolean;
  packets?: number;
  bytes?: number;
  packetsDelta?: number;
  bytesDelta?: number;
}
export interface PreCallNetworkReport {
  quality?: 'good' | 'fair' | 'poor' | 'unknown';
  /** Milliseconds. */
  rtt?: NetworkMinMaxAverage;
  /** Milliseconds, the worse direction. */
  jitter?: NetworkMinMaxAverage;
  packets?: NetworkPacketCounters;
  bytes?: NetworkByteCounters;
  bitrate?: NetworkBitrate;
  inbound?: NetworkAudioDirection;
  outbound?: NetworkAudioDirection;
  reasons?: PreCallDiagnosticReason[];
}

export type MicrophonePermissionState = 'granted' | 'denied' | 'prompt' | 'unknown';
export interface PreCallAudioDevice {
  label: string;
  deviceId: string;
  kind: 'audioinput';
}
export interface PreCallMicrophoneAudioLevelStats {
  peak: number;
  average: number;
  samples: number;
}
export interface PreCallMicrophoneReport {
  currentPermissionState: MicrophonePermissionState;
  isPermissionGrantedCurrently: boolean;
  isGetUserMediaFailed: boolean;
  deviceAvailable: boolean;
  deviceCount: number;
  devices: PreCallAudioDevice[];
  labelsAccessible?: boolean;
  activeCapturePerformed?: boolean;
  /** Peak RMS, 0 to 1. */
  audioLevel?: number;
  audioLevelStats?: PreCallMicrophoneAudioLevelStats;
  audioDetected?: boolean;
  captureError?: 'permission_denied' | 'no_device' | 'not_supported' | 'unknown';
  captureErrorMessage?: string;
  recordingPerformed?: boolean;
  recordingDataUrl?: string;
  recordingMimeType?: string;
  recordingDurationMs?: number;
  playbackPerformed?: boolean;
  reasons?: PreCallDiagnosticReason[];
}

export interface PreCallServerTestReport {
  /** Without credentials. `urls` is an empty list for the direct call that is made where there is no ICE server. */
  server: RTCIceServer;
  established: boolean;
  callId?: string;
  ice?: PreCallIceReport;
  network?: PreCallNetworkReport;
  timings?: PreCallTimingsReport;
  error?: string;
}

export type PreCallVerdict =
  'ready' | 'degraded' | 'blocked' | 'permission_denied' | 'inconclusive';

export interface PreCallDiagnosticReport {
  version: 1;
  verdict?: PreCallVerdict;
  reasons?: PreCallDiagnosticReason[];
  warnings?: PreCallDiagnosticWarning[];
  timings?: PreCallTimingsReport;
  ice?: PreCallIceReport;
  network?: PreCallNetworkReport;
  microphone?: PreCallMicrophoneReport;
  serverTests?: PreCallServerTestReport[];
  /** What this run left out (`source`: `ice`, `network` or `microphone`), and why; omitted when that is nothing. */
  skipped?: PreCallDiagnosticReason[];
  callId?: string;
  raw?: { stats?: unknown; samples?: unknown[] };
}

export interface PreCallDiagnosticRunner {
  run(): Promise<PreCallDiagnosticReport>;
}

/** What one run works on. */
export interface PreCallDiagnosticContext {
  options: PreCallDiagnosticOptions;
  call?: Call;
  statsSamples: RTCStatsReport[];
  error?: Error;
}

/** `client.runPreCall(options)` */
export interface RunPreCallOptions {
  destinationNumber?: string;
  /** Milliseconds of sampling. Default 5000. */
  durationMs?: number;
  /** Default: those that a call of this client would use. */
  iceServers?: RTCIceServer[];
}
/** `client.runNetworkCheck(options)`: one call per ICE URL; one direct call where there is none. */
export type RunNetworkCheckOptions = Pick<RunPreCallOptions, 'iceServers' | 'destinationNumber'>;
/** `client.runMicrophoneCheck(options)`: places no call. */
export interface RunMicrophoneCheckOptions extends Omit<
  PreCallMicrophoneOptions,
  'sampleDurationMs'
> {
  /** Milliseconds. Default 2000. */
  durationMs?: number;
}
