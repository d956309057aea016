import type { ReactElement } from 'react';
import type { CallSnapshot } from '@offhook/react';
import { shortNumber } from '../lib/format.ts';
import { useFocusReturn } from '../lib/use-focus-return.ts';
import { testIds } from '../testids.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icon.tsx';
import { partyOf } from './call-kinds.ts';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

/** A call that waits for an answer. It takes no focus: somebody may be typing. */
export function IncomingCard({
  call,
  holdsOthers,
  onAnswer,
  onDecline,
}: {
  readonly call: CallSnapshot;
  /** Answering puts another call on hold. */
  readonly holdsOthers: boolean;
  readonly onAnswer: () => void;
  readonly onDecline: () => void;
}): ReactElement {
  const card = useFocusReturn<HTMLElement>(
    `.call[data-call-id="${CSS.escape(call.id)}"]`,
    '#dial-input',
    '.phone__main',
  );
  const t = useTexts(phoneTexts);
  const party = partyOf(call, t);
  return (
    <section
      ref={card}
      className="incoming"
      aria-label={t.incoming.from(party)}
      data-testid={testIds.incoming}
      data-call-id={call.id}
    >
      <span className="incoming__avatar">
        <Avatar name={call.name} number={call.number} size="large" />
      </span>
      <div className="incoming__who">
        <p className="incoming__label">{t.incoming.label}</p>
        <p className="incoming__party" dir="auto">
          {shortNumber(party)}
        </p>
        {call.name && <p className="incoming__number">{shortNumber(call.number)}</p>}
      </div>
      <div className="incoming__actions">
        <button
          type="button"
          className="button button--danger"
          data-testid={testIds.reject}
          onClick={onDecline}
        >
          <Icon name="hangup" />
          {t.incoming.decline}
        </button>
        <button
          type="button"
          className="button button--call"
          data-testid={testIds.answer}
          onClick={onAnswer}
        >
          <Icon name="phone" />
          {holdsOthers ? t.incoming.holdAndAnswer : t.incoming.answer}
        </button>
      </div>
    </section>
  );
}
