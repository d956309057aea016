import type { ReactElement } from 'react';
import { useConnectionState } from '@offhook/react';
import { usePreferences } from '../lib/preferences.ts';
import { testIds } from '../testids.ts';
import { IconButton } from '../ui/button.tsx';
import { Logo } from '../ui/icon.tsx';
import { commonTexts } from '../texts/common.ts';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

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
  const t = useTexts(phoneTexts);
  const common = useTexts(commonTexts);
  return (
    <header className="header">
      <h1 className="header__brand">
        <Logo />
        <span className="header__name">Offhook</span>
      </h1>
      <div className="header__who">
        <span className="header__identity" title={`${t.header.signedInAs} ${identity}`}>
          <span className="visually-hidden">{t.header.signedInAs} </span>
          {identity}
        </span>
        <span
          className="status"
          role="status"
          data-testid={testIds.connectionState}
          data-state={connection}
        >
          {t.connection[connection]}
        </span>
      </div>
      <div className="header__tools">
        <ThemeButton />
        <IconButton
          icon="keyboard"
          label={t.header.shortcuts}
          className="header__wide"
          onClick={onShortcuts}
        />
        <IconButton
          icon="settings"
          label={t.header.settings}
          data-testid={testIds.settings}
          onClick={onSettings}
        />
        <IconButton
          icon="signOut"
          label={common.signOut}
          data-testid={testIds.signOut}
          onClick={onSignOut}
        />
      </div>
    </header>
  );
}

function ThemeButton(): ReactElement {
  const { preferences, change } = usePreferences();
  const t = useTexts(commonTexts);
  const dark =
    preferences.theme === 'dark' ||
    (preferences.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  return (
    <IconButton
      icon={dark ? 'sun' : 'moon'}
      label={dark ? t.light : t.dark}
      className="header__wide"
      onClick={() => change({ theme: dark ? 'light' : 'dark' })}
    />
  );
}
