import type { Catalogue } from './language.ts';

/** The page of the embedded assistant. What is in its HTML too (`data-text`) is there as it is here in English. */
const en = {
  page: {
    title: 'Book by voice · Offhook demo',
    phone: 'Web phone',
    kicker: 'Voice assistant demo',
    headline: 'Book a table by talking',
    intro:
      'Start the assistant and tell it what you want. It asks back, and fills in the form on this page while you speak. No account, and nothing to install.',
    booking: 'Your booking',
    people: 'People',
    day: 'Day',
    name: 'Name',
    book: 'Book it myself',
    clear: 'Clear',
    facts: 'What it can do, and what not',
    offline:
      'This is the offline engine: it runs on this machine, follows a script and has no language model. Interrupt it whenever you like. It reads what you type; which spoken phrases it understands depends on what is installed here, and the card says so when it answers.',
    phrases: 'It speaks and understands English:',
    others:
      'Behind the same page an operator can put any server that speaks the OpenAI Realtime protocol, or a speech recogniser, a chat model and a voice of their own.',
  },
  label: 'Demo assistant',
  tools: {
    running: 'Filling in the form…',
    done: 'Filled in the form',
    failed: 'The form did not take that',
  },
  open: 'Open',
  booked: 'Booked',
  fields: { people: 'people', date: 'day', name: 'name' },
  emptied: 'The form is empty again.',
  filledIn: (what: string) => `The assistant filled in ${what}.`,
  notYet: 'Not booked yet.',
  news: (people: string, day: string, name: string) =>
    `Booked: ${people} people, ${day}, ${name}. This is a demo; nobody expects you.`,
};

export type AssistantPageTexts = typeof en;

const de: AssistantPageTexts = {
  page: {
    title: 'Per Sprache buchen · Offhook-Demo',
    phone: 'Web-Telefon',
    kicker: 'Demo eines Sprachassistenten',
    headline: 'Einen Tisch im Gespräch buchen',
    intro:
      'Starten Sie den Assistenten und sagen Sie, was Sie möchten. Er fragt nach und füllt das Formular auf dieser Seite aus, während Sie sprechen. Ohne Konto, ohne Installation.',
    booking: 'Ihre Buchung',
    people: 'Personen',
    day: 'Tag',
    name: 'Name',
    book: 'Selbst buchen',
    clear: 'Leeren',
    facts: 'Was er kann und was nicht',
    offline:
      'Dies ist die Offline-Engine: Sie läuft auf diesem Rechner, folgt einem Skript und hat kein Sprachmodell. Unterbrechen Sie sie, wann immer Sie möchten. Sie liest, was Sie schreiben; welche gesprochenen Sätze sie versteht, hängt davon ab, was hier installiert ist. Das steht in der Karte, sobald sie antwortet.',
    phrases: 'Sie spricht und versteht Englisch:',
    others:
      'Hinter dieselbe Seite kann ein Betreiber jeden Server setzen, der das OpenAI-Realtime-Protokoll spricht, oder eine eigene Spracherkennung mit Chatmodell und Stimme.',
  },
  label: 'Demo-Assistent',
  tools: {
    running: 'Formular wird ausgefüllt …',
    done: 'Formular ausgefüllt',
    failed: 'Das Formular nimmt das nicht an',
  },
  open: 'Offen',
  booked: 'Gebucht',
  fields: { people: 'Personen', date: 'Tag', name: 'Name' },
  emptied: 'Das Formular ist wieder leer.',
  filledIn: (what) => `Der Assistent hat eingetragen: ${what}.`,
  notYet: 'Noch nicht gebucht.',
  news: (people, day, name) =>
    `Gebucht: ${people} Personen, ${day}, ${name}. Dies ist eine Demo; niemand erwartet Sie.`,
};

export const assistantTexts: Catalogue<AssistantPageTexts> = { en, de };
