import type { PhoneProblem } from '@offhook/react';

export interface Explanation {
  readonly title: string;
  /** What the person can do. */
  readonly advice: string;
}

/** Codes that texts/phone.ts has words for. */
export type ExplainedProblem =
  | 40004
  | 40005
  | 42001
  | 42002
  | 42003
  | 44001
  | 45001
  | 45002
  | 45003
  | 46001
  | 46002
  | 46003
  | 48501;

/** What is said of problems, in one language. */
export interface ProblemTexts {
  readonly problems: Readonly<Record<ExplainedProblem, Explanation>>;
  otherProblem(code: number, message: string, remedy: string): Explanation;
}

const isExplained = (code: number, { problems }: ProblemTexts): code is ExplainedProblem =>
  Object.hasOwn(problems, code);

export function explainProblem(problem: PhoneProblem, texts: ProblemTexts): Explanation {
  const { code, message, solutions, description } = problem;
  return isExplained(code, texts)
    ? texts.problems[code]
    : texts.otherProblem(code, message, solutions[0] ?? description);
}

/** Codes that the connection banner tells already. */
const ABOUT_THE_CONNECTION = new Set([45002, 45004, 48001]);

/** The errors a signed-in person should read. */
export function worthReading(problem: PhoneProblem): boolean {
  return problem.level === 'error' && !ABOUT_THE_CONNECTION.has(problem.code);
}

export type HintId =
  | 'slow'
  | 'unsteady'
  | 'poor'
  | 'notHeard'
  | 'nothingHeard'
  | 'noneArrives'
  | 'noneLeaves'
  | 'restoring';

const HINTS: Readonly<Record<number, HintId>> = {
  31001: 'slow',
  31002: 'unsteady',
  31003: 'unsteady',
  31004: 'poor',
  31005: 'notHeard',
  31006: 'nothingHeard',
  32001: 'noneArrives',
  32002: 'noneLeaves',
  33004: 'restoring',
  36004: 'restoring',
};

/** The SDK repeats a quality warning every 15 s while it holds. */
const HINT_MS = 16_000;

/** How a call is doing; null when it is well. */
export function callHint(
  problems: readonly PhoneProblem[],
  callId: string,
  now: number,
): HintId | null {
  const latest = problems.findLast(
    (problem) =>
      problem.level === 'warning' &&
      problem.callId === callId &&
      now - problem.at < HINT_MS &&
      problem.code in HINTS,
  );
  return latest ? (HINTS[latest.code] ?? null) : null;
}
