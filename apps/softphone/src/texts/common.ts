import type { Catalogue } from './language.ts';

/** What every page says, the phone and the pages for administrators. */
const en = {
  close: 'Close',
  dismiss: 'Dismiss',
  language: 'Language',
  /** A language that is the browser's. */
  asBrowser: 'Browser',
  /** Colours that are the system's. */
  asSystem: 'System',
  light: 'Use light colours',
  dark: 'Use dark colours',
  signOut: 'Sign out',
};

const de: typeof en = {
  close: 'Schließen',
  dismiss: 'Ausblenden',
  language: 'Sprache',
  asBrowser: 'Browser',
  asSystem: 'System',
  light: 'Helle Farben',
  dark: 'Dunkle Farben',
  signOut: 'Abmelden',
};

export const commonTexts: Catalogue<typeof en> = { en, de };
