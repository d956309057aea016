import { useId, useLayoutEffect, useRef, useState, type ReactElement } from 'react';
import { useCalls, type CallSnapshot } from '@offhook/react';
import { testIds } from '../testids.ts';
import { NumberField } from '../ui/number-field.tsx';
import { isUp, partyOf } from './call-kinds.ts';
import type { Transfer, Transfers } from './use-transfers.ts';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

/** Hands a call over: to a number, which rings first, or to the other party of another call. */
export function TransferPanel({
  call,
  transfer: { under, failure },
  transfers,
  takesFocus,
  onClose,
}: {
  readonly call: CallSnapshot;
  readonly transfer: Transfer;
  readonly transfers: Transfers;
  /** A person opened the panel just now: it did not only come back with its card. */
  readonly takesFocus: boolean;
  readonly onClose: () => void;
}): ReactElement {
  const field = useRef<HTMLInputElement>(null);
  const takeBack = useRef<HTMLButtonElement>(null);
  const shown = useRef<boolean | null>(null);
  const fieldId = useId();
  const failureId = useId();
  const [number, setNumber] = useState('');
  const others = useCalls().filter((other) => other.id !== call.id && isUp(other));
  const t = useTexts(phoneTexts);
  const party = partyOf(call, t);
  const up = isUp(call);
  const underWay = under !== null;

  useLayoutEffect(() => {
    const before = shown.current;
    shown.current = underWay;
    // What had the focus is gone with the other half of the panel. Who went elsewhere meanwhile stays there.
    const due =
      before === null
        ? takesFocus
        : before !== underWay && document.activeElement === document.body;
    if (due) {
      (underWay ? takeBack : field).current?.focus();
    }
  }, [underWay, takesFocus]);

  if (under) {
    return (
      <div className="transfer">
        <p className="transfer__state" role="status">
          {t.transfer.underWay(under.to)}
        </p>
        {/* Not `disabled`, which would take the focus away: the next key would then mean another call. */}
        <button
          ref={takeBack}
          type="button"
          className="button button--soft"
          aria-disabled={under.stopping}
          data-testid={testIds.transferCancel}
          onClick={() => transfers.takeBack(call)}
        >
          {under.stopping ? t.transfer.takingBack : t.transfer.takeBack}
        </button>
      </div>
    );
  }
  return (
    <form
      className="transfer"
      aria-label={t.transfer.form(party)}
      onSubmit={(event) => {
        event.preventDefault();
        if (number.trim() !== '') {
          transfers.begin(call, number.trim(), number.trim());
        }
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          onClose();
        }
      }}
    >
      <label className="transfer__label" htmlFor={fieldId}>
        {t.transfer.to(party)}
      </label>
      <div className="transfer__row">
        <NumberField
          ref={field}
          id={fieldId}
          className="transfer__input"
          value={number}
          aria-describedby={failure === null ? undefined : failureId}
          data-testid={testIds.transferInput}
          onValue={setNumber}
        />
        <button
          type="submit"
          className="button button--primary"
          disabled={number.trim() === '' || !up}
          data-testid={testIds.transferGo}
        >
          {t.transfer.go}
        </button>
      </div>
      {others.map((other) => (
        <button
          key={other.id}
          type="button"
          className="button button--soft transfer__join"
          disabled={!up}
          data-testid={testIds.transferJoin}
          onClick={() => transfers.begin(call, other.call, partyOf(other, t))}
        >
          {t.transfer.join(party, partyOf(other, t))}
        </button>
      ))}
      {/* Said by the announcer, also while the card is out of view. */}
      {failure !== null && (
        <p id={failureId} className="transfer__failure" data-testid={testIds.transferFailure}>
          {failure}
        </p>
      )}
    </form>
  );
}
