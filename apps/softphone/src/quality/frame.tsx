import { useEffect, type ReactElement, type ReactNode } from 'react';
import { usePreferences } from '../lib/preferences.ts';
import { testIds } from '../testids.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon, Logo, type IconName } from '../ui/icon.tsx';
import { LanguageSwitch } from '../ui/language-switch.tsx';
import { commonTexts } from '../texts/common.ts';
import { manageTexts } from '../texts/manage.ts';
import { useTexts } from '../texts/use-texts.ts';
import { Link, managePath, pathOf, type Route } from './router.tsx';
import { useWords } from './words.ts';

const TABS = [
  ['overview', 'chart'],
  ['live', 'wave'],
  ['calls', 'phone'],
  ['sessions', 'person'],
] as const satisfies readonly (readonly [string, IconName])[];

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
  const {
    t: { frame },
  } = useWords();
  const common = useTexts(commonTexts);
  const { tab } = useTexts(manageTexts);
  const dark =
    preferences.theme === 'dark' ||
    (preferences.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  const title = frame.titles[page];
  useEffect(() => {
    document.title = `${title} · Offhook`;
  }, [title]);
  return (
    <div className="q-app">
      <a className="q-skip" href="#content">
        {frame.skip}
      </a>
      <header className="q-header">
        <a className="q-header__brand" href="/" title={frame.toPhone}>
          <Logo />
          <span>Offhook</span>
        </a>
        <nav className="q-nav" aria-label={frame.pages}>
          {TABS.map(([name, icon]) => {
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
                {frame.tabs[name]}
              </Link>
            );
          })}
          <Link
            to={managePath('users')}
            className="q-nav__item"
            aria-current={page === 'manage' ? 'page' : undefined}
            data-testid={testIds.qualityTab('manage')}
          >
            <Icon name="settings" />
            {tab}
          </Link>
        </nav>
        <div className="q-header__tools">
          <span className="q-header__user" title={`${frame.signedInAs} ${user}`}>
            <span className="visually-hidden">{frame.signedInAs} </span>
            {user}
          </span>
          <LanguageSwitch />
          <IconButton
            icon={dark ? 'sun' : 'moon'}
            label={dark ? common.light : common.dark}
            onClick={() => change({ theme: dark ? 'light' : 'dark' })}
          />
          <IconButton
            icon="signOut"
            label={common.signOut}
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
