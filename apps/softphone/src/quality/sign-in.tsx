import { useEffect, useRef, useState, type ReactElement, type SubmitEvent } from 'react';
import type { AdminSessionView } from '@offhook/protocol';
import { testIds } from '../testids.ts';
import { Logo } from '../ui/icon.tsx';
import { LanguageSwitch } from '../ui/language-switch.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { signIn } from './api.ts';
import { useWords } from './words.ts';

/** By name and password, or by the link of a demo, whose secret stands behind the `#` of the address. */
export function AdminSignIn({
  message,
  onSignedIn,
}: {
  readonly message: string | null;
  readonly onSignedIn: (session: AdminSessionView) => void;
}): ReactElement {
  const { t } = useWords();
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const linkTaken = useRef(false);

  const attempt = (how: Parameters<typeof signIn>[0]): void => {
    setBusy(true);
    signIn(how).then(onSignedIn, (error: unknown) => {
      setBusy(false);
      setFailure(error instanceof Error ? error.message : String(error));
    });
  };
  const byLink = useRef(attempt);

  useEffect(() => {
    const link = location.hash.slice(1);
    if (link === '' || linkTaken.current) {
      return;
    }
    linkTaken.current = true;
    history.replaceState(null, '', location.pathname);
    byLink.current({ link });
  }, []);

  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const text = (name: string): string => {
      const value = values.get(name);
      return typeof value === 'string' ? value : '';
    };
    setFailure(null);
    attempt({ user: text('username').trim(), password: text('password') });
  };

  const shown = failure ?? (message === 'over' ? t.sessionOver : message);
  return (
    <main className="sign-in">
      <div className="sign-in__card">
        <header className="sign-in__brand">
          <Logo />
          <h1>{t.signIn.title}</h1>
          <p>{t.signIn.forWhom}</p>
        </header>
        {shown !== null && <ErrorNotice title={shown} />}
        <form className="form" onSubmit={submit}>
          <label className="field">
            <span className="field__label">{t.signIn.user}</span>
            <input
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              data-testid={testIds.login}
            />
          </label>
          <label className="field">
            <span className="field__label">{t.signIn.password}</span>
            <input
              name="password"
              type="password"
              autoComplete="current-password"
              required
              data-testid={testIds.password}
            />
          </label>
          <button
            type="submit"
            className="button button--primary"
            disabled={busy}
            data-testid={testIds.signIn}
          >
            {t.signIn.signIn}
          </button>
        </form>
        <p className="q-hint">
          {t.signIn.madeWith} <code>offhook user add NAME --admin</code>.{' '}
          <a href="/">{t.signIn.toPhone}</a>
        </p>
      </div>
      <LanguageSwitch />
    </main>
  );
}
