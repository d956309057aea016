import { useEffect, useRef, type ReactElement } from 'react';
import { testIds } from '../testids.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { KeyPad } from '../ui/key-pad.tsx';
import { NumberField } from '../ui/number-field.tsx';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

export function Dialer({
  number,
  ready,
  isRung,
  redial,
  onNumber,
  onCall,
}: {
  readonly number: string;
  readonly ready: boolean;
  /** A call waits for an answer. */
  readonly isRung: boolean;
  /** What an empty field calls up: the number dialled last. */
  readonly redial: string;
  readonly onNumber: (number: string) => void;
  readonly onCall: (number: string) => void;
}): ReactElement {
  const t = useTexts(phoneTexts);
  const input = useRef<HTMLInputElement>(null);
  /** A person went to the field or typed there: it did not only get the focus by itself. */
  const isTheirs = useRef(false);
  useEffect(() => {
    // On a touch screen this would open the keyboard over the keypad.
    if (matchMedia('(pointer: fine)').matches) {
      input.current?.focus();
    }
  }, []);
  useEffect(() => {
    // Keys are to answer the call, not to be typed where nobody chose to type.
    if (isRung && !isTheirs.current) {
      input.current?.blur();
    }
  }, [isRung]);
  const choose = (): void => {
    isTheirs.current = true;
  };

  return (
    <section className="dialer" aria-labelledby="dialer-title">
      <h2 id="dialer-title" className="visually-hidden">
        {t.tabs.keypad}
      </h2>
      <form
        className="dialer__form"
        onSubmit={(event) => {
          event.preventDefault();
          // As on a desk phone: the first press shows the last number, the second dials it.
          if (number.trim() === '') {
            onNumber(redial);
          } else {
            onCall(number);
          }
        }}
      >
        <div className="dialer__display">
          <label htmlFor="dial-input" className="visually-hidden">
            {t.dialer.whom}
          </label>
          <NumberField
            ref={input}
            id="dial-input"
            className="dialer__input"
            data-length={number.length > 14 ? 'long' : 'short'}
            value={number}
            data-testid={testIds.dialInput}
            onValue={onNumber}
            onKeyDown={choose}
            onPointerDown={choose}
            onKeyUp={(event) => {
              // The key went down elsewhere, and brought them here.
              if (event.key === 'Tab') {
                choose();
              }
            }}
            onBlur={() => {
              isTheirs.current = false;
            }}
          />
          {number !== '' && (
            <IconButton
              icon="backspace"
              label={t.dialer.backspace}
              className="dialer__clear"
              data-testid={testIds.dialClear}
              onClick={() => onNumber(number.slice(0, -1))}
            />
          )}
        </div>
        <KeyPad
          label={t.tabs.keypad}
          testId={testIds.dialKey}
          onKey={(key) => onNumber(number + key)}
        />
        <button
          type="submit"
          className="button button--call"
          disabled={!ready || (number.trim() === '' && redial === '')}
          data-testid={testIds.callButton}
        >
          <Icon name="phone" />
          {ready ? t.dialer.call : t.dialer.waiting}
        </button>
      </form>
    </section>
  );
}
