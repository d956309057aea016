import type { ReactElement } from 'react';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

const KEYS: readonly (readonly [key: string, letters: string])[] = [
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', ''],
  ['0', '+'],
  ['#', ''],
];

export function KeyPad({
  label,
  testId,
  onKey,
}: {
  readonly label: string;
  readonly testId: (key: string) => string;
  readonly onKey: (key: string) => void;
}): ReactElement {
  const { star, pound } = useTexts(phoneTexts).dialer;
  // The name of a key is what it shows: whoever speaks to the computer reads it there. These two are told by a word.
  const spoken: Readonly<Record<string, string>> = { '*': star, '#': pound };
  return (
    <div className="key-pad" role="group" aria-label={label}>
      {KEYS.map(([key, letters]) => (
        <button
          key={key}
          type="button"
          className="key"
          aria-label={spoken[key]}
          data-testid={testId(key)}
          onClick={() => onKey(key)}
        >
          <span className="key__digit">{key}</span>
          <span className="key__letters">{letters}</span>
        </button>
      ))}
    </div>
  );
}
