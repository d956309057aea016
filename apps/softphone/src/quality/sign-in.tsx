import { useEffect, useRef, useState, type ReactElement, type SubmitEvent } from 'react';
import type { AdminSessionView, AdminSignInWays } from '@offhook/protocol';
import { testIds } from '../testids.ts';
import { Logo } from '../ui/icon.tsx';
import { LanguageSwitch } from '../ui/language-switch.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { providerSignIn, signIn, signInWays } from './api.ts';
import { pathOf, useRoute } from './router.tsx';
import { useWords } from './words.ts';

/** By name and password, by the gateway's provider, or by the link of a demo, whose secret stands behind the `#` of the address. */
export function AdminSignIn({
  message,
  onSignedIn,
}: {
  readonly message: string | null;
  readonly onSignedIn: (session: AdminSessionView) => void;
}): ReactElement {
  const { t } = useWords();
  const route = useRoute();
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  /** Passwords, until the gateway has told. */
  const [ways, setWays] = useState<AdminSignInWays>({ passwords: true, provider: null });
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

  useEffect(() => {
    let ignored = false;
    signInWays().then(
      (told) => {
        if (!ignored) {
          setWays(told);
        }
      },
      // Signing in tells what is wrong with the gateway.
      () => undefined,
    );
    return () => {
      ignored = true;
    };
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

  const failed = t.signIn.failed[providerFailure(location.search) ?? 'none'];
  const shown = failure ?? (message === 'over' ? t.sessionOver : message) ?? failed;
  const here = route.page === 'sign-in' ? pathOf('overview') : location.pathname + location.search;
  return (
    <main className="sign-in">
      <div className="sign-in__card">
        <header className="sign-in__brand">
          <Logo />
          <h1>{t.signIn.title}</h1>
          <p>{t.signIn.forWhom}</p>
        </header>
        {shown !== null && <ErrorNotice title={shown} />}
        {ways.passwords && (
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
        )}
        {ways.provider !== null && (
          <a
            className={ways.passwords ? 'button button--soft' : 'button button--primary'}
            href={providerSignIn(here)}
            data-testid={testIds.signInByProvider}
          >
            {t.signIn.byProvider(ways.provider.name)}
          </a>
        )}
        <p className="q-hint">
          {ways.passwords && (
            <>
              {t.signIn.madeWith} <code>offhook user add NAME --admin</code>.{' '}
            </>
          )}
          <a href="/">{t.signIn.toPhone}</a>
        </p>
      </div>
      <LanguageSwitch />
    </main>
  );
}

/** Why a sign-in by the provider failed, as the gateway leads back here with it. */
function providerFailure(search: string): ProviderFailure | null {
  const told = new URLSearchParams(search).get('failed');
  return FAILURES.find((each) => each === told) ?? null;
}

type ProviderFailure = (typeof FAILURES)[number];
const FAILURES = ['expired', 'refused', 'no_admin', 'away'] as const;
