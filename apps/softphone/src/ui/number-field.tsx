import type { ComponentProps, ReactElement } from 'react';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

/** Where somebody types whom to call. */
export function NumberField({
  value,
  onValue,
  ...rest
}: Omit<ComponentProps<'input'>, 'value' | 'onChange'> & {
  readonly value: string;
  readonly onValue: (value: string) => void;
}): ReactElement {
  const { placeholder } = useTexts(phoneTexts).dialer;
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
      placeholder={placeholder}
      maxLength={128}
      value={value}
      onChange={(event) => onValue(event.target.value)}
    />
  );
}
