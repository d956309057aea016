import { lazy, Suspense, useCallback, useState, type ReactElement } from 'react';
import type { Session } from './session/session.ts';
import { forgetSession, restoreSession, saveSession } from './session/session.ts';
import { Announcer } from './lib/announcer.tsx';
import { PreferencesProvider } from './lib/preferences-provider.tsx';
import { SignIn, type SignInFailure } from './screens/sign-in.tsx';

// The SDK and the phone itself load while somebody signs in.
const SignedIn = lazy(() => import('./screens/signed-in.tsx'));

/**
 * ```
 *   signed out ──session──▶ signing in ──ready──▶ signed in
 *       ▲  ▲                    │                     │
 *       │  └──refused, cancel───┘                     │
 *       └───────────────── sign out ──────────────────┘
 * ```
 */
export function App(): ReactElement {
  const [session, setSession] = useState(restoreSession);
  const [restoring, setRestoring] = useState(session !== null);
  const [ready, setReady] = useState(false);
  const [failure, setFailure] = useState<SignInFailure | null>(null);

  const signIn = useCallback((next: Session) => {
    saveSession(next);
    setFailure(null);
    setReady(false);
    setSession(next);
  }, []);
  const signOut = useCallback((reason: SignInFailure | null) => {
    forgetSession();
    setFailure(reason);
    setRestoring(false);
    setReady(false);
    setSession(null);
  }, []);

  return (
    <PreferencesProvider>
      <Announcer>
        {!ready && (
          <SignIn
            busy={session !== null}
            restoring={restoring}
            failure={failure}
            onSignIn={signIn}
            onCancel={() => signOut(null)}
          />
        )}
        {session && (
          <Suspense>
            <SignedIn
              session={session}
              onReady={() => setReady(true)}
              onTrouble={setFailure}
              onSignOut={signOut}
            />
          </Suspense>
        )}
      </Announcer>
    </PreferencesProvider>
  );
}
