import type { ReactElement } from 'react';
import { gradeOf, isOrderly, useWords } from '../words.ts';

/** A MOS with its class; the class is a word too, for who does not see colours. */
export function MosBadge({ mos }: { readonly mos: number | null }): ReactElement {
  const words = useWords();
  const grade = gradeOf(mos);
  const named = words.t.grades[grade];
  return (
    <span className="q-mos" data-grade={grade} title={words.t.mosTitle(named)}>
      {words.mos(mos)}
      <span className="visually-hidden"> ({named})</span>
    </span>
  );
}

/** @param text how it is said of this call */
export function CauseText({
  cause,
  text,
}: {
  readonly cause: string | null;
  readonly text: string;
}): ReactElement {
  return (
    <span className="q-cause" data-orderly={isOrderly(cause)} title={cause ?? undefined}>
      {text}
    </span>
  );
}

/** A score from 1 to 5, or to 10 with clients of others. */
export function Score({ score }: { readonly score: number | null }): ReactElement | null {
  const { t, format } = useWords();
  return score === null ? null : (
    <span className="q-score" title={t.score(format.count(score))}>
      <span aria-hidden="true">★</span> {format.count(score)}
      <span className="visually-hidden"> {t.ofFeedback}</span>
    </span>
  );
}
