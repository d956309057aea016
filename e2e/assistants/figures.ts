import type { Moment, Timeline } from './timeline.ts';

const LOUD = 0.02;
/** So long without sound is silence, not a gap between words. */
const GAP_MS = 250;

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** When there was sound. */
export function stretches(moments: readonly Moment[]): Stretch[] {
  const found: { from: number; to: number }[] = [];
  for (const { t, level } of moments) {
    if (level < LOUD) {
      continue;
    }
    const last = found.at(-1);
    if (last && t - last.to < GAP_MS) {
      last.to = t;
    } else {
      found.push({ from: t, to: t });
    }
  }
  return found;
}

/** From the caller's first sound to the silence of an assistant that spoke at that time; null when it never was interrupted so. */
export function silentAfter({ spoken, heard }: Timeline): number | null {
  const answers = stretches(heard);
  for (const { from } of stretches(spoken)) {
    const during = answers.find((each) => each.from < from && each.to > from);
    if (during) {
      return during.to - from;
    }
  }
  return null;
}

/** From the caller's last sound to the assistant's next, each time that it answered. */
export function answerTimes({ spoken, heard }: Timeline): number[] {
  const answers = stretches(heard);
  return stretches(spoken).flatMap(({ to }, index, all) => {
    const next = all[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const answer = answers.find(({ from }) => from > to && from < next);
    return answer ? [answer.from - to] : [];
  });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
