import type { AssistantState } from '../assistant/turns.ts';
import { inLanguage } from '../languages.ts';

/** Every word of the element. */
export interface AssistantTexts {
  readonly start: string;
  readonly again: string;
  readonly stop: string;
  readonly cancel: string;
  readonly mute: string;
  readonly unmute: string;
  readonly interrupt: string;
  readonly send: string;
  readonly message: string;
  readonly placeholder: string;
  readonly intro: string;
  readonly transcript: string;
  readonly you: string;
  readonly assistant: string;
  readonly interrupted: string;
  readonly notUnderstood: string;
  readonly connecting: string;
  readonly ended: string;
  readonly failed: string;
  readonly notSent: string;
  readonly hearsPhrases: string;
  readonly hearsNothing: string;
  readonly states: Readonly<Record<AssistantState, string>>;
  readonly tools: Readonly<Record<'running' | 'done' | 'failed', (name: string) => string>>;
  /** By a problem's code; a code that is not here shows its own message. */
  readonly problems: Readonly<Record<string, string>>;
}

const en: AssistantTexts = {
  start: 'Start talking',
  again: 'Talk again',
  stop: 'End',
  cancel: 'Cancel',
  mute: 'Mute',
  unmute: 'Unmute',
  interrupt: 'Interrupt',
  send: 'Send',
  message: 'Message',
  placeholder: 'Or type here',
  intro: 'No account needed. Your microphone is on only while you talk.',
  transcript: 'Conversation',
  you: 'You',
  assistant: 'Assistant',
  interrupted: 'interrupted',
  notUnderstood: 'Not understood',
  connecting: 'Connecting…',
  ended: 'The conversation has ended.',
  failed: 'It did not work',
  notSent: 'That could not be sent.',
  hearsPhrases: 'Offline engine: it hears a few prepared phrases, and reads what you type.',
  hearsNothing:
    'Offline engine: it notices that you speak, but does not understand speech. Please type.',
  states: {
    connecting: 'Connecting',
    listening: 'Listening',
    thinking: 'Thinking',
    speaking: 'Speaking',
    ended: 'Ended',
  },
  tools: {
    running: (name) => `Using ${name}…`,
    done: (name) => `Used ${name}`,
    failed: (name) => `${name} did not work`,
  },
  problems: {
    '42001': 'The microphone is not allowed. Allow it in your browser, and try again.',
    '42002': 'No microphone was found.',
    '42003': 'The microphone could not be opened.',
    '45001': 'The assistant cannot be reached.',
    '45003': 'The assistant cannot be reached.',
    '46001': 'The assistant does not take this call.',
    '10007': 'That conversation is not there any more.',
    failed: 'The assistant cannot be reached.',
    busy: 'All lines are busy. Please try again in a moment.',
    engine_unavailable: 'The assistant is out of order at the moment.',
    engine_lost: 'The assistant went away.',
    time_limit: 'The time for one conversation is over.',
  },
};

const de: AssistantTexts = {
  start: 'Gespräch beginnen',
  again: 'Noch einmal sprechen',
  stop: 'Beenden',
  cancel: 'Abbrechen',
  mute: 'Stumm',
  unmute: 'Stumm aus',
  interrupt: 'Unterbrechen',
  send: 'Senden',
  message: 'Nachricht',
  placeholder: 'Oder hier schreiben',
  intro: 'Ohne Anmeldung. Das Mikrofon ist nur während des Gesprächs an.',
  transcript: 'Gespräch',
  you: 'Sie',
  assistant: 'Assistent',
  interrupted: 'unterbrochen',
  notUnderstood: 'Nicht verstanden',
  connecting: 'Verbinden …',
  ended: 'Das Gespräch ist beendet.',
  failed: 'Es hat nicht geklappt',
  notSent: 'Das konnte nicht gesendet werden.',
  hearsPhrases: 'Offline: versteht einige vorbereitete Sätze und liest, was Sie schreiben.',
  hearsNothing:
    'Offline: merkt, dass Sie sprechen, versteht aber keine Sprache. Bitte schreiben Sie.',
  states: {
    connecting: 'Verbindet',
    listening: 'Hört zu',
    thinking: 'Denkt nach',
    speaking: 'Spricht',
    ended: 'Beendet',
  },
  tools: {
    running: (name) => `${name} läuft …`,
    done: (name) => `${name} ausgeführt`,
    failed: (name) => `${name} hat nicht geklappt`,
  },
  problems: {
    '42001':
      'Das Mikrofon ist nicht erlaubt. Erlauben Sie es im Browser und versuchen Sie es noch einmal.',
    '42002': 'Es wurde kein Mikrofon gefunden.',
    '42003': 'Das Mikrofon konnte nicht geöffnet werden.',
    '45001': 'Der Assistent ist nicht erreichbar.',
    '45003': 'Der Assistent ist nicht erreichbar.',
    '46001': 'Der Assistent nimmt dieses Gespräch nicht an.',
    '10007': 'Dieses Gespräch gibt es nicht mehr.',
    failed: 'Der Assistent ist nicht erreichbar.',
    busy: 'Alle Leitungen sind belegt. Bitte versuchen Sie es gleich noch einmal.',
    engine_unavailable: 'Der Assistent ist gerade außer Betrieb.',
    engine_lost: 'Der Assistent ist nicht mehr da.',
    time_limit: 'Die Zeit für ein Gespräch ist um.',
  },
};

const LANGUAGES: Readonly<Record<string, AssistantTexts>> = { en, de };

/** The texts of the first language that there is (`de-AT` takes `de`), else English; `own` goes above them. */
export function textsFor(
  languages: readonly (string | null | undefined)[],
  own: Partial<AssistantTexts> = {},
): AssistantTexts {
  return { ...(inLanguage(LANGUAGES, languages) ?? en), ...own };
}
