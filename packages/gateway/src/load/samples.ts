/** Durations in milliseconds, kept one by one: bounded by the run that they belong to. */
export class Samples {
  readonly #values: number[] = [];

  add(ms: number): void {
    this.#values.push(ms);
  }

  get values(): readonly number[] {
    return this.#values;
  }

  get count(): number {
    return this.#values.length;
  }

  /** Nearest rank; null when there is none. @param fraction 0.5 is the median */
  percentile(fraction: number): number | null {
    if (this.#values.length === 0) {
      return null;
    }
    const sorted = this.#values.toSorted((a, b) => a - b);
    const rank = Math.max(1, Math.ceil(fraction * sorted.length));
    return sorted[rank - 1] ?? null;
  }

  summary(): Summary {
    return {
      count: this.count,
      p50: rounded(this.percentile(0.5)),
      p95: rounded(this.percentile(0.95)),
      p99: rounded(this.percentile(0.99)),
      max: rounded(this.percentile(1)),
    };
  }
}

/** Milliseconds, to a hundredth; null where there is no sample. */
export interface Summary {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

const rounded = (ms: number | null): number | null =>
  ms === null ? null : Math.round(ms * 100) / 100;
