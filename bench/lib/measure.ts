/** Who is measured. `bare` is the least that does the same work; `direct` has nothing in between. */
export type Contestant = string;

/** One figure of the table, with every sample that it comes from. */
export interface Measure {
  /** `connect.ready`; stable, plots and docs go by it. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** Which way is better; default less. */
  readonly better?: 'less' | 'more';
  readonly samples: Readonly<Record<Contestant, readonly number[]>>;
  readonly goals?: readonly Goal[];
  /** What a reader has to know beside the figure. */
  readonly note?: string;
  /** Over something that grows: x and y of each contestant. */
  readonly points?: Points;
  readonly xTitle?: string;
  /** The points are what all of it costs together, so that a straight line is what is hoped for: see {@link growth}. */
  readonly linear?: boolean;
}

export type Points = Readonly<Record<Contestant, readonly (readonly [x: number, y: number])[]>>;

/** The median of `of` (default `offhook`), or its ratio to that of `against`, held against a bound. */
export interface Goal {
  readonly text: string;
  readonly of?: Contestant;
  readonly against?: Contestant;
  readonly at: 'most' | 'least';
  readonly bound: number;
  /** Instead of the median: 0.99 for p99. */
  readonly percentile?: number;
}

/** What a row of the bench needs of the run. */
export interface Context {
  /** Fewer repetitions, the same rows. */
  readonly quick: boolean;
  readonly log: (text: string) => void;
}

export interface Row {
  readonly name: string;
  readonly title: string;
  run(context: Context): Promise<Measure[]>;
}

export function percentile(samples: readonly number[], fraction: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(fraction * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

/** The value that a goal is about, and whether it is met; null where nothing was measured. */
export function judge(
  { samples }: Pick<Measure, 'samples'>,
  { of = 'offhook', against, at, bound, percentile: fraction = 0.5 }: Goal,
): { readonly value: number; readonly met: boolean } | null {
  const own = percentile(samples[of] ?? [], fraction);
  const value = against === undefined ? own : own / percentile(samples[against] ?? [], fraction);
  if (Number.isNaN(value)) {
    return null;
  }
  return { value, met: at === 'most' ? value <= bound : value >= bound };
}

/**
 * What one more costs where there are many, beside what one costs where there are few: 1 is linear, less is better. Null without
 * enough to compare.
 */
export function growth(
  points: Points[Contestant] = [],
): { readonly from: number; readonly to: number; readonly factor: number } | null {
  const last = points.at(-1);
  const first = points[Math.floor((points.length - 1) / 2)];
  if (!last || !first || last === first || !(first[0] > 0 && first[1] > 0)) {
    return null;
  }
  const factor = (last[1] - first[1]) / (last[0] - first[0]) / (first[1] / first[0]);
  return { from: first[0], to: last[0], factor };
}

/** A tenth of the work beside all of it: milliseconds that each took, from the microseconds of one piece. */
export const tenfold = (count: number, few: readonly number[], many: readonly number[]) => ({
  points: {
    offhook: [
      [count / 10, (median(few) * count) / 1e4],
      [count, (median(many) * count) / 1e3],
    ] as const,
  },
  linear: true,
});

/** What repetitions cost together, one by one: bent upwards where each costs more than the one before. */
export const together = (samples: Measure['samples']): Points =>
  Object.fromEntries(
    Object.entries(samples).map(([who, values]) => {
      let sum = 0;
      return [who, values.map((value, index) => [index + 1, (sum += value)] as const)];
    }),
  );

/** Alternates: one of each contestant, and again, so that what else the machine does meets all of them. */
export async function alternate<C extends Contestant>(
  contestants: readonly C[],
  times: number,
  measureOne: (contestant: C, index: number) => Promise<number>,
): Promise<Record<C, number[]>> {
  const samples = Object.fromEntries(contestants.map((name) => [name, []])) as unknown as Record<
    C,
    number[]
  >;
  for (let index = 0; index < times; index += 1) {
    for (const name of contestants) {
      samples[name].push(await measureOne(name, index));
    }
  }
  return samples;
}
