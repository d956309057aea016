/** What was injected beside what was reported. */
export interface Entry {
  readonly what: string;
  readonly unit: string;
  readonly injected: number;
  readonly reported: number;
  /** How far they may be apart; absent: shown only. */
  readonly tolerance?: number;
  readonly agrees: boolean;
}

export interface TrialResult {
  readonly name: string;
  readonly title: string;
  readonly entries: readonly Entry[];
  readonly failures: readonly string[];
  readonly notes: readonly string[];
  readonly agrees: boolean;
  /** Why it was not run. */
  readonly skipped?: string;
  readonly seconds: number;
}

/** Collects what a trial finds. */
export class Ledger {
  readonly entries: Entry[] = [];
  readonly failures: string[] = [];
  readonly notes: string[] = [];

  compare(
    what: string,
    unit: string,
    injected: number,
    reported: number,
    tolerance?: number,
  ): void {
    const apart = Math.abs(injected - reported);
    const agrees = tolerance === undefined || apart <= tolerance;
    const bound = tolerance === undefined ? {} : { tolerance };
    this.entries.push({ what, unit, injected, reported, ...bound, agrees });
  }

  /** Fails the trial with the message unless the condition holds. */
  check(condition: boolean, message: string): void {
    if (!condition) {
      this.failures.push(message);
    }
  }

  note(message: string): void {
    this.notes.push(message);
  }
}

const shown = (value: number): string =>
  Number.isNaN(value) ? '–' : value.toFixed(Math.abs(value) < 100 ? 2 : 0);

/** The ledger as people read it. */
export function render(trials: readonly TrialResult[]): string {
  const head = ['trial', 'what', 'injected', 'reported', 'apart at most', 'agrees'];
  const lines = trials.flatMap((trial) => {
    if (trial.skipped !== undefined) {
      return [[trial.name, `not run: ${trial.skipped}`, '', '', '', '–']];
    }
    const verdict = trial.agrees ? 'yes' : 'NO';
    const first = [trial.name, trial.title, '', '', '', verdict];
    return [
      first,
      ...trial.entries.map(({ what, unit, injected, reported, tolerance, agrees }) => [
        '',
        `${what} (${unit})`,
        shown(injected),
        shown(reported),
        tolerance === undefined ? '' : shown(tolerance),
        tolerance === undefined ? '' : agrees ? 'yes' : 'NO',
      ]),
    ];
  });
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => (line[column] ?? '').length)),
  );
  const format = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [format(head), rule, ...lines.map(format)].join('\n');
}
