import type { CallReport, ClientSeries } from '@offhook/protocol';
import { IntervalReader, timeOf } from '../digest.ts';
import type { Measured } from '../digest.ts';
import { bagOf, listOf, numberOf, rounded } from './read.ts';

/** More points than a screen has pixels tell nothing more. */
const MAX_POINTS = 2000;
/** A hole in the measurements longer than this is drawn as one. */
const GAP_MS = 2500;

const MEASURES = [
  'mos',
  'rttMs',
  'jitterMs',
  'lossPercent',
  'inLevel',
  'outLevel',
  'inKbps',
  'outKbps',
] as const;

type Measure = (typeof MEASURES)[number];
type Values = Readonly<Record<Measure, number | null>>;

interface Point extends Values {
  readonly from: number;
  readonly t: number;
}

/**
 * What a leg's segments, in order, say of its quality over time: the first seconds one by one where the client tells them, then its
 * intervals. Null without any.
 */
export function clientSeries(
  reports: readonly CallReport[],
  offsetMs: number,
): ClientSeries | null {
  const early = reports.flatMap(earlyPoints).sort(byTime);
  const fine = early.at(-1)?.t ?? Number.NEGATIVE_INFINITY;
  const reader = new IntervalReader();
  const intervals = reports
    .flatMap((report) => [...reader.read(report)].flatMap(pointOf))
    .filter(({ t }) => t > fine)
    .sort(byTime);
  const points = withGaps(thinned([...early, ...intervals]));
  if (points.length === 0) {
    return null;
  }
  const column = (name: Measure): (number | null)[] => points.map((point) => rounded(point[name]));
  return {
    t: points.map(({ t }) => Math.round(t + offsetMs)),
    mos: column('mos'),
    rttMs: column('rttMs'),
    jitterMs: column('jitterMs'),
    lossPercent: column('lossPercent'),
    inLevel: column('inLevel'),
    outLevel: column('outLevel'),
    inKbps: column('inKbps'),
    outKbps: column('outKbps'),
  };
}

function byTime(a: Point, b: Point): number {
  return a.t - b.t;
}

function pointOf({ entry, packets, jitterMs, rttMs, mos }: Measured): Point[] {
  const t = timeOf(entry.intervalEndUtc);
  if (t === null) {
    return [];
  }
  const from = timeOf(entry.intervalStartUtc) ?? t;
  const expected = packets === null ? 0 : packets.lost + packets.received;
  const { inbound, outbound } = entry.audio ?? {};
  return [
    {
      from: Math.min(from, t),
      t,
      mos: mos?.mean ?? null,
      rttMs,
      jitterMs,
      lossPercent: packets === null || expected === 0 ? null : (100 * packets.lost) / expected,
      inLevel: level(inbound?.audioLevelAvg),
      outLevel: level(outbound?.audioLevelAvg),
      inKbps: per1000(inbound?.bitrateAvg),
      outKbps: per1000(outbound?.bitrateAvg),
    },
  ];
}

/** Our client's samples of the first ten seconds. */
function earlyPoints(report: CallReport): Point[] {
  const { early } = bagOf(report.offhook);
  return listOf(early).flatMap((sample) => {
    const t = numberOf(sample['t']);
    if (t === null) {
      return [];
    }
    const ms = (value: unknown): number | null => {
      const seconds = numberOf(value);
      return seconds === null ? null : seconds * 1000;
    };
    return [
      {
        from: t - 1000,
        t,
        mos: numberOf(sample['mos']),
        rttMs: ms(sample['rtt']),
        jitterMs: ms(sample['jitter']),
        lossPercent: numberOf(sample['loss']),
        inLevel: level(sample['inLevel']),
        outLevel: level(sample['outLevel']),
        inKbps: per1000(sample['inboundBitrate']),
        outKbps: per1000(sample['outboundBitrate']),
      },
    ];
  });
}

function level(value: unknown): number | null {
  const given = numberOf(value);
  return given === null ? null : Math.min(Math.max(given, 0), 1);
}

function per1000(value: unknown): number | null {
  const given = numberOf(value);
  return given === null ? null : given / 1000;
}

/** Neighbours become one point: their mean, so that a long bad stretch stays what it was. */
function thinned(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MAX_POINTS);
  if (size <= 1) {
    return points;
  }
  const merged: Point[] = [];
  for (let start = 0; start < points.length; start += size) {
    const group = points.slice(start, start + size);
    const [first, last] = [group[0], group.at(-1)];
    if (!first || !last) {
      continue;
    }
    const mean = (name: Measure): number | null => {
      const given = group.map((point) => point[name]).filter((value) => value !== null);
      return given.length === 0
        ? null
        : given.reduce((sum, value) => sum + value, 0) / given.length;
    };
    const values = Object.fromEntries(MEASURES.map((name) => [name, mean(name)]));
    merged.push({ ...(values as Values), from: first.from, t: last.t });
  }
  return merged;
}

const NOTHING = Object.fromEntries(MEASURES.map((name) => [name, null])) as Values;

/** Where nobody measured, a line must not suggest that somebody did. */
function withGaps(points: readonly Point[]): readonly Point[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    const hole = before !== undefined && point.from - before.t > GAP_MS;
    return hole ? [{ ...NOTHING, from: before.t, t: before.t + 1 }, point] : [point];
  });
}
