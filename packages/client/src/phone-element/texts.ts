import { inLanguage } from '../languages.ts';
import type { Ending, PhoneCallStatus, PhoneStatus, QualityHint } from './phone-state.ts';

/** Every word of the element. A language that lacks one does not compile. */
export interface PhoneTexts {
  readonly phone: string;
  readonly status: Readonly<Record<PhoneStatus, string>>;
  readonly number: string;
  readonly call: string;
  readonly cancel: string;
  readonly keypad: string;
  readonly backspace: string;
  readonly answer: string;
  readonly decline: string;
  readonly end: string;
  readonly mute: string;
  readonly hold: string;
  readonly transfer: string;
  readonly transferTo: string;
  readonly transferNow: string;
  readonly transferring: string;
  readonly connectWith: (who: string) => string;
  readonly settings: string;
  readonly microphone: string;
  readonly speaker: string;
  readonly ringer: string;
  readonly ringerOff: string;
  readonly system: string;
  readonly unnamed: (place: number) => string;
  readonly showNames: string;
  readonly dismiss: string;
  readonly tryAgain: string;
  readonly unknown: string;
  readonly calls: string;
  readonly states: Readonly<Record<Exclude<PhoneCallStatus, 'ended'>, string>>;
  readonly remoteHeld: string;
  readonly remoteAway: string;
  readonly endings: Readonly<Record<Ending, string>>;
  readonly hints: Readonly<Record<QualityHint, string>>;
  /** By a problem's code; one that is not here shows `failed`. */
  readonly problems: ProblemTexts;
}

/** Words of a page's own, in place of the element's. */
export interface OwnPhoneTexts extends Partial<Omit<PhoneTexts, 'problems'>> {
  readonly problems?: Partial<ProblemTexts>;
}

/** Problems by code, in English. */
const PROBLEMS = {
  failed: 'Something went wrong. Please try again.',
  40004: 'The two phones could not agree on a connection. Please call again.',
  40005: 'The call could not be placed. Please try again.',
  42001:
    'The microphone is not allowed. Allow it in the address bar of your browser, then try again.',
  42002: 'No microphone was found. Connect one, then try again.',
  42003: 'The microphone could not be opened. Close other programs that use it, then try again.',
  44001: 'The call could not be put on hold. Please try again.',
  45001: 'The phone service cannot be reached.',
  45003: 'The connection could not be restored.',
  46001: 'The sign-in was refused.',
  46002: 'The sign-in is incomplete.',
  46003: 'The sign-in has expired.',
  48501: 'The call could not be resumed. Please call again.',
  49001: 'The digits could not be sent.',
  transfer_busy: 'Not transferred: busy.',
  transfer_declined: 'Not transferred: the call was declined.',
  transfer_no_answer: 'Not transferred: no answer.',
  transfer_not_found: 'Not transferred: there is no such number.',
  transfer_unavailable: 'Not transferred: not available right now.',
  transfer_not_allowed: 'Not transferred: you may not call this number.',
  transfer_no_codec: 'Not transferred: no common audio format.',
  transfer_in_progress: 'Another transfer is still under way.',
  transfer_unsupported: 'This phone service cannot transfer calls.',
  transfer_invalid: 'Not transferred: this is no number.',
  transfer_call_ended: 'Not transferred: the call is over.',
  transfer_failed: 'The call was not transferred.',
  setup_host: 'This phone is not set up: its “host” is not the address of a phone service.',
  setup_credentials:
    'This phone is not set up: it needs either “login” and “password”, or “login-token”, or “token-url”.',
  setup_password: 'This phone is not set up: “login” needs a “password”.',
  setup_login: 'This phone is not set up: “password” needs a “login”.',
  setup_token_url: 'This phone is not set up: its “token-url” is no address.',
  setup_theme: 'This phone is not set up: “theme” is “light” or “dark”.',
};

/** Of a problem that has no words of its own: `failed`. */
type ProblemTexts = Readonly<Record<keyof typeof PROBLEMS, string>>;

const en: PhoneTexts = {
  phone: 'Phone',
  status: {
    off: 'Signed out',
    connecting: 'Connecting…',
    ready: 'Ready',
    reconnecting: 'Reconnecting…',
    failed: 'Not connected',
  },
  number: 'Number or name',
  call: 'Call',
  cancel: 'Cancel',
  keypad: 'Keypad',
  backspace: 'Delete last digit',
  answer: 'Answer',
  decline: 'Decline',
  end: 'End',
  mute: 'Mute',
  hold: 'Hold',
  transfer: 'Transfer',
  transferTo: 'Transfer to',
  transferNow: 'Transfer now',
  transferring: 'Transferring…',
  connectWith: (who) => `Connect with ${who}`,
  settings: 'Settings',
  microphone: 'Microphone',
  speaker: 'Speaker',
  ringer: 'Ringing',
  ringerOff: 'Off',
  system: 'System default',
  unnamed: (place) => `Device ${place}`,
  showNames: 'Show all devices',
  dismiss: 'Dismiss',
  tryAgain: 'Try again',
  unknown: 'Unknown number',
  calls: 'Calls',
  states: {
    calling: 'Calling…',
    ringing: 'Ringing…',
    incoming: 'Incoming call',
    answering: 'Connecting…',
    active: 'Connected',
    held: 'On hold',
    recovering: 'Reconnecting…',
  },
  remoteHeld: 'You are on hold',
  remoteAway: 'The other side lost its connection',
  endings: {
    ended: 'Call ended',
    missed: 'Missed call',
    declined: 'Declined',
    elsewhere: 'Answered on another device',
    cancelled: 'Cancelled',
    busy: 'Busy',
    rejected: 'The call was declined',
    noAnswer: 'No answer',
    noSuchNumber: 'No such number',
    noRoute: 'Cannot be reached from here',
    absent: 'Not available right now',
    noCodec: 'The two phones have no common audio format',
    congestion: 'All lines are busy',
    lost: 'Connection lost',
    failed: 'The call failed',
  },
  hints: {
    slow: 'Slow connection',
    unsteady: 'Unsteady connection',
    poor: 'Poor sound quality',
    notHeard: 'Your microphone is silent',
    nothingHeard: 'No sound from the other side',
  },
  problems: PROBLEMS,
};

const de: PhoneTexts = {
  phone: 'Telefon',
  status: {
    off: 'Abgemeldet',
    connecting: 'Verbinden …',
    ready: 'Bereit',
    reconnecting: 'Neu verbinden …',
    failed: 'Nicht verbunden',
  },
  number: 'Nummer oder Name',
  call: 'Anrufen',
  cancel: 'Abbrechen',
  keypad: 'Tasten',
  backspace: 'Letzte Ziffer löschen',
  answer: 'Annehmen',
  decline: 'Ablehnen',
  end: 'Auflegen',
  mute: 'Stumm',
  hold: 'Halten',
  transfer: 'Übergeben',
  transferTo: 'Übergeben an',
  transferNow: 'Jetzt übergeben',
  transferring: 'Wird übergeben …',
  connectWith: (who) => `Mit ${who} verbinden`,
  settings: 'Einstellungen',
  microphone: 'Mikrofon',
  speaker: 'Lautsprecher',
  ringer: 'Klingeln',
  ringerOff: 'Aus',
  system: 'Wie im System',
  unnamed: (place) => `Gerät ${place}`,
  showNames: 'Alle Geräte zeigen',
  dismiss: 'Schließen',
  tryAgain: 'Noch einmal versuchen',
  unknown: 'Unbekannte Nummer',
  calls: 'Anrufe',
  states: {
    calling: 'Ruft an …',
    ringing: 'Es klingelt …',
    incoming: 'Eingehender Anruf',
    answering: 'Verbinden …',
    active: 'Verbunden',
    held: 'Gehalten',
    recovering: 'Neu verbinden …',
  },
  remoteHeld: 'Sie werden gehalten',
  remoteAway: 'Die Gegenseite hat keine Verbindung mehr',
  endings: {
    ended: 'Anruf beendet',
    missed: 'Verpasster Anruf',
    declined: 'Abgelehnt',
    elsewhere: 'An einem anderen Gerät angenommen',
    cancelled: 'Abgebrochen',
    busy: 'Besetzt',
    rejected: 'Der Anruf wurde abgelehnt',
    noAnswer: 'Keine Antwort',
    noSuchNumber: 'Kein Anschluss unter dieser Nummer',
    noRoute: 'Von hier nicht erreichbar',
    absent: 'Zurzeit nicht erreichbar',
    noCodec: 'Die beiden Telefone haben kein gemeinsames Tonformat',
    congestion: 'Alle Leitungen sind belegt',
    lost: 'Verbindung verloren',
    failed: 'Der Anruf ist fehlgeschlagen',
  },
  hints: {
    slow: 'Langsame Verbindung',
    unsteady: 'Unruhige Verbindung',
    poor: 'Schlechte Tonqualität',
    notHeard: 'Ihr Mikrofon ist still',
    nothingHeard: 'Kein Ton von der Gegenseite',
  },
  problems: {
    failed: 'Etwas ist schiefgegangen. Bitte versuchen Sie es noch einmal.',
    40004: 'Die beiden Telefone konnten sich nicht einigen. Bitte rufen Sie noch einmal an.',
    40005: 'Der Anruf kam nicht zustande. Bitte versuchen Sie es noch einmal.',
    42001:
      'Das Mikrofon ist nicht erlaubt. Erlauben Sie es in der Adresszeile des Browsers und versuchen Sie es noch einmal.',
    42002:
      'Es wurde kein Mikrofon gefunden. Schließen Sie eines an und versuchen Sie es noch einmal.',
    42003:
      'Das Mikrofon konnte nicht geöffnet werden. Schließen Sie andere Programme, die es benutzen.',
    44001: 'Der Anruf konnte nicht gehalten werden. Bitte versuchen Sie es noch einmal.',
    45001: 'Der Telefondienst ist nicht erreichbar.',
    45003: 'Die Verbindung konnte nicht wiederhergestellt werden.',
    46001: 'Die Anmeldung wurde abgelehnt.',
    46002: 'Die Anmeldung ist unvollständig.',
    46003: 'Die Anmeldung ist abgelaufen.',
    48501: 'Der Anruf konnte nicht fortgesetzt werden. Bitte rufen Sie noch einmal an.',
    49001: 'Die Ziffern konnten nicht gesendet werden.',
    transfer_busy: 'Nicht übergeben: besetzt.',
    transfer_declined: 'Nicht übergeben: Der Anruf wurde abgelehnt.',
    transfer_no_answer: 'Nicht übergeben: keine Antwort.',
    transfer_not_found: 'Nicht übergeben: Diese Nummer gibt es nicht.',
    transfer_unavailable: 'Nicht übergeben: zurzeit nicht erreichbar.',
    transfer_not_allowed: 'Nicht übergeben: Diese Nummer dürfen Sie nicht anrufen.',
    transfer_no_codec: 'Nicht übergeben: kein gemeinsames Tonformat.',
    transfer_in_progress: 'Eine andere Übergabe läuft noch.',
    transfer_unsupported: 'Dieser Telefondienst kann Anrufe nicht übergeben.',
    transfer_invalid: 'Nicht übergeben: Das ist keine Nummer.',
    transfer_call_ended: 'Nicht übergeben: Der Anruf ist vorbei.',
    transfer_failed: 'Der Anruf wurde nicht übergeben.',
    setup_host:
      'Dieses Telefon ist nicht eingerichtet: „host“ ist nicht die Adresse eines Telefondienstes.',
    setup_credentials:
      'Dieses Telefon ist nicht eingerichtet: Es braucht entweder „login“ und „password“ oder „login-token“ oder „token-url“.',
    setup_password: 'Dieses Telefon ist nicht eingerichtet: Zu „login“ fehlt „password“.',
    setup_login: 'Dieses Telefon ist nicht eingerichtet: Zu „password“ fehlt „login“.',
    setup_token_url: 'Dieses Telefon ist nicht eingerichtet: „token-url“ ist keine Adresse.',
    setup_theme: 'Dieses Telefon ist nicht eingerichtet: „theme“ ist „light“ oder „dark“.',
  },
};

const LANGUAGES: Readonly<Record<string, PhoneTexts>> = { en, de };

/** The texts of the first language that there is (`de-AT` takes `de`), else English; `own` goes above them. */
export function phoneTexts(
  languages: readonly (string | null | undefined)[],
  own: OwnPhoneTexts = {},
): PhoneTexts {
  const texts = inLanguage(LANGUAGES, languages) ?? en;
  return { ...texts, ...own, problems: { ...texts.problems, ...own.problems } };
}

/** The language that {@link phoneTexts} takes of these. */
export const phoneLanguage = (languages: readonly (string | null | undefined)[]): string =>
  inLanguage({ en: 'en', de: 'de' }, languages) ?? 'en';

export function problemText({ problems }: PhoneTexts, code: number | string): string {
  return Object.hasOwn(problems, code) ? problems[code as keyof ProblemTexts] : problems.failed;
}
