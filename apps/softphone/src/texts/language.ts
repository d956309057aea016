/** The languages of the pages. To add one, add it here: every catalogue that lacks it does not compile. */
export const LANGUAGES = ['en', 'de'] as const;

export type Language = (typeof LANGUAGES)[number];

/** What the languages call themselves. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' };

/** The texts of one part of the pages, in each language: `Catalogue<typeof en>`. */
export type Catalogue<T> = Readonly<Record<Language, T>>;

/** Texts for each of some keys: one that is missing does not compile. */
export const all = <K extends string | number, V>(texts: Readonly<Record<K, V>>) => texts;

export const isLanguage = (value: unknown): value is Language =>
  (LANGUAGES as readonly unknown[]).includes(value);

const codeOf = (tag: string): string => tag.toLowerCase().split('-')[0] ?? '';

/** The first of these, as browsers list them, that there are texts in: `de-AT` takes `de`. */
export function languageOf(tags: readonly string[]): Language {
  return tags.map(codeOf).find(isLanguage) ?? 'en';
}

/** How numbers and dates are written: as in the reader's country, where that speaks the language. */
export function localeOf(language: Language, tags: readonly string[]): string {
  return tags.find((tag) => codeOf(tag) === language) ?? language;
}

/** Tells browsers and screen readers which language the page is in. */
export function applyLanguage(language: Language): void {
  document.documentElement.lang = language;
}
