import { useEffect, useRef, useState, type ReactElement } from 'react';
import { fetchDemoToken, fetchDemoUsers } from '../session/demo.ts';
import { ownGateway, parseGateway } from '../session/gateway-url.ts';
import type { Session } from '../session/session.ts';
import { testIds } from '../testids.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon, Logo } from '../ui/icon.tsx';
import { LanguageSwitch } from '../ui/language-switch.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { SignInForm, type FormValues } from './sign-in-form.tsx';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

export interface SignInFailure {
  readonly title: string;
  readonly advice: string;
  readonly code?: number;
}

export function SignIn({
  busy,
  restoring,
  failure,
  onSignIn,
  onCancel,
}: {
  /** Somebody is being signed in. */
  readonly busy: boolean;
  /** It is somebody who was signed in before the page was loaded again: nothing to fill in. */
  readonly restoring: boolean;
  readonly failure: SignInFailure | null;
  readonly onSignIn: (session: Session) => void;
  readonly onCancel: () => void;
}): ReactElement {
  const t = useTexts(phoneTexts);
  const demoUsers = useDemoUsers();
  const [own, setOwn] = useState<SignInFailure | null>(null);
  const [fetching, setFetching] = useState(false);
  const shown = own ?? failure;
  const waiting = busy || fetching;

  const signInAs = async (user: string) => {
    setOwn(null);
    setFetching(true);
    try {
      const token = await fetchDemoToken(user, t.signIn);
      onSignIn({ kind: 'demo', gateway: ownGateway(location), user, token });
    } catch (error) {
      const advice = error instanceof Error ? error.message : String(error);
      setOwn({ title: t.signIn.demoFailed, advice });
    } finally {
      setFetching(false);
    }
  };

  const submit = (values: FormValues) => {
    const gateway = parseGateway(values.gateway);
    if (!gateway.ok) {
      setOwn({ title: t.signIn.badAddress, advice: t.signIn[gateway.fault] });
      return;
    }
    setOwn(null);
    const { kind, login, password, token } = values;
    onSignIn(
      kind === 'password'
        ? { kind, gateway: gateway.url, login: login.trim(), password }
        : { kind, gateway: gateway.url, token: token.trim() },
    );
  };

  return (
    <main className="sign-in">
      <div className="sign-in__card">
        <header className="sign-in__brand">
          <Logo />
          <h1>Offhook</h1>
          <p>{t.tagline}</p>
        </header>
        {shown && <ErrorNotice {...shown} />}
        {!restoring && (
          <>
            {demoUsers && demoUsers.length > 0 && (
              <section className="demo" aria-labelledby="demo-title">
                <h2 id="demo-title">{t.signIn.tryAs}</h2>
                <ul className="demo__users">
                  {demoUsers.map((user) => (
                    <li key={user}>
                      <button
                        type="button"
                        className="demo__user"
                        disabled={waiting}
                        data-testid={testIds.signInAs(user)}
                        onClick={() => void signInAs(user)}
                      >
                        <Avatar name="" number={user} />
                        <span className="demo__who">
                          <span className="demo__name">{user}</span>
                          <span className="demo__go">{t.signIn.signIn}</span>
                        </span>
                      </button>
                    </li>
                  ))}
                </ul>
                <p className="demo__hint">{t.signIn.hint}</p>
              </section>
            )}
            {demoUsers && demoUsers.length > 0 && (
              <div className="divider">
                <span>{t.signIn.orAccount}</span>
              </div>
            )}
            <SignInForm busy={waiting} onSubmit={submit} />
          </>
        )}
        <Progress visible={waiting} onCancel={busy ? onCancel : null} />
      </div>
      <LanguageSwitch />
    </main>
  );
}

function Progress({
  visible,
  onCancel,
}: {
  readonly visible: boolean;
  readonly onCancel: (() => void) | null;
}): ReactElement {
  const { signIn } = useTexts(phoneTexts);
  return (
    <div className="progress" role="status">
      {visible && (
        <>
          <span className="progress__dots" aria-hidden="true">
            <Icon name="wave" />
          </span>
          <span>{signIn.signingIn}</span>
          {onCancel && (
            <button type="button" className="link-button" onClick={onCancel}>
              {signIn.cancel}
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** Null while it is not known, and when there is no demo. */
function useDemoUsers(): readonly string[] | null {
  const [users, setUsers] = useState<readonly string[] | null>(null);
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) {
      return undefined;
    }
    const controller = new AbortController();
    fetchDemoUsers(controller.signal).then(
      (found) => {
        asked.current = true;
        setUsers(found);
      },
      // A gateway that does not answer here says so when somebody signs in.
      () => undefined,
    );
    return () => controller.abort();
  }, []);
  return users;
}
