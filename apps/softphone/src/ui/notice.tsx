import type { ReactElement } from 'react';
import { testIds } from '../testids.ts';
import { IconButton } from './button.tsx';
import { Icon } from './icon.tsx';
import { commonTexts } from '../texts/common.ts';
import { useTexts } from '../texts/use-texts.ts';

/** What went wrong and what to do. Read out when it appears. */
export function ErrorNotice({
  title,
  advice,
  code,
  onDismiss,
}: {
  readonly title: string;
  readonly advice?: string;
  readonly code?: number;
  readonly onDismiss?: () => void;
}): ReactElement {
  const { dismiss } = useTexts(commonTexts);
  return (
    <div className="notice" role="alert" data-testid={testIds.error} data-code={code}>
      <Icon name="alert" />
      <div className="notice__text">
        <p className="notice__title">{title}</p>
        {advice && <p className="notice__advice">{advice}</p>}
      </div>
      {onDismiss && <IconButton icon="close" label={dismiss} onClick={onDismiss} />}
    </div>
  );
}
