import {
  lazy,
  Suspense,
  useCallback,
  useEffect,
  useEffectEvent,
  useState,
  type ReactElement,
} from 'react';
import { disablePush, onWorkerAsks, openedCall, type OpenedCall } from '@offhook/client/push';
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
  // Also for a call: the notification that was clicked brings what signs in.
  const [restoring, setRestoring] = useState(
    () => session !== null || location.hash.includes('offhook-call='),
  );
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

  const signOutHere = useCallback(
    (reason: SignInFailure | null) => {
      if (reason === null) {
        void disablePush();
      }
      signOut(reason);
    },
    [signOut],
  );

  const takeOpened = useEffectEvent((call: OpenedCall | null) => {
    if (session === null && call?.token !== undefined) {
      signIn({ kind: 'token', gateway: call.gateway.replace(/^http/, 'ws'), token: call.token });
    } else {
      setRestoring(session !== null);
    }
  });
  const isRingingHere = useEffectEvent(() => ready);
  useEffect(() => {
    if (location.hash !== '') {
      void openedCall().then(takeOpened);
      history.replaceState(null, '', location.pathname + location.search);
    }
    return onWorkerAsks({ rings: () => isRingingHere(), opened: takeOpened });
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
              onSignOut={signOutHere}
            />
          </Suspense>
        )}
      </Announcer>
    </PreferencesProvider>
  );
}
