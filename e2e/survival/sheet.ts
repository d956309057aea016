/** What one row of the table measured and whether it held. */
export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | 'packets' | 'count' | '%';
  /** Absent: reported only. */
  readonly bound?: number;
  /** Which statistic the bound is about; default the worst. */
  readonly by?: 'max' | 'p95';
}

export interface FigureResult extends Figure {
  readonly values: readonly number[];
  readonly median: number;
  readonly p95: number;
  readonly max: number;
  readonly held: boolean;
}

export interface RowResult {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly FigureResult[];
  readonly failures: readonly string[];
  readonly notes: readonly string[];
  readonly held: boolean;
  /** Why it was not run. */
  readonly skipped?: string;
  readonly seconds: number;
}

/** Collects what a row measures. */
export class Sheet {
  readonly failures: string[] = [];
  readonly notes: string[] = [];
  readonly #figures = new Map<string, { figure: Figure; values: number[] }>();

  measure(figure: Figure, value: number): void {
    const known = this.#figures.get(figure.name) ?? { figure, values: [] };
    known.values.push(Math.round(value * 10) / 10);
    this.#figures.set(figure.name, known);
  }

  /** Fails the row with the message unless the condition holds. */
  check(condition: boolean, message: string): void {
    if (!condition) {
      this.failures.push(message);
    }
  }

  note(message: string): void {
    this.notes.push(message);
  }

  results(): FigureResult[] {
    return [...this.#figures.values()].map(({ figure, values }) => {
      const max = Math.max(...values);
      const [median, p95] = [percentile(values, 0.5), percentile(values, 0.95)];
      const judged = figure.by === 'p95' ? p95 : max;
      const held = figure.bound === undefined || judged <= figure.bound;
      return { ...figure, values, median, p95, max, held };
    });
  }
}

/** Nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

const shown = (value: number): string =>
  Number.isNaN(value)
    ? '–'
    : String(Math.abs(value) < 10 ? Math.round(value * 10) / 10 : Math.round(value));

/** The table as people read it. */
export function render(rows: readonly RowResult[]): string {
  const head = ['row', 'figure', 'median', 'p95', 'max', 'n', 'bound', 'held'];
  const lines = rows.flatMap((row) => {
    if (row.skipped !== undefined) {
      return [[row.name, `not run: ${row.skipped}`, '', '', '', '', '', '–']];
    }
    const verdict = row.held ? 'yes' : 'NO';
    const figures = row.figures.map((figure, index) => [
      index === 0 ? row.name : '',
      `${figure.name} (${figure.unit})`,
      shown(figure.median),
      shown(figure.p95),
      shown(figure.max),
      String(figure.values.length),
      figure.bound === undefined ? '' : `${figure.by ?? 'max'} ≤ ${shown(figure.bound)}`,
      figure.held ? (index === 0 ? verdict : 'yes') : 'NO',
    ]);
    return figures.length > 0 ? figures : [[row.name, '', '', '', '', '', '', verdict]];
  });
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => (line[column] ?? '').length)),
  );
  const format = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [format(head), rule, ...lines.map(format)].join('\n');
}
