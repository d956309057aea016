import { useEffect, type ReactElement, type ReactNode } from 'react';
import { usePreferences } from '../lib/preferences.ts';
import { testIds } from '../testids.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon, Logo, type IconName } from '../ui/icon.tsx';
import { Link, pathOf, type Route } from './router.tsx';

const TABS = [
  ['overview', 'Overview', 'chart'],
  ['live', 'Live', 'wave'],
  ['calls', 'Calls', 'phone'],
  ['sessions', 'Signed in', 'person'],
] as const satisfies readonly (readonly [string, string, IconName])[];

const TITLES: Readonly<Record<Route['page'], string>> = {
  overview: 'Overview',
  live: 'Live calls',
  calls: 'Calls',
  sessions: 'Signed in',
  call: 'Call',
  'sign-in': 'Overview',
  unknown: 'Not found',
};

export function Frame({
  page,
  user,
  onSignOut,
  children,
}: {
  readonly page: Route['page'];
  readonly user: string;
  readonly onSignOut: () => void;
  readonly children: ReactNode;
}): ReactElement {
  const { preferences, change } = usePreferences();
  const dark =
    preferences.theme === 'dark' ||
    (preferences.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    document.title = `${TITLES[page]} · Offhook`;
  }, [page]);
  return (
    <div className="q-app">
      <a className="q-skip" href="#content">
        To the content
      </a>
      <header className="q-header">
        <a className="q-header__brand" href="/" title="To the phone">
          <Logo />
          <span>Offhook</span>
        </a>
        <nav className="q-nav" aria-label="Pages">
          {TABS.map(([name, label, icon]) => {
            const here = page === name || (name === 'calls' && page === 'call');
            return (
              <Link
                key={name}
                to={pathOf(name)}
                className="q-nav__item"
                aria-current={here ? 'page' : undefined}
                data-testid={testIds.qualityTab(name)}
              >
                <Icon name={icon} />
                {label}
              </Link>
            );
          })}
        </nav>
        <div className="q-header__tools">
          <span className="q-header__user" title={`Signed in as ${user}`}>
            <span className="visually-hidden">Signed in as </span>
            {user}
          </span>
          <IconButton
            icon={dark ? 'sun' : 'moon'}
            label={dark ? 'Use light colours' : 'Use dark colours'}
            onClick={() => change({ theme: dark ? 'light' : 'dark' })}
          />
          <IconButton
            icon="signOut"
            label="Sign out"
            data-testid={testIds.signOut}
            onClick={onSignOut}
          />
        </div>
      </header>
      <main className="q-main" id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
