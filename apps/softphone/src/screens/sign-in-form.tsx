import { useState, type ReactElement } from 'react';
import { ownGateway } from '../session/gateway-url.ts';
import { testIds } from '../testids.ts';
import { Icon } from '../ui/icon.tsx';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

export interface FormValues {
  readonly kind: 'password' | 'token';
  readonly login: string;
  readonly password: string;
  readonly token: string;
  readonly gateway: string;
}

const KINDS = ['password', 'token'] as const;

export function SignInForm({
  busy,
  onSubmit,
}: {
  readonly busy: boolean;
  readonly onSubmit: (values: FormValues) => void;
}): ReactElement {
  const [values, setValues] = useState<FormValues>(() => ({
    kind: 'password',
    login: '',
    password: '',
    token: '',
    gateway: ownGateway(location),
  }));
  const change = (part: Partial<FormValues>) => setValues((old) => ({ ...old, ...part }));
  const { kind } = values;
  const { signIn } = useTexts(phoneTexts);

  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(values);
      }}
    >
      <fieldset className="segments">
        <legend className="visually-hidden">{signIn.how}</legend>
        {KINDS.map((value) => (
          <label key={value} className="segments__item">
            <input
              type="radio"
              name="kind"
              value={value}
              checked={kind === value}
              data-testid={testIds.authKind(value)}
              onChange={() => change({ kind: value })}
            />
            <span>{signIn[value]}</span>
          </label>
        ))}
      </fieldset>
      {kind === 'password' ? (
        <>
          <label className="field">
            <span className="field__label">{signIn.user}</span>
            <input
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              value={values.login}
              data-testid={testIds.login}
              onChange={(event) => change({ login: event.target.value })}
            />
          </label>
          <label className="field">
            <span className="field__label">{signIn.password}</span>
            <input
              name="password"
              type="password"
              autoComplete="current-password"
              required
              value={values.password}
              data-testid={testIds.password}
              onChange={(event) => change({ password: event.target.value })}
            />
          </label>
        </>
      ) : (
        <label className="field">
          <span className="field__label">{signIn.token}</span>
          <textarea
            name="token"
            rows={3}
            required
            spellCheck={false}
            autoComplete="off"
            aria-describedby="token-hint"
            value={values.token}
            data-testid={testIds.token}
            onChange={(event) => change({ token: event.target.value })}
          />
          <span className="field__hint" id="token-hint">
            {signIn.tokenHint}
          </span>
        </label>
      )}
      <details className="advanced">
        <summary>
          <Icon name="chevron" />
          {signIn.advanced}
        </summary>
        <label className="field">
          <span className="field__label">{signIn.gateway}</span>
          <input
            name="gateway"
            inputMode="url"
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            value={values.gateway}
            data-testid={testIds.gateway}
            onChange={(event) => change({ gateway: event.target.value })}
          />
        </label>
      </details>
      <button
        type="submit"
        className="button button--primary"
        disabled={busy}
        data-testid={testIds.signIn}
      >
        {signIn.signIn}
      </button>
    </form>
  );
}
