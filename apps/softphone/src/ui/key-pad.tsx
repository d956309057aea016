import type { ReactElement } from 'react';

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

/** The name of a key is what it shows: whoever speaks to the computer reads it there. These two are told by a word. */
const SPOKEN: Readonly<Record<string, string>> = { '*': 'Star', '#': 'Pound' };

export function KeyPad({
  label,
  testId,
  onKey,
}: {
  readonly label: string;
  readonly testId: (key: string) => string;
  readonly onKey: (key: string) => void;
}): ReactElement {
  return (
    <div className="key-pad" role="group" aria-label={label}>
      {KEYS.map(([key, letters]) => (
        <button
          key={key}
          type="button"
          className="key"
          aria-label={SPOKEN[key]}
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
