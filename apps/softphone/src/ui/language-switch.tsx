import type { ReactElement } from 'react';
import { usePreferences } from '../lib/preferences.ts';
import { commonTexts } from '../texts/common.ts';
import { LANGUAGES, LANGUAGE_NAMES } from '../texts/language.ts';
import { useTexts } from '../texts/use-texts.ts';

/** The other languages, each by its own name: whoever cannot read the page finds theirs. */
export function LanguageSwitch(): ReactElement {
  const { language, change } = usePreferences();
  const t = useTexts(commonTexts);
  return (
    <div className="languages" role="group" aria-label={t.language}>
      {LANGUAGES.filter((other) => other !== language).map((other) => (
        <button
          key={other}
          type="button"
          className="link-button"
          lang={other}
          onClick={() => change({ language: other })}
        >
          {LANGUAGE_NAMES[other]}
        </button>
      ))}
    </div>
  );
}

/** That of the browser, or one of them. */
export function LanguageChoice(): ReactElement {
  const { preferences, change } = usePreferences();
  const t = useTexts(commonTexts);
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{t.language}</legend>
      {[null, ...LANGUAGES].map((language) => (
        <label key={language ?? ''} className="segments__item">
          <input
            type="radio"
            name="language"
            checked={preferences.language === language}
            onChange={() => change({ language })}
          />
          <span lang={language ?? undefined}>
            {language === null ? t.asBrowser : LANGUAGE_NAMES[language]}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
