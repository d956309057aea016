import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CallsOverview, OverviewCounts } from '@offhook/protocol';
import { MOS_CLASS, POOR_MOS } from '../store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Steps of a trend, and the most of them that a plot has room for. */
const STEPS_MS = [60_000, 300_000, 900_000, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, DAY_MS];
const MAX_STEPS = 100;
const CLASSES = Math.round((4.5 - 1) / MOS_CLASS);
const MAX_NAMES = 12;
/** How calls end where a party ends them. */
const ORDERLY = new Set(['NORMAL_CLEARING', 'NORMAL_UNSPECIFIED']);

export const OVERVIEW = `
  SELECT cause, mos, answered_at, ended_at, reports, browsers, sdks
  FROM calls INDEXED BY calls_for_overview WHERE started_at >= ? AND started_at < ?`;

/** In the order of the statement. */
type Row = readonly [
  cause: string | null,
  mos: number | null,
  answeredAt: number | null,
  endedAt: number | null,
  reports: number,
  browsers: string,
  sdks: string,
];

class Sums {
  readonly #counts = { calls: 0, answered: 0, dropped: 0, rated: 0, poor: 0 };
  readonly #beside = { reported: 0, talkedMs: 0 };
  #mosSum = 0;

  add([cause, mos, answeredAt, endedAt, reports]: Row): void {
    const counts = this.#counts;
    counts.calls += 1;
    if (answeredAt !== null) {
      counts.answered += 1;
      if (endedAt !== null) {
        this.#beside.talkedMs += endedAt - answeredAt;
      }
      if (cause !== null && !ORDERLY.has(cause)) {
        counts.dropped += 1;
      }
    }
    if (mos !== null) {
      counts.rated += 1;
      this.#mosSum += mos;
      if (mos < POOR_MOS) {
        counts.poor += 1;
      }
    }
    if (reports > 0) {
      this.#beside.reported += 1;
    }
  }

  get counts(): OverviewCounts {
    const { rated } = this.#counts;
    return { ...this.#counts, meanMos: rated === 0 ? null : this.#mosSum / rated };
  }

  /** What is told of all calls together only. */
  get beside(): { readonly reported: number; readonly talkedMs: number } {
    return this.#beside;
  }
}

/** Sums by name. */
class Named {
  readonly #sums = new Map<string, Sums>();

  add(name: string, row: Row): void {
    let sums = this.#sums.get(name);
    if (!sums) {
      sums = new Sums();
      this.#sums.set(name, sums);
    }
    sums.add(row);
  }

  /** The most frequent ones. */
  get list(): (OverviewCounts & { readonly name: string })[] {
    return [...this.#sums]
      .map(([name, sums]) => ({ name, ...sums.counts }))
      .sort((a, b) => b.calls - a.calls || a.name.localeCompare(b.name))
      .slice(0, MAX_NAMES);
  }
}

/**
 * Counts calls, step by step over one index that holds all that is counted. SQLite would sort to group, which takes it three times
 * as long as to hand the values over.
 */
export class CallOverview {
  readonly #rows: StatementSync;

  constructor(db: DatabaseSync) {
    this.#rows = db.prepare(OVERVIEW);
    this.#rows.setReturnArrays(true);
  }

  overview({ from, to }: { readonly from: number; readonly to: number }): CallsOverview {
    const stepMs = STEPS_MS.find((ms) => (to - from) / ms <= MAX_STEPS) ?? longStep(from, to);
    // Steps begin at whole hours and days, as people read them.
    const start = Math.floor(from / stepMs) * stepMs;
    const total = new Sums();
    const causes = new Named();
    const browsers = new Named();
    const sdks = new Named();
    const mosClasses = Array.from({ length: CLASSES }, () => 0);
    const steps: CallsOverview['trend']['steps'][number][] = [];
    const namesOf = remembered((json) => JSON.parse(json) as string[]);
    for (let t = start; t < to; t += stepMs) {
      const step = new Sums();
      for (const row of this.#rows.all(t, Math.min(t + stepMs, to)) as unknown as Row[]) {
        const [cause, mos, , , , browser, sdk] = row;
        step.add(row);
        total.add(row);
        if (cause !== null) {
          causes.add(cause, row);
        }
        for (const name of namesOf(browser)) {
          browsers.add(name, row);
        }
        for (const name of namesOf(sdk)) {
          sdks.add(name, row);
        }
        if (mos === null) {
          continue;
        }
        const index = Math.min(Math.max(Math.floor((mos - 1) / MOS_CLASS), 0), CLASSES - 1);
        mosClasses[index] = (mosClasses[index] ?? 0) + 1;
      }
      steps.push({ t, ...step.counts });
    }
    return {
      from: start,
      to,
      totals: { ...total.counts, ...total.beside },
      trend: { stepMs, steps },
      mosClasses,
      causes: causes.list,
      browsers: browsers.list,
      sdks: sdks.list,
    };
  }
}

/** For a range of years: at most so many steps, of whole days. */
function longStep(from: number, to: number): number {
  return Math.ceil((to - from) / MAX_STEPS / DAY_MS) * DAY_MS;
}

/** There are few different ones, however many calls. */
function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text) ?? read(text);
    known.set(text, found);
    return found;
  };
}
