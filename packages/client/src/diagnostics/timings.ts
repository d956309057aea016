import { markRaw, proxySafe } from '../proxy-safe.ts';
import type { PreCallEstablishmentTimings, PreCallTimingsReport } from './types.ts';

export interface TimingsCallLike {
  getEstablishmentTimings?(): PreCallEstablishmentTimings | undefined;
}
export interface TimingsBuildOptions {
  call?: TimingsCallLike;
}

/** The labels, in `call.getEstablishmentTimings()`, of the three moments that the report derives from. */
const GATHERING = {
  started: 'ice gathering started',
  firstNonHost: 'first non host candidate',
  completed: 'ice gathering completed',
} as const;

/** Measures one diagnostic run. Times are milliseconds of a monotonic clock. */
export class TimingsCollector {
  readonly #startedAt: number;
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedAt = now();
    markRaw(this);
  }

  build(options: TimingsBuildOptions = {}): PreCallTimingsReport {
    const timings = options.call?.getEstablishmentTimings?.();
    if (timings === undefined) {
      return {};
    }
    const at = (label: string): number | undefined =>
      timings.steps.find((step) => step.label === label)?.fromStart;
    const report: PreCallTimingsReport = { callEstablishment: timings };
    const started = at(GATHERING.started);
    const completed = at(GATHERING.completed);
    const firstNonHost = at(GATHERING.firstNonHost);
    if (started !== undefined && completed !== undefined) {
      report.iceGatheringMs = completed - started;
    }
    if (started !== undefined && firstNonHost !== undefined) {
      report.firstNonHostCandidateMs = firstNonHost - started;
    }
    return report;
  }

  /** Sets `totalMs`. */
  complete(report: PreCallTimingsReport): void {
    report.totalMs = this.#now() - this.#startedAt;
  }
}

proxySafe(TimingsCollector);

export function createTimingsCollector(): TimingsCollector {
  return new TimingsCollector();
}
