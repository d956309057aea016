import type { ReactElement } from 'react';
import { initials, tintOf } from '../lib/format.ts';
import { Icon } from './icon.tsx';

const TINTS = 5;

/** Initials on a tint that stays the same for the same person. */
export function Avatar({
  name,
  number,
  size = 'medium',
}: {
  readonly name: string;
  readonly number: string;
  readonly size?: 'small' | 'medium' | 'large';
}): ReactElement {
  const text = initials(name);
  return (
    <span
      className={`avatar avatar--${size} avatar--tint-${tintOf(number || name, TINTS)}`}
      aria-hidden="true"
    >
      {text || <Icon name="person" />}
    </span>
  );
}
