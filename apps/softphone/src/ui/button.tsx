import type { ButtonHTMLAttributes, ReactElement, Ref } from 'react';
import { Icon, type IconName } from './icon.tsx';

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { readonly 'data-testid'?: string };

interface IconButtonProps extends ButtonProps {
  readonly icon: IconName;
  /** What a screen reader says and a tooltip shows. */
  readonly label: string;
}

/** A round button with an icon alone. */
export function IconButton({
  icon,
  label,
  className = '',
  ...rest
}: IconButtonProps): ReactElement {
  return (
    <button
      type="button"
      className={`icon-button ${className}`}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}

interface ControlProps extends ButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly tone?: 'plain' | 'call' | 'danger';
}

/** A button of a call: an icon above its word. */
export function Control({ icon, label, tone = 'plain', ...rest }: ControlProps): ReactElement {
  return (
    <button type="button" className={`control control--${tone}`} {...rest}>
      <span className="control__icon">
        <Icon name={icon} />
      </span>
      <span className="control__label">{label}</span>
    </button>
  );
}
