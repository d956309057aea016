import type { CallFeedback, CallReport, StatsEntry } from '@offhook/protocol';
import { estimateMos } from './mos.ts';

/** Sums of one segment, to be added up over a leg's segments. */
export interface Digest {
  readonly intervals: number;
  readonly mosSum: number;
  readonly mosCount: number;
  readonly mosMin: number | null;
  readonly jitterSum: number;
  readonly jitterCount: number;
  readonly rttSum: number;
  readonly rttCount: number;
  /** RTP packets towards the client. */
  readonly lost: number;
  readonly received: number;
}

interface Counters {
  readonly lost: number;
  readonly received: number;
}

/** What one interval of a report measured. */
export interface Measured {
  readonly entry: StatsEntry;
  /** Packets towards the client in this interval; null where that cannot be told. */
  readonly packets: Counters | null;
  readonly jitterMs: number | null;
  readonly rttMs: number | null;
  readonly mos: { readonly mean: number; readonly min: number } | null;
}

/**
 * Reads the intervals of a leg's segments in turn. Counters are cumulative and begin anew with a peer connection; where the
 * interval before is not known, as when a segment is read by itself, loss is left out rather than guessed.
 */
export class IntervalReader {
  #before: Counters | null = null;
  #segment = -1;

  *read(report: CallReport): Generator<Measured> {
    const segment = report.segment ?? 0;
    if (segment === 0) {
      this.#before = { lost: 0, received: 0 };
    } else if (segment !== this.#segment + 1) {
      this.#before = null;
    }
    this.#segment = segment;
    for (const entry of report.stats) {
      const inbound = entry.audio?.inbound;
      if (!inbound) {
        continue;
      }
      const now = {
        lost: counted(inbound.packetsLost),
        received: counted(inbound.packetsReceived),
      };
      const packets = deltaOf(entry) ?? (this.#before === null ? null : growth(this.#before, now));
      this.#before = now;
      const jitterMs = measured(inbound.jitterAvg) ?? null;
      const rttMs = rttOf(entry) ?? null;
      const mos = mosOf(entry, packets, jitterMs ?? 0, rttMs ?? 0);
      yield { entry, packets, jitterMs, rttMs, mos };
    }
  }
}

/** Reads the measurements of a segment by itself. */
export function digestOf(report: CallReport): Digest {
  const sums = { intervals: 0, mosSum: 0, mosCount: 0, jitterSum: 0, jitterCount: 0 };
  const rest = { rttSum: 0, rttCount: 0, lost: 0, received: 0 };
  let mosMin: number | null = null;
  for (const { packets, jitterMs, rttMs, mos } of new IntervalReader().read(report)) {
    sums.intervals += 1;
    rest.lost += packets?.lost ?? 0;
    rest.received += packets?.received ?? 0;
    if (jitterMs !== null) {
      sums.jitterSum += jitterMs;
      sums.jitterCount += 1;
    }
    if (rttMs !== null) {
      rest.rttSum += rttMs;
      rest.rttCount += 1;
    }
    if (mos === null) {
      continue;
    }
    sums.mosSum += mos.mean;
    sums.mosCount += 1;
    mosMin = Math.min(mosMin ?? mos.min, mos.min);
  }
  return { ...sums, ...rest, mosMin };
}

/** Mean MOS of a segment; null without measurements. */
export function meanMos(digest: Digest): number | null {
  return digest.mosCount === 0 ? null : digest.mosSum / digest.mosCount;
}

/** A client may claim anything; beyond these it claims nonsense. */
const MAX_COUNT = 2 ** 40;
const MAX_MS = 600_000;

function counted(value: number | undefined): number {
  return value !== undefined && value > 0 ? Math.min(Math.floor(value), MAX_COUNT) : 0;
}

/** Milliseconds. */
function measured(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 && value <= MAX_MS ? value : undefined;
}

function growth(before: Counters, now: Counters): Counters {
  // Fewer than before: another peer connection, counting from nothing. Losses alone shrink when late packets arrive.
  if (now.received < before.received) {
    return now;
  }
  return { lost: Math.max(0, now.lost - before.lost), received: now.received - before.received };
}

/** Our client's own count of the interval, also where the one before is in another segment. */
function deltaOf({ offhook }: StatsEntry): Counters | null {
  const { packetsLost: lost, packetsReceived: received } = offhook?.delta ?? {};
  if (lost === undefined || received === undefined) {
    return null;
  }
  return { lost: counted(lost), received: counted(received) };
}

/** Milliseconds. */
function rttOf({ connection, remoteRtcp }: StatsEntry): number | undefined {
  const seconds =
    connection?.roundTripTimeAvg ??
    connection?.currentRoundTripTime ??
    remoteRtcp?.inbound?.roundTripTime;
  return measured(seconds === undefined ? undefined : seconds * 1000);
}

/** Our client's own, from its samples; else estimated from the interval. */
function mosOf(
  { offhook }: StatsEntry,
  grown: Counters | null,
  jitterMs: number,
  rttMs: number,
): { readonly mean: number; readonly min: number } | null {
  const given = offhook?.mos;
  if (isMos(given?.mean)) {
    return { mean: given.mean, min: isMos(given.min) ? given.min : given.mean };
  }
  const packets = grown === null ? 0 : grown.lost + grown.received;
  if (grown === null || packets === 0) {
    return null;
  }
  const mos = estimateMos(jitterMs, (100 * grown.lost) / packets, rttMs);
  return { mean: mos, min: mos };
}

const isMos = (value: unknown): value is number =>
  typeof value === 'number' && value >= 1 && value <= 5;

const MAX_TAGS = 20;
const MAX_TAG = 64;
const MAX_NOTE = 2000;

/** What the person said of the call: the last `feedback` event of the segment. */
export function feedbackOf(report: CallReport): CallFeedback | null {
  const given = report.offhook?.events?.findLast(({ type }) => type === 'feedback');
  if (given === undefined) {
    return null;
  }
  const { score, tags, note } = given;
  const texts = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  return {
    score: typeof score === 'number' && score >= 0 && score <= 10 ? score : null,
    tags: texts.slice(0, MAX_TAGS).map((tag) => tag.slice(0, MAX_TAG)),
    note: typeof note === 'string' ? note.slice(0, MAX_NOTE) : null,
  };
}

/** Epoch milliseconds of an ISO 8601 text; null when it is none. */
export function timeOf(text: string | undefined): number | null {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isSafeInteger(time) ? time : null;
}
