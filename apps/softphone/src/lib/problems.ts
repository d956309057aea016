import type { PhoneProblem } from '@offhook/react';

export interface Explanation {
  readonly title: string;
  /** What the person can do. */
  readonly advice: string;
}

/** In the words of somebody who uses a phone; what is missing here speaks for itself in the SDK's words. */
const EXPLANATIONS: Readonly<Record<number, Explanation>> = {
  40004: {
    title: 'The two phones could not agree on a connection',
    advice: 'Call again. If it stays like this, try another browser.',
  },
  40005: { title: 'The call could not be placed', advice: 'Call again in a moment.' },
  42001: {
    title: 'The microphone is blocked',
    advice: 'Allow the microphone for this page in the address bar, then call again.',
  },
  42002: {
    title: 'No microphone was found',
    advice: 'Connect one, or choose another under Settings, then call again.',
  },
  42003: {
    title: 'The microphone could not be started',
    advice: 'Close other programs that use it, then call again.',
  },
  44001: { title: 'Hold did not work', advice: 'Try again.' },
  45001: {
    title: 'The gateway’s address cannot be used',
    advice: 'Check the address under “Advanced”.',
  },
  45002: {
    title: 'The gateway cannot be reached',
    advice: 'Check your network and the address under “Advanced”. Still trying…',
  },
  45003: {
    title: 'The connection could not be restored',
    advice: 'Check your network, then sign in again.',
  },
  46001: { title: 'Sign-in was refused', advice: 'Check the user name and the password.' },
  46002: {
    title: 'The sign-in is incomplete',
    advice: 'Give a user name and a password, or a token.',
  },
  46003: { title: 'The sign-in has expired', advice: 'Sign in again.' },
  48501: { title: 'The call could not be resumed', advice: 'Call again.' },
};

export function explainProblem(problem: PhoneProblem): Explanation {
  return (
    EXPLANATIONS[problem.code] ?? {
      title: problem.message,
      advice: problem.solutions[0] ?? problem.description,
    }
  );
}

/** Codes that the connection banner tells already. */
const ABOUT_THE_CONNECTION = new Set([45002, 45004, 48001]);

/** The errors a signed-in person should read. */
export function worthReading(problem: PhoneProblem): boolean {
  return problem.level === 'error' && !ABOUT_THE_CONNECTION.has(problem.code);
}

const HINTS: Readonly<Record<number, string>> = {
  31001: 'Slow connection',
  31002: 'Unsteady connection',
  31003: 'Unsteady connection',
  31004: 'Poor sound quality',
  31005: 'We cannot hear your microphone',
  31006: 'No sound from the other side',
  32001: 'No sound arrives',
  32002: 'No sound leaves',
  33004: 'Restoring the sound…',
  36004: 'Restoring the sound…',
};

/** The SDK repeats a quality warning every 15 s while it holds. */
const HINT_MS = 16_000;

/** A short word on how a call is doing; null when it is well. */
export function callHint(
  problems: readonly PhoneProblem[],
  callId: string,
  now: number,
): string | null {
  const latest = problems.findLast(
    (problem) =>
      problem.level === 'warning' &&
      problem.callId === callId &&
      now - problem.at < HINT_MS &&
      problem.code in HINTS,
  );
  return latest ? (HINTS[latest.code] ?? null) : null;
}
