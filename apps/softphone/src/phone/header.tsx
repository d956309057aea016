import type { ReactElement } from 'react';
import { useConnectionState, type ConnectionState } from '@offhook/react';
import { usePreferences } from '../lib/preferences.ts';
import { testIds } from '../testids.ts';
import { IconButton } from '../ui/button.tsx';
import { Logo } from '../ui/icon.tsx';

const WORDS: Record<ConnectionState, string> = {
  idle: 'Not connected',
  connecting: 'Connecting…',
  ready: 'Connected',
  reconnecting: 'Reconnecting…',
  failed: 'Offline',
  closed: 'Signed out',
};

export function Header({
  identity,
  onSettings,
  onShortcuts,
  onSignOut,
}: {
  readonly identity: string;
  readonly onSettings: () => void;
  readonly onShortcuts: () => void;
  readonly onSignOut: () => void;
}): ReactElement {
  const connection = useConnectionState();
  return (
    <header className="header">
      <h1 className="header__brand">
        <Logo />
        <span className="header__name">Offhook</span>
      </h1>
      <div className="header__who">
        <span className="header__identity" title={`Signed in as ${identity}`}>
          <span className="visually-hidden">Signed in as </span>
          {identity}
        </span>
        <span
          className="status"
          role="status"
          data-testid={testIds.connectionState}
          data-state={connection}
        >
          {WORDS[connection]}
        </span>
      </div>
      <div className="header__tools">
        <ThemeButton />
        <IconButton
          icon="keyboard"
          label="Keyboard shortcuts"
          className="header__wide"
          onClick={onShortcuts}
        />
        <IconButton
          icon="settings"
          label="Settings"
          data-testid={testIds.settings}
          onClick={onSettings}
        />
        <IconButton
          icon="signOut"
          label="Sign out"
          data-testid={testIds.signOut}
          onClick={onSignOut}
        />
      </div>
    </header>
  );
}

function ThemeButton(): ReactElement {
  const { preferences, change } = usePreferences();
  const dark =
    preferences.theme === 'dark' ||
    (preferences.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  return (
    <IconButton
      icon={dark ? 'sun' : 'moon'}
      label={dark ? 'Use light colours' : 'Use dark colours'}
      className="header__wide"
      onClick={() => change({ theme: dark ? 'light' : 'dark' })}
    />
  );
}
