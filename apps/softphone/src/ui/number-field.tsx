import type { ComponentProps, ReactElement } from 'react';

/** Where somebody types whom to call. */
export function NumberField({
  value,
  onValue,
  ...rest
}: Omit<ComponentProps<'input'>, 'value' | 'onChange'> & {
  readonly value: string;
  readonly onValue: (value: string) => void;
}): ReactElement {
  return (
    <input
      {...rest}
      type="text"
      inputMode="tel"
      enterKeyHint="go"
      autoComplete="off"
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      placeholder="Name or number"
      maxLength={128}
      value={value}
      onChange={(event) => onValue(event.target.value)}
    />
  );
}
