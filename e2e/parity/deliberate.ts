/** A difference that we want, and the defect of the reference that it mends. */
export interface Improvement {
  /** The defect: a row of `docs/compatibility.md`. */
  readonly mends: string;
  /** Fits the lines that {@link differences} writes. */
  readonly line: RegExp;
  /** Only in these scenarios; everywhere when absent. */
  readonly scenarios?: RegExp;
}

export const deliberate: readonly Improvement[] = [];

/** The improvement that explains a line; undefined when none does. */
export function explain(scenario: string, line: string): Improvement | undefined {
  return deliberate.find(
    (improvement) => improvement.line.test(line) && (improvement.scenarios?.test(scenario) ?? true),
  );
}
