import type { CandidateStats, QualitySample } from './sampler.ts';

/** A candidate pair as it was when something about it changed. */
export interface PathEntry {
  /** Milliseconds since the epoch. */
  readonly t: number;
  readonly id: string;
  readonly state: string | undefined;
  readonly nominated: boolean;
  readonly selected: boolean;
  /** Seconds. */
  readonly rtt: number | undefined;
  readonly local: object | undefined;
  readonly remote: object | undefined;
}

/** A pair that fails or is nominated, without more, is seen within this. */
const LOOK_MS = 5_000;

type Pair = RTCIceCandidatePairStats & { readonly id: string };

/** Candidate pairs over time: each when it is first seen, and again when it is taken, left, or fails. */
export class PathLog {
  readonly #addresses: boolean;
  readonly #known = new Map<string, string>();
  /** What all entries were looked at for, last: number, selected pair, time. */
  #looked: {
    readonly size: number;
    readonly pair: string | undefined;
    readonly at: number;
  } | null = null;

  constructor(addresses: boolean) {
    this.#addresses = addresses;
  }

  /** What is new in this sample. */
  feed({ report, pair: chosen, timestamp: t }: QualitySample): PathEntry[] {
    const news: PathEntry[] = [];
    const { size } = report;
    const now = { size, pair: chosen?.id, at: t };
    const last = this.#looked;
    // To look at all entries costs a page much: it is done when some came or went, another pair carries the call, or after a while.
    const same = last?.size === size && last.pair === now.pair;
    if (same && t - last.at < LOOK_MS) {
      return news;
    }
    this.#looked = now;
    for (const stats of same ? this.#pairs(report) : report.values()) {
      if (stats.type !== 'candidate-pair') {
        continue;
      }
      const pair = stats as Pair;
      const { id, nominated = false, currentRoundTripTime: rtt } = pair;
      const state = pair.state as string | undefined;
      const selected = id === chosen?.id;
      // A pair in use goes from `succeeded` to `in-progress` and back with each check; that is no news.
      const shape = [selected, nominated, state === 'failed'].join();
      if (this.#known.get(id) === shape) {
        continue;
      }
      this.#known.set(id, shape);
      const local = this.#end(report.get(pair.localCandidateId));
      const remote = this.#end(report.get(pair.remoteCandidateId));
      news.push({ t, id, state, nominated, selected, rtt, local, remote });
    }
    return news;
  }

  /** Another peer connection: its pairs are others, whatever they are called. */
  reset(): void {
    this.#known.clear();
    this.#looked = null;
  }

  /** Those of before, if all are still there; else all entries. */
  #pairs(report: QualitySample['report']): Iterable<RTCStats> {
    const pairs: RTCStats[] = [];
    for (const id of this.#known.keys()) {
      const pair = report.get(id);
      if (!pair) {
        this.#known.delete(id);
        return report.values();
      }
      pairs.push(pair);
    }
    return pairs;
  }

  #end(stats: RTCStats | undefined): object | undefined {
    if (!stats) {
      return undefined;
    }
    const { candidateType, protocol, networkType, relayProtocol, address, port } =
      stats as CandidateStats;
    return {
      candidateType,
      protocol,
      networkType,
      relayProtocol,
      ...(this.#addresses ? { address, port } : {}),
    };
  }
}
