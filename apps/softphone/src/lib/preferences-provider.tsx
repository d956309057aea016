import { useMemo, useState, type ReactElement, type ReactNode } from 'react';
import {
  applyTheme,
  PreferencesContext,
  storedPreferences,
  type Preferences,
} from './preferences.ts';

export function PreferencesProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [preferences, setPreferences] = useState(storedPreferences.read);
  const access = useMemo(
    () => ({
      preferences,
      change: (change: Partial<Preferences>) => {
        const next = { ...preferences, ...change };
        storedPreferences.write(next);
        applyTheme(next.theme);
        setPreferences(next);
      },
    }),
    [preferences],
  );
  return <PreferencesContext value={access}>{children}</PreferencesContext>;
}
