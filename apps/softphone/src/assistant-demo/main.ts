/** The page of the embedded assistant: `<offhook-assistant>` beside a form that its tool fills in. */
import '@offhook/client/assistant-element';
import { applyTheme, chosenLanguage, storedPreferences } from '../lib/preferences.ts';
import { ownGateway } from '../session/gateway-url.ts';
import { assistantTexts } from '../texts/assistant.ts';
import { formatsOf } from '../texts/formats.ts';
import { applyLanguage, LANGUAGE_NAMES, LANGUAGES, type Language } from '../texts/language.ts';
import { BOOKING_SCHEMA, BookingForm } from './booking.ts';
import '../styles/fonts.css';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/controls.css';
import '../styles/fields.css';
import './page.css';

function find<E extends Element>(selector: string, kind: abstract new () => E): E {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) {
    throw new Error(`The page has no ${selector}`);
  }
  return found;
}

let preferences = storedPreferences.read();
const words = () => {
  const language = chosenLanguage(preferences);
  return { texts: assistantTexts[language], formats: formatsOf(language) };
};
const form = new BookingForm(
  find('#booking', HTMLFormElement),
  find('#badge', HTMLElement),
  find('#news', HTMLElement),
  words(),
);
const assistant = document.querySelector('offhook-assistant');
const switcher = find('#language', HTMLButtonElement);
const other = (): Language =>
  LANGUAGES.find((language) => language !== chosenLanguage(preferences)) ?? 'en';

/** Says everything on the page in its language. */
function say(): void {
  const language = chosenLanguage(preferences);
  const { texts } = words();
  applyLanguage(language);
  for (const [key, text] of Object.entries(texts.page)) {
    find(`[data-text='${key}']`, HTMLElement).textContent = text;
  }
  switcher.hidden = false;
  switcher.lang = other();
  switcher.textContent = LANGUAGE_NAMES[other()];
  form.reword(words());
  if (assistant) {
    assistant.setAttribute('lang', language);
    assistant.setAttribute('label', texts.label);
    const { running, done, failed } = texts.tools;
    assistant.texts = { tools: { running: () => running, done: () => done, failed: () => failed } };
  }
}

applyTheme(preferences.theme);
say();
switcher.addEventListener('click', () => {
  preferences = { ...preferences, language: other() };
  storedPreferences.write(preferences);
  say();
});

if (assistant) {
  assistant.setAttribute('host', ownGateway(location));
  // Another assistant of this gateway, to try it here: /assistant/?target=front-desk
  const target = new URLSearchParams(location.search).get('target');
  if (target) {
    assistant.setAttribute('target-id', target);
  }
  assistant.tool('fill_booking', BOOKING_SCHEMA, (change) => form.fill(change), {
    description: 'Writes what is known of a booking into the form on the page of the caller.',
  });
}
