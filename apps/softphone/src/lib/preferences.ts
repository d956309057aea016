import { createContext, useContext } from 'react';
import { isLanguage, languageOf, type Language } from '../texts/language.ts';
import { isRecord, stored } from './stored.ts';

export type Theme = 'system' | 'light' | 'dark';

export interface Preferences {
  readonly theme: Theme;
  /** Null: that of the browser. */
  readonly language: Language | null;
  /** Single keys such as `m` act while no field has the focus. */
  readonly singleKeys: boolean;
  readonly microphoneId: string | null;
  readonly speakerId: string | null;
}

const DEFAULTS: Preferences = {
  theme: 'system',
  language: null,
  singleKeys: true,
  microphoneId: null,
  speakerId: null,
};

const text = (value: unknown) => (typeof value === 'string' ? value : null);

export const storedPreferences = stored<Preferences>(
  () => localStorage,
  'offhook.preferences',
  (found) => {
    if (!isRecord(found)) {
      return DEFAULTS;
    }
    const { theme, language, singleKeys, microphoneId, speakerId } = found;
    return {
      theme: theme === 'light' || theme === 'dark' ? theme : 'system',
      language: isLanguage(language) ? language : null,
      singleKeys: singleKeys !== false,
      microphoneId: text(microphoneId),
      speakerId: text(speakerId),
    };
  },
);

/** The language that the page is in: what was chosen here, else that of the browser. */
export const chosenLanguage = ({ language }: Preferences): Language =>
  language ?? languageOf(navigator.languages);

export interface PreferencesAccess {
  readonly preferences: Preferences;
  readonly language: Language;
  readonly change: (change: Partial<Preferences>) => void;
}

export const PreferencesContext = createContext<PreferencesAccess>({
  preferences: DEFAULTS,
  language: 'en',
  change: () => undefined,
});

export function usePreferences(): PreferencesAccess {
  return useContext(PreferencesContext);
}

/** `color-scheme` decides every colour of the page: see styles/tokens.css. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}
