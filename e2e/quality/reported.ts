import type { CallReport, ReportEvent, StatsEntry } from '@offhook/protocol';
import { pause } from '../survival/seat.ts';
import type { World } from '../survival/world.ts';

interface Shown {
  readonly legs: readonly {
    readonly user: string;
    readonly mos: number | null;
    readonly lossPercent: number | null;
    readonly rttMs: number | null;
    /** The media plane's own count: the middle of the call. */
    readonly media: { readonly packetsReceived: number; readonly packetsLost: number } | null;
    readonly reports: readonly CallReport[];
  }[];
}

/** One person's end of a call, as the operator sees it. */
export class Reported {
  readonly leg: Shown['legs'][number];

  /** Waits until that end's last segment is there: the one that no flush made. */
  static of(world: World, callId: string, user: string): Promise<Reported> {
    return Reported.with(world, callId, user, ({ flushReason }) => flushReason === undefined);
  }

  /** Waits until a segment of that end is there that is wanted. */
  static async with(
    world: World,
    callId: string,
    user: string,
    wanted: (segment: CallReport) => boolean,
    ms = 30_000,
  ): Promise<Reported> {
    const until = Date.now() + ms;
    for (;;) {
      const leg = await legOf(world, callId, user);
      if (leg?.reports.some(wanted)) {
        return new Reported(leg);
      }
      if (Date.now() > until) {
        const count = String(leg?.reports.length ?? 0);
        throw new Error(`No such report of ${user} after ${String(ms)} ms; ${count} segments`);
      }
      await pause(500);
    }
  }

  private constructor(leg: Shown['legs'][number]) {
    this.leg = leg;
  }

  get stats(): readonly StatsEntry[] {
    return this.leg.reports.flatMap(({ stats }) => stats);
  }

  /** Of one type, in the order of time. */
  events(type: string): readonly ReportEvent[] {
    const all = this.leg.reports.flatMap(({ offhook }) => offhook?.events ?? []);
    return all.filter((event) => event.type === type).sort((a, b) => a.t - b.t);
  }

  /** When warnings of this code were raised and cleared. */
  warnings(code: number, direction?: string): { raised: number[]; cleared: number[] } {
    const of = (phase: string): number[] =>
      this.events('warning')
        .filter((event) => event['code'] === code && event['phase'] === phase)
        .filter((event) => direction === undefined || event['direction'] === direction)
        .map(({ t }) => t);
    return { raised: of('raised'), cleared: of('cleared') };
  }

  /** Intervals that lie within these times, in epoch milliseconds. */
  within(from: number, to: number): readonly StatsEntry[] {
    return this.stats.filter(
      (entry) => startOf(entry) >= from && Date.parse(entry.intervalEndUtc) <= to,
    );
  }

  /** The intervals that show something, from the begin of the first to the end of the last; NaN when none does. */
  stretch(shows: (entry: StatsEntry) => boolean): { readonly from: number; readonly to: number } {
    const found = this.stats.filter(shows);
    const [first, last] = [found[0], found.at(-1)];
    return {
      from: first ? startOf(first) : Number.NaN,
      to: last ? Date.parse(last.intervalEndUtc) : Number.NaN,
    };
  }

  /** Of all stretches whose intervals show something without a gap, the one of the most intervals; NaN when none does. */
  longest(shows: (entry: StatsEntry) => boolean): { readonly from: number; readonly to: number } {
    let best: StatsEntry[] = [];
    let run: StatsEntry[] = [];
    for (const entry of this.stats) {
      run = shows(entry) ? [...run, entry] : [];
      if (run.length > best.length) {
        best = run;
      }
    }
    const [first, last] = [best[0], best.at(-1)];
    return {
      from: first ? startOf(first) : Number.NaN,
      to: last ? Date.parse(last.intervalEndUtc) : Number.NaN,
    };
  }
}

const startOf = (entry: StatsEntry): number => Date.parse(entry.intervalStartUtc);

async function legOf(
  world: World,
  callId: string,
  user: string,
): Promise<Shown['legs'][number] | undefined> {
  const text = await world.gateway
    .offhook('reports', 'show', callId, '--json')
    // Not stored yet.
    .catch(() => '{"legs":[]}');
  return (JSON.parse(text) as Shown).legs.find((leg) => leg.user === user);
}

export const sum = (values: readonly (number | undefined)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);

export const mean = (values: readonly (number | undefined)[]): number => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? Number.NaN : sum(known) / known.length;
};

export function median(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? Number.NaN;
}
