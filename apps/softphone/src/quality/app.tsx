import { useCallback, useEffect, useState, type ReactElement } from 'react';
import type { AdminSessionView } from '@offhook/protocol';
import { PreferencesProvider } from '../lib/preferences-provider.tsx';
import { currentSession, signOut } from './api.ts';
import { CallPageView } from './call/call-page.tsx';
import { CallsPage } from './calls-page.tsx';
import { Frame } from './frame.tsx';
import { AdminContext } from './end-button.tsx';
import { LivePage } from './live-page.tsx';
import { ManagePage } from './manage/manage-page.tsx';
import { OverviewPage } from './overview-page.tsx';
import { Link, navigate, pathOf, useRoute, type Route } from './router.tsx';
import { SessionsPage } from './sessions-page.tsx';
import { AdminSignIn } from './sign-in.tsx';
import { SignedOutContext } from './use-load.ts';
import { useWords } from './words.ts';
import '../styles/quality-index.css';

type State =
  | { readonly step: 'asking' }
  | {
      readonly step: 'signed-out';
      /** Told by the sign-in; `over`: a session came to its end. */
      readonly message: string | null;
    }
  | { readonly step: 'signed-in'; readonly session: AdminSessionView };

/**
 * The pages on calls, for administrators.
 *
 * ```
 *   asking ──session──► signed in ──sign out, 401──► signed out
 *      └────none──────────────────────────────────────▲  │
 *                           ▲────────sign in─────────────┘
 * ```
 */
export function QualityApp(): ReactElement {
  const [state, setState] = useState<State>({ step: 'asking' });
  const route = useRoute();
  useEffect(() => {
    let ignored = false;
    currentSession().then(
      (session) => {
        if (ignored) {
          return;
        }
        setState(session ? { step: 'signed-in', session } : { step: 'signed-out', message: null });
      },
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (!ignored) {
          setState({ step: 'signed-out', message });
        }
      },
    );
    return () => {
      ignored = true;
    };
  }, []);
  const onSignedOut = useCallback(() => {
    setState({ step: 'signed-out', message: 'over' });
  }, []);

  return (
    <PreferencesProvider>
      {state.step === 'asking' && <Loading />}
      {state.step === 'signed-out' && (
        <AdminSignIn
          message={state.message}
          onSignedIn={(session) => {
            setState({ step: 'signed-in', session });
            if (route.page === 'sign-in') {
              navigate(pathOf('overview'), 'replace');
            }
          }}
        />
      )}
      {state.step === 'signed-in' && (
        <SignedOutContext value={onSignedOut}>
          <Frame
            page={route.page}
            user={state.session.user}
            onSignOut={() => {
              signOut(state.session).then(
                (next) => {
                  setState({ step: 'signed-out', message: null });
                  if (next !== null) {
                    location.assign(next);
                  }
                },
                () => onSignedOut(),
              );
            }}
          >
            <AdminContext value={state.session}>
              <Page route={route} />
            </AdminContext>
          </Frame>
        </SignedOutContext>
      )}
    </PreferencesProvider>
  );
}

function Loading(): ReactElement {
  const { t } = useWords();
  return <p className="q-loading">{t.loading}</p>;
}

function Unknown(): ReactElement {
  const { t } = useWords();
  return (
    <section className="q-empty">
      <h1>{t.noSuchPage}</h1>
      <Link className="link-button" to={pathOf('overview')}>
        {t.toOverview}
      </Link>
    </section>
  );
}

function Page({ route }: { readonly route: Route }): ReactElement {
  switch (route.page) {
    case 'overview':
    case 'sign-in':
      return <OverviewPage query={'query' in route ? route.query : new URLSearchParams()} />;
    case 'live':
      return <LivePage />;
    case 'sessions':
      return <SessionsPage />;
    case 'manage':
      return <ManagePage part={route.part} />;
    case 'calls':
      return <CallsPage query={route.query} />;
    case 'call':
      return <CallPageView key={route.id} id={route.id} />;
    case 'unknown':
      return <Unknown />;
  }
}
