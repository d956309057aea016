import type { ReactElement } from 'react';
import { usePhoneStore, useProblems } from '@offhook/react';
import { explainProblem, worthReading } from '../lib/problems.ts';
import { ErrorNotice } from '../ui/notice.tsx';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

/** More than this at once is noise. */
const MAX_SHOWN = 2;

export function ProblemList({
  own,
  onDismissOwn,
}: {
  /** A failure that is not the SDK's. */
  readonly own: string | null;
  readonly onDismissOwn: () => void;
}): ReactElement {
  const store = usePhoneStore();
  const t = useTexts(phoneTexts);
  const problems = useProblems().filter(worthReading).slice(-MAX_SHOWN);
  return (
    <>
      {problems.map((problem) => (
        <ErrorNotice
          key={problem.key}
          {...explainProblem(problem, t)}
          code={problem.code}
          onDismiss={() => store?.dismissProblem(problem.key)}
        />
      ))}
      {own !== null && <ErrorNotice title={own} onDismiss={onDismissOwn} />}
    </>
  );
}
