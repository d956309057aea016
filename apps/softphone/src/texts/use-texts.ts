import { usePreferences } from '../lib/preferences.ts';
import { formatsOf, type Formats } from './formats.ts';
import type { Catalogue, Language } from './language.ts';

/** The language that the page is in. */
export function useLanguage(): Language {
  return usePreferences().language;
}

/** What a part of the page says. */
export function useTexts<T>(catalogue: Catalogue<T>): T {
  return catalogue[useLanguage()];
}

/** How it writes numbers, dates and durations. */
export function useFormats(): Formats {
  return formatsOf(useLanguage());
}
