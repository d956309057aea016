import { useMemo, useState, type ReactElement, type ReactNode } from 'react';
import { applyLanguage } from '../texts/language.ts';
import {
  applyTheme,
  chosenLanguage,
  PreferencesContext,
  storedPreferences,
  type Preferences,
} from './preferences.ts';

export function PreferencesProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [preferences, setPreferences] = useState(storedPreferences.read);
  const access = useMemo(
    () => ({
      preferences,
      language: chosenLanguage(preferences),
      change: (change: Partial<Preferences>) => {
        const next = { ...preferences, ...change };
        storedPreferences.write(next);
        applyTheme(next.theme);
        applyLanguage(chosenLanguage(next));
        setPreferences(next);
      },
    }),
    [preferences],
  );
  return <PreferencesContext value={access}>{children}</PreferencesContext>;
}
