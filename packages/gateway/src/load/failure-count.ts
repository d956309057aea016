import type { LoadError } from './load-error.ts';
import type { Failure } from './load-report.ts';

/** Counts failures by their reason, and keeps one message of each. */
export class FailureCount {
  readonly #byReason = new Map<string, { count: number; example: string }>();

  add({ reason, message }: LoadError): void {
    const known = this.#byReason.get(reason);
    if (known) {
      known.count += 1;
    } else {
      this.#byReason.set(reason, { count: 1, example: message });
    }
  }

  get total(): number {
    return this.list().reduce((sum, { count }) => sum + count, 0);
  }

  /** Most frequent first. */
  list(): Failure[] {
    return [...this.#byReason]
      .map(([reason, rest]) => ({ reason, ...rest }))
      .sort((a, b) => b.count - a.count);
  }
}
