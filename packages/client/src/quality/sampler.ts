import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import { warningMos } from './mos.ts';
import { StatsReader } from './stats-reader.ts';

/** `remote-inbound-rtp` and `remote-outbound-rtp` (webrtc-stats 8.8, 8.10): what the far side reports of us. */
export interface RemoteRtpStats extends RTCStats {
  readonly kind: string;
  readonly jitter?: number;
  readonly roundTripTime?: number;
  readonly fractionLost?: number;
  readonly packetsLost?: number;
}

/** `media-source` (webrtc-stats 8.5). */
export interface AudioSourceStats extends RTCStats {
  readonly kind: string;
  /** 0 to 1. */
  readonly audioLevel?: number;
  readonly totalAudioEnergy?: number;
  /** Seconds. */
  readonly totalSamplesDuration?: number;
}

/** `local-candidate` and `remote-candidate` (webrtc-stats 8.14). */
export interface CandidateStats extends RTCStats {
  readonly candidateType?: string;
  readonly networkType?: string;
  readonly protocol?: string;
  readonly relayProtocol?: string;
  readonly address?: string;
  readonly port?: number;
}

/** One second of a call. The members named after statistics are the browser's own, with the names of webrtc-stats. */
export interface QualitySample {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly inbound: RTCInboundRtpStreamStats | null;
  readonly outbound: RTCOutboundRtpStreamStats | null;
  readonly remoteInbound: RemoteRtpStats | null;
  readonly remoteOutbound: RemoteRtpStats | null;
  readonly source: AudioSourceStats | null;
  readonly pair: RTCIceCandidatePairStats | null;
  readonly localCandidate: CandidateStats | null;
  readonly remoteCandidate: CandidateStats | null;
  /** Seconds; null before the first measurement. */
  readonly rtt: number | null;
  /** Seconds, of what we receive. */
  readonly jitter: number | null;
  /** Percent lost of what should have been received since the sample before; null when nothing was. */
  readonly loss: number | null;
  /** Bits a second since the sample before. */
  readonly inboundBitrate: number | null;
  readonly outboundBitrate: number | null;
  /** How loud it was, 0 to 1; null where the browser does not tell. */
  readonly inboundLevel: number | null;
  readonly outboundLevel: number | null;
  /** 1 to 4.5; null while nothing is received. */
  readonly mos: number | null;
  /** All statistics of this moment. */
  readonly report: ReadonlyMap<string, RTCStats>;
}

export type SampleListener = (sample: QualitySample) => void;

const PERIOD_MS = 1_000;

/** One sampler a call: asks the peer once a second, and only while somebody listens. */
export class Sampler {
  readonly #platform: Platform;
  readonly #peer: () => RTCPeerConnection | null;
  readonly #report: (error: unknown) => void;
  readonly #sampled: (sample: QualitySample | null) => void;
  readonly #timer: Timer;
  readonly #listeners = new Set<{ readonly run: SampleListener }>();
  readonly #reader = new StatsReader();
  #recent: QualitySample[] = [];
  #busy = false;
  /** When the last sample was asked for. */
  #askedAt = 0;
  #disposed = false;

  /**
   * `report` hears of listeners that threw; `sampled` of each sample, though none is taken for its sake, and by null when there are none for now:
   * while somebody listens, of the one or the other once a second.
   */
  constructor(
    platform: Platform,
    peer: () => RTCPeerConnection | null,
    report: (error: unknown) => void,
    sampled: (sample: QualitySample | null) => void = () => undefined,
  ) {
    this.#platform = platform;
    this.#peer = peer;
    this.#report = report;
    this.#sampled = sampled;
    this.#timer = new Timer(platform);
  }

  /** The last two samples, the older one first. */
  get recent(): readonly QualitySample[] {
    return this.#recent;
  }

  /** Returns its undo. */
  add(run: SampleListener): () => void {
    const entry = { run };
    this.#listeners.add(entry);
    this.#arm();
    return () => {
      this.#listeners.delete(entry);
      if (!this.#listeners.size) {
        this.#timer.stop();
        this.#recent = [];
        this.#sampled(null);
      }
    };
  }

  dispose(): void {
    this.#disposed = true;
    this.#listeners.clear();
    this.#timer.stop();
  }

  #arm(): void {
    if (this.#listeners.size && !this.#timer.running && !this.#disposed) {
      const since = this.#platform.elapsed() - this.#askedAt;
      this.#wait(since < PERIOD_MS ? PERIOD_MS - since : PERIOD_MS);
    }
  }

  #wait(ms: number): void {
    this.#timer.start(ms, () => {
      // Here and not when the browser has answered, so that who relies on samples is told of an answer that does not come.
      this.#wait(PERIOD_MS);
      if (this.#busy) {
        this.#sampled(null);
      } else {
        void this.#sample();
      }
    });
  }

  async #sample(): Promise<void> {
    this.#busy = true;
    this.#askedAt = this.#platform.elapsed();
    const report = (await this.#peer()
      ?.getStats()
      // The peer was closed under the question: there is nothing to sample.
      .catch(() => undefined)) as ReadonlyMap<string, RTCStats> | undefined;
    this.#busy = false;
    if (!report) {
      this.#sampled(null);
    }
    if (report && this.#listeners.size) {
      try {
        const before = this.#recent.at(-1) ?? null;
        const sample = readSample(report, before, this.#platform.now(), this.#reader);
        this.#recent = before ? [before, sample] : [sample];
        this.#sampled(sample);
        this.#hand(sample);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  #hand(sample: QualitySample): void {
    for (const entry of [...this.#listeners]) {
      try {
        entry.run(sample);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}

/** Reads a report; rates and loss are those since `before`. `reader`: that of the reports before it. */
export function readSample(
  report: ReadonlyMap<string, RTCStats>,
  before: QualitySample | null,
  timestamp: number,
  reader = new StatsReader(),
): QualitySample {
  reader.read(report);
  const inbound = reader.get(report, 'inbound-rtp') as RTCInboundRtpStreamStats | null;
  const outbound = reader.get(report, 'outbound-rtp') as RTCOutboundRtpStreamStats | null;
  const remoteInbound = reader.get(report, 'remote-inbound-rtp') as RemoteRtpStats | null;
  const transport = reader.get(report, 'transport') as RTCTransportStats | null;
  const pair = (report.get(transport?.selectedCandidatePairId ?? '') ??
    reader.get(report, 'pair')) as RTCIceCandidatePairStats | null;
  const seconds = before ? (timestamp - before.timestamp) / 1_000 : 0;
  const rate = (now: number | undefined, then: number | undefined): number | null =>
    seconds > 0 && now !== undefined && then !== undefined
      ? Math.max(0, ((now - then) * 8) / seconds)
      : null;
  const received = (inbound?.packetsReceived ?? 0) - (before?.inbound?.packetsReceived ?? 0);
  // Late packets are counted back: the difference may be negative.
  const lost = Math.max(0, (inbound?.packetsLost ?? 0) - (before?.inbound?.packetsLost ?? 0));
  const loss = received + lost > 0 ? (100 * lost) / (received + lost) : null;
  const source = reader.get(report, 'media-source') as AudioSourceStats | null;
  const rtt = pair?.currentRoundTripTime ?? remoteInbound?.roundTripTime ?? null;
  const jitter = inbound?.jitter ?? null;
  // A browser makes an entry when it is asked for: these are wanted once in a while.
  const remoteOutboundId = reader.idOf('remote-outbound-rtp');
  const remoteOutbound = once(() => entryOf(report, remoteOutboundId) as RemoteRtpStats | null);
  const local = once(() => entryOf(report, pair?.localCandidateId));
  const remote = once(() => entryOf(report, pair?.remoteCandidateId));
  return {
    timestamp,
    inbound,
    outbound,
    remoteInbound,
    get remoteOutbound() {
      return remoteOutbound();
    },
    source,
    pair,
    get localCandidate() {
      return local();
    },
    get remoteCandidate() {
      return remote();
    },
    rtt,
    jitter,
    loss,
    inboundBitrate: rate(inbound?.bytesReceived, before?.inbound?.bytesReceived),
    outboundBitrate: rate(outbound?.bytesSent, before?.outbound?.bytesSent),
    inboundLevel: inbound?.audioLevel ?? loudness(inbound, before?.inbound),
    outboundLevel: source?.audioLevel ?? loudness(source, before?.source),
    mos: loss === null ? null : warningMos((jitter ?? 0) * 1_000, loss, (rtt ?? 0) * 1_000),
    report,
  };
}

const entryOf = (report: ReadonlyMap<string, RTCStats>, id: string | undefined): RTCStats | null =>
  id === undefined ? null : (report.get(id) ?? null);

/** Reads at the first call. */
function once<T>(read: () => T): () => T {
  let found: { readonly value: T } | null = null;
  return () => (found ??= { value: read() }).value;
}

interface Energy {
  readonly totalAudioEnergy?: number;
  readonly totalSamplesDuration?: number;
}

/** Root mean square between two samples, 0 to 1 (webrtc-stats 8.5: energy over time); null where nothing was measured. */
export function loudness(now: Energy | null, before: Energy | null | undefined): number | null {
  const energy = (now?.totalAudioEnergy ?? Number.NaN) - (before?.totalAudioEnergy ?? 0);
  const seconds = (now?.totalSamplesDuration ?? Number.NaN) - (before?.totalSamplesDuration ?? 0);
  return seconds > 0 && energy >= 0 ? Math.sqrt(energy / seconds) : null;
}
