import type { ReactElement } from 'react';
import { causeText, GRADE_WORDS, gradeOf, isOrderly, mosText } from '../words.ts';

/** A MOS with its class; the class is a word too, for who does not see colours. */
export function MosBadge({ mos }: { readonly mos: number | null }): ReactElement {
  const grade = gradeOf(mos);
  return (
    <span className="q-mos" data-grade={grade} title={`Mean opinion score: ${GRADE_WORDS[grade]}`}>
      {mosText(mos)}
      <span className="visually-hidden"> ({GRADE_WORDS[grade]})</span>
    </span>
  );
}

/** @param text how it is said of this call; default: the cause's name in words */
export function CauseText({
  cause,
  text = causeText(cause),
}: {
  readonly cause: string | null;
  readonly text?: string;
}): ReactElement {
  return (
    <span className="q-cause" data-orderly={isOrderly(cause)} title={cause ?? undefined}>
      {text}
    </span>
  );
}

/** A score from 1 to 5, or to 10 with clients of others. */
export function Score({ score }: { readonly score: number | null }): ReactElement | null {
  return score === null ? null : (
    <span className="q-score" title={`A party gave it ${score}`}>
      <span aria-hidden="true">★</span> {score}
      <span className="visually-hidden"> of feedback</span>
    </span>
  );
}
