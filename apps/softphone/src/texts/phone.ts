import type { ConnectionState } from '@offhook/react';
import type { TransferErrorReason } from '@offhook/client';
import type { PushErrorCode, PushState } from '@offhook/client/push';
import type { EndingId } from '../lib/causes.ts';
import type { ExplainedProblem, HintId } from '../lib/problems.ts';
import type { ShortcutId } from '../lib/shortcuts.ts';
import { all, type Catalogue } from './language.ts';

interface Explained {
  readonly title: string;
  /** What the person can do. */
  readonly advice: string;
}

/** Reasons that a transfer comes to nothing for, and that there are words for. */
export type ToldReason = Extract<
  TransferErrorReason,
  'busy' | 'declined' | 'no_answer' | 'not_found' | 'unavailable' | 'not_allowed' | 'no_codec'
>;

const en = {
  tagline: 'Phone calls in your browser',
  unknown: 'Unknown',

  signIn: {
    tryAs: 'Try it as',
    signIn: 'Sign in',
    hint: 'Sign in as both, in two tabs, and call yourself.',
    orAccount: 'or with an account',
    signingIn: 'Signing in…',
    cancel: 'Cancel',
    how: 'Sign in with',
    user: 'User name',
    password: 'Password',
    token: 'Token',
    tokenHint:
      'A JSON Web Token from whoever runs the gateway. It is kept until you close this tab.',
    advanced: 'Advanced',
    gateway: 'Gateway',
    demoFailed: 'The demo sign-in did not work',
    demoUnreachable: 'The gateway cannot be reached. Is it still running?',
    demoRefused: (status: number, reason: string) =>
      `The gateway gave no demo sign-in (${status}${reason === '' ? '' : `: ${reason}`}).`,
    badAddress: 'The gateway’s address is not valid',
    addressForm: 'Give an address such as wss://calls.example.com',
    addressWithUser: 'Leave user name and password out of the address',
    refused: 'Sign-in was refused',
    badToken: 'The token is not valid or has expired. Get a new one.',
    someone: 'Signed in',
  },

  header: {
    signedInAs: 'Signed in as',
    shortcuts: 'Keyboard shortcuts',
    settings: 'Settings',
  },
  connection: all<ConnectionState, string>({
    idle: 'Not connected',
    connecting: 'Connecting…',
    ready: 'Connected',
    reconnecting: 'Reconnecting…',
    failed: 'Offline',
    closed: 'Signed out',
  }),
  banner: {
    reconnecting: 'Reconnecting to the gateway.',
    callsGoOn: 'Your calls go on meanwhile.',
    callsWait: 'Calls can be made when it is back.',
    ended: 'The connection to the gateway has ended.',
    again: 'Connect again',
  },

  tabs: { label: 'Views', keypad: 'Keypad', calls: 'Calls', recents: 'Recents' },
  inProgress: 'in progress',
  missedCount: 'missed',

  dialer: {
    whom: 'Name or number to call',
    placeholder: 'Name or number',
    backspace: 'Delete last character',
    call: 'Call',
    waiting: 'Waiting for the gateway',
    star: 'Star',
    pound: 'Pound',
  },

  recents: {
    title: 'Recent calls',
    clear: 'Clear',
    empty: 'Calls you make and receive show up here.',
    call: 'Call',
    inbound: 'inbound',
    outbound: 'outbound',
  },

  incoming: {
    label: 'Incoming call',
    from: (party: string) => `Incoming call from ${party}`,
    answer: 'Answer',
    holdAndAnswer: 'Hold & answer',
    decline: 'Decline',
  },

  call: {
    with: (party: string) => `Call with ${party}`,
    mute: 'Mute',
    unmute: 'Unmute',
    hold: 'Hold',
    resume: 'Resume',
    keypad: 'Keypad',
    keypadFor: (party: string) => `Keypad for ${party}`,
    transfer: 'Transfer',
    end: 'End',
    cancel: 'Cancel',
    digitsSent: 'Digits sent',
    you: 'You',
    them: 'Them',
    states: {
      reconnecting: 'Reconnecting…',
      held: 'On hold',
      remoteAway: 'They are reconnecting…',
      remoteHeld: 'They put you on hold',
      muted: 'You are muted',
      active: 'In call',
      answering: 'Connecting…',
      ending: 'Ending…',
      ringing: 'Ringing…',
      calling: 'Calling…',
    },
  },

  transfer: {
    to: (party: string) => `Transfer ${party} to`,
    form: (party: string) => `Transfer ${party}`,
    go: 'Transfer',
    underWay: (to: string) => `Transferring to ${to}…`,
    takeBack: 'Take back',
    takingBack: 'Taking back…',
    join: (party: string, other: string) => `Connect ${party} with ${other}`,
    begun: (party: string, to: string) => `Transferring ${party} to ${to}`,
    done: (party: string, to: string) => `${party} was transferred to ${to}`,
    takenBack: 'The transfer was taken back.',
    failed: (why: string) => `The transfer failed: ${why}`,
    refused: (to: string, why: string) => `${to} ${why}. You are back in the call.`,
    reasons: all<ToldReason, string>({
      busy: 'is busy',
      declined: 'declined',
      no_answer: 'did not answer',
      not_found: 'is not known here',
      unavailable: 'is not signed in',
      not_allowed: 'may not be called from here',
      no_codec: 'cannot be connected with this call',
    }),
  },

  quiet: {
    yourNumber: 'Your number',
    reach: 'Others reach you here while this page is open.',
    tests: 'Test numbers',
    testLine: 'Test your line',
    services: all<'echo' | 'tone' | 'dtmf', readonly [name: string, does: string]>({
      echo: ['Echo', 'Hear yourself'],
      tone: ['Tone', 'A steady 1000 Hz'],
      dtmf: ['Read back', 'Repeats your digits'],
    }),
    callBack: 'Call back',
    callAgain: 'Call again',
  },

  /** How a call ended, and what to do where something is wrong. */
  endings: all<EndingId, Explained>({
    ended: { title: 'Call ended', advice: '' },
    elsewhere: { title: 'Answered on another device', advice: '' },
    declined: { title: 'Declined', advice: '' },
    missed: { title: 'Missed call', advice: '' },
    cancelled: { title: 'Cancelled', advice: '' },
    busy: { title: 'Busy', advice: 'Try again later.' },
    rejected: { title: 'Declined', advice: 'Try again later.' },
    noAnswer: { title: 'No answer', advice: 'Try again later.' },
    noSuchNumber: { title: 'No such number', advice: 'Check the number and call again.' },
    badNumber: { title: 'Not a valid number', advice: 'Check the number and call again.' },
    noRoute: { title: 'Cannot be reached from here', advice: 'Check the address and call again.' },
    absent: {
      title: 'Not signed in',
      advice: 'They have no phone open right now. Try again later.',
    },
    noCodec: { title: 'No common audio format', advice: 'Try another browser.' },
    congestion: { title: 'All lines are busy', advice: 'Try again in a moment.' },
    network: { title: 'Network trouble', advice: 'Try again in a moment.' },
    lost: { title: 'Connection lost', advice: 'Call again.' },
    silent: { title: 'No more sound arrived', advice: 'Check your network and call again.' },
    phoneBroke: { title: 'The other phone stopped working', advice: 'Call again.' },
    noService: { title: 'The service is not available', advice: 'Try again in a moment.' },
    failed: { title: 'Call failed', advice: 'Try again later.' },
  }),

  /** In the words of somebody who uses a phone. */
  problems: all<ExplainedProblem, Explained>({
    40004: {
      title: 'The two phones could not agree on a connection',
      advice: 'Call again. If it stays like this, try another browser.',
    },
    40005: { title: 'The call could not be placed', advice: 'Call again in a moment.' },
    42001: {
      title: 'The microphone is blocked',
      advice: 'Allow the microphone for this page in the address bar, then call again.',
    },
    42002: {
      title: 'No microphone was found',
      advice: 'Connect one, or choose another under Settings, then call again.',
    },
    42003: {
      title: 'The microphone could not be started',
      advice: 'Close other programs that use it, then call again.',
    },
    44001: { title: 'Hold did not work', advice: 'Try again.' },
    45001: {
      title: 'The gateway’s address cannot be used',
      advice: 'Check the address under “Advanced”.',
    },
    45002: {
      title: 'The gateway cannot be reached',
      advice: 'Check your network and the address under “Advanced”. Still trying…',
    },
    45003: {
      title: 'The connection could not be restored',
      advice: 'Check your network, then sign in again.',
    },
    46001: { title: 'Sign-in was refused', advice: 'Check the user name and the password.' },
    46002: {
      title: 'The sign-in is incomplete',
      advice: 'Give a user name and a password, or a token.',
    },
    46003: { title: 'The sign-in has expired', advice: 'Sign in again.' },
    48501: { title: 'The call could not be resumed', advice: 'Call again.' },
  }),
  /** A problem that has no words here: the SDK's own. */
  otherProblem: (_code: number, message: string, remedy: string): Explained => ({
    title: message,
    advice: remedy,
  }),

  /** A short word on how a call is doing. */
  hints: all<HintId, string>({
    slow: 'Slow connection',
    unsteady: 'Unsteady connection',
    poor: 'Poor sound quality',
    notHeard: 'We cannot hear your microphone',
    nothingHeard: 'No sound from the other side',
    noneArrives: 'No sound arrives',
    noneLeaves: 'No sound leaves',
    restoring: 'Restoring the sound…',
  }),

  /** Said to who listens to the page. */
  said: {
    incoming: (party: string) => `Incoming call from ${party}`,
    calling: (party: string) => `Calling ${party}`,
    ringing: (party: string) => `${party}: ringing`,
    connected: (party: string) => `Connected with ${party}`,
    nowWith: (party: string) => `Now with ${party}`,
    held: (party: string) => `${party} is on hold`,
    resumed: (party: string) => `Back with ${party}`,
    away: (party: string) => `${party} lost the connection`,
    back: (party: string) => `${party} is back`,
    heldByThem: (party: string) => `${party} put you on hold`,
    muted: 'Microphone muted',
    unmuted: 'Microphone on',
    reconnecting: (party: string) => `Call with ${party} is reconnecting`,
    ended: (party: string, how: string, duration: string | null, advice: string) =>
      `${party}: ${how}${duration === null ? '' : ` after ${duration}`}. ${advice}`,
    online: 'Connected',
    offline: 'Connection lost. Reconnecting.',
  },

  title: {
    calling: (party: string) => `${party} is calling`,
    inCall: (party: string) => `In call with ${party}`,
  },

  settings: {
    title: 'Settings',
    sound: 'Sound',
    deviceFailed: 'The device could not be used',
    deviceNames: 'Your browser shows device names once it may use the microphone.',
    allow: 'Allow',
    microphone: 'Microphone',
    speaker: 'Speaker',
    systemDefault: 'System default',
    appearance: 'Appearance',
    colours: 'Colours',
    light: 'Light',
    dark: 'Dark',
    keyboard: 'Keyboard',
    singleKeys: 'Single-key shortcuts',
    singleKeysHint: 'Press ? anywhere to see them',
    closedPages: 'Closed pages',
    push: 'Ring while the phone is closed',
    pushHints: all<PushState, string>({
      on: 'This browser shows a notification when somebody calls',
      off: 'Your browser will ask whether it may show notifications',
      denied: 'Notifications of this page are blocked in your browser’s settings',
      unsupported: 'This browser cannot do it here',
    }),
    pushFailed: 'This browser will not ring while the phone is closed',
    pushFailures: all<PushErrorCode, string>({
      unsupported: 'This browser cannot do it here.',
      denied: 'Allow notifications of this page in your browser’s settings.',
      gateway_off: 'The gateway wakes no browsers. Its operator can change that.',
      refused: 'The gateway refused. Sign in again.',
      unreachable: 'The gateway cannot be reached. Try again.',
      no_subscription: 'The browser’s push service does not answer. Try again later.',
    }),
    test: 'Test microphone',
    stopTest: 'Stop test',
    heard: 'We hear you.',
    saySomething: 'Say something…',
    testFailed: 'The microphone could not be opened. Allow it for this page and try again.',
  },

  shortcuts: {
    title: 'Keyboard shortcuts',
    off: 'They are switched off under Settings.',
    digits: 'Type a number, or send tones while a call’s keypad is open',
    enter: 'Call what is in the number field',
    escape: 'Close this window',
    does: all<ShortcutId, string>({
      answer: 'Answer the incoming call',
      decline: 'Decline the incoming call',
      mute: 'Mute or unmute the current call',
      hold: 'Hold or resume the current call',
      keypad: 'Show the keypad of the current call',
      transfer: 'Transfer the current call',
      hangup: 'End the current call',
      dial: 'Go to the number field',
      help: 'Show this list',
    }),
  },
};

export type PhoneTexts = typeof en;

const de: PhoneTexts = {
  tagline: 'Telefonieren im Browser',
  unknown: 'Unbekannt',

  signIn: {
    tryAs: 'Ausprobieren als',
    signIn: 'Anmelden',
    hint: 'Melden Sie sich in zwei Tabs als beide an und rufen Sie sich selbst an.',
    orAccount: 'oder mit einem Konto',
    signingIn: 'Anmeldung läuft …',
    cancel: 'Abbrechen',
    how: 'Anmelden mit',
    user: 'Benutzername',
    password: 'Passwort',
    token: 'Token',
    tokenHint:
      'Ein JSON Web Token vom Betreiber des Gateways. Es bleibt gespeichert, bis Sie diesen Tab schließen.',
    advanced: 'Erweitert',
    gateway: 'Gateway',
    demoFailed: 'Die Demo-Anmeldung hat nicht geklappt',
    demoUnreachable: 'Das Gateway ist nicht erreichbar. Läuft es noch?',
    demoRefused: (status, reason) =>
      `Das Gateway hat die Demo-Anmeldung abgelehnt (${status}${reason === '' ? '' : `: ${reason}`}).`,
    badAddress: 'Die Adresse des Gateways ist ungültig',
    addressForm: 'Geben Sie eine Adresse wie wss://calls.example.com an',
    addressWithUser: 'Geben Sie die Adresse ohne Benutzername und Passwort an',
    refused: 'Anmeldung abgelehnt',
    badToken: 'Das Token ist ungültig oder abgelaufen. Holen Sie ein neues.',
    someone: 'Angemeldet',
  },

  header: {
    signedInAs: 'Angemeldet als',
    shortcuts: 'Tastenkürzel',
    settings: 'Einstellungen',
  },
  connection: {
    idle: 'Nicht verbunden',
    connecting: 'Verbinden …',
    ready: 'Verbunden',
    reconnecting: 'Neu verbinden …',
    failed: 'Offline',
    closed: 'Abgemeldet',
  },
  banner: {
    reconnecting: 'Die Verbindung zum Gateway wird wiederhergestellt.',
    callsGoOn: 'Ihre Anrufe laufen weiter.',
    callsWait: 'Danach können Sie wieder telefonieren.',
    ended: 'Die Verbindung zum Gateway ist beendet.',
    again: 'Neu verbinden',
  },

  tabs: { label: 'Ansichten', keypad: 'Tasten', calls: 'Anrufe', recents: 'Verlauf' },
  inProgress: 'laufend',
  missedCount: 'verpasst',

  dialer: {
    whom: 'Name oder Nummer',
    placeholder: 'Name oder Nummer',
    backspace: 'Letztes Zeichen löschen',
    call: 'Anrufen',
    waiting: 'Warten auf das Gateway',
    star: 'Stern',
    pound: 'Raute',
  },

  recents: {
    title: 'Letzte Anrufe',
    clear: 'Leeren',
    empty: 'Hier stehen Ihre Anrufe.',
    call: 'Anrufen:',
    inbound: 'eingehend',
    outbound: 'ausgehend',
  },

  incoming: {
    label: 'Eingehender Anruf',
    from: (party) => `Eingehender Anruf von ${party}`,
    answer: 'Annehmen',
    holdAndAnswer: 'Halten & annehmen',
    decline: 'Ablehnen',
  },

  call: {
    with: (party) => `Anruf mit ${party}`,
    mute: 'Stumm',
    unmute: 'Ton an',
    hold: 'Halten',
    resume: 'Weiter',
    keypad: 'Tasten',
    keypadFor: (party) => `Tasten für ${party}`,
    transfer: 'Übergeben',
    end: 'Auflegen',
    cancel: 'Abbrechen',
    digitsSent: 'Gesendete Ziffern',
    you: 'Sie',
    them: 'Gegenüber',
    states: {
      reconnecting: 'Neu verbinden …',
      held: 'Gehalten',
      remoteAway: 'Gegenseite verbindet neu …',
      remoteHeld: 'Sie werden gehalten',
      muted: 'Sie sind stumm',
      active: 'Im Gespräch',
      answering: 'Verbinden …',
      ending: 'Wird beendet …',
      ringing: 'Es klingelt …',
      calling: 'Ruft an …',
    },
  },

  transfer: {
    to: (party) => `${party} übergeben an`,
    form: (party) => `${party} übergeben`,
    go: 'Übergeben',
    underWay: (to) => `Wird an ${to} übergeben …`,
    takeBack: 'Zurückholen',
    takingBack: 'Wird zurückgeholt …',
    join: (party, other) => `${party} mit ${other} verbinden`,
    begun: (party, to) => `${party} wird an ${to} übergeben`,
    done: (party, to) => `${party} wurde an ${to} übergeben`,
    takenBack: 'Die Übergabe wurde zurückgenommen.',
    failed: (why) => `Die Übergabe ist fehlgeschlagen: ${why}`,
    refused: (to, why) => `${to} ${why}. Sie sind wieder im Gespräch.`,
    reasons: {
      busy: 'ist besetzt',
      declined: 'hat abgelehnt',
      no_answer: 'hat nicht geantwortet',
      not_found: 'ist hier nicht bekannt',
      unavailable: 'ist nicht angemeldet',
      not_allowed: 'darf von hier nicht angerufen werden',
      no_codec: 'kann mit diesem Anruf nicht verbunden werden',
    },
  },

  quiet: {
    yourNumber: 'Ihre Nummer',
    reach: 'Hier sind Sie erreichbar, solange diese Seite offen ist.',
    tests: 'Testnummern',
    testLine: 'Leitung testen',
    services: {
      echo: ['Echo', 'Sich selbst hören'],
      tone: ['Ton', 'Gleichmäßig 1000 Hz'],
      dtmf: ['Ziffern', 'Spricht sie nach'],
    },
    callBack: 'Zurückrufen',
    callAgain: 'Noch einmal anrufen',
  },

  endings: {
    ended: { title: 'Anruf beendet', advice: '' },
    elsewhere: { title: 'An einem anderen Gerät angenommen', advice: '' },
    declined: { title: 'Abgelehnt', advice: '' },
    missed: { title: 'Verpasster Anruf', advice: '' },
    cancelled: { title: 'Abgebrochen', advice: '' },
    busy: { title: 'Besetzt', advice: 'Versuchen Sie es später noch einmal.' },
    rejected: { title: 'Abgelehnt', advice: 'Versuchen Sie es später noch einmal.' },
    noAnswer: { title: 'Keine Antwort', advice: 'Versuchen Sie es später noch einmal.' },
    noSuchNumber: {
      title: 'Nummer nicht vergeben',
      advice: 'Prüfen Sie die Nummer und rufen Sie noch einmal an.',
    },
    badNumber: {
      title: 'Keine gültige Nummer',
      advice: 'Prüfen Sie die Nummer und rufen Sie noch einmal an.',
    },
    noRoute: {
      title: 'Von hier nicht erreichbar',
      advice: 'Prüfen Sie die Adresse und rufen Sie noch einmal an.',
    },
    absent: {
      title: 'Nicht angemeldet',
      advice: 'Dort ist gerade kein Telefon offen. Versuchen Sie es später noch einmal.',
    },
    noCodec: {
      title: 'Kein gemeinsames Tonformat',
      advice: 'Versuchen Sie es mit einem anderen Browser.',
    },
    congestion: {
      title: 'Alle Leitungen sind belegt',
      advice: 'Versuchen Sie es gleich noch einmal.',
    },
    network: { title: 'Netzwerkproblem', advice: 'Versuchen Sie es gleich noch einmal.' },
    lost: { title: 'Verbindung verloren', advice: 'Rufen Sie noch einmal an.' },
    silent: {
      title: 'Es kam kein Ton mehr an',
      advice: 'Prüfen Sie Ihr Netzwerk und rufen Sie noch einmal an.',
    },
    phoneBroke: {
      title: 'Das andere Telefon ist ausgefallen',
      advice: 'Rufen Sie noch einmal an.',
    },
    noService: {
      title: 'Der Dienst ist nicht verfügbar',
      advice: 'Versuchen Sie es gleich noch einmal.',
    },
    failed: { title: 'Anruf fehlgeschlagen', advice: 'Versuchen Sie es später noch einmal.' },
  },

  problems: {
    40004: {
      title: 'Die beiden Telefone konnten sich nicht einigen',
      advice: 'Rufen Sie noch einmal an. Bleibt es dabei, nehmen Sie einen anderen Browser.',
    },
    40005: { title: 'Der Anruf kam nicht zustande', advice: 'Rufen Sie gleich noch einmal an.' },
    42001: {
      title: 'Das Mikrofon ist gesperrt',
      advice: 'Erlauben Sie es dieser Seite in der Adresszeile und rufen Sie noch einmal an.',
    },
    42002: {
      title: 'Kein Mikrofon gefunden',
      advice:
        'Schließen Sie eines an oder wählen Sie ein anderes unter „Einstellungen“ und rufen Sie noch einmal an.',
    },
    42003: {
      title: 'Das Mikrofon lässt sich nicht öffnen',
      advice: 'Schließen Sie andere Programme, die es benutzen, und rufen Sie noch einmal an.',
    },
    44001: { title: 'Halten hat nicht geklappt', advice: 'Versuchen Sie es noch einmal.' },
    45001: {
      title: 'Die Adresse des Gateways ist unbrauchbar',
      advice: 'Prüfen Sie die Adresse unter „Erweitert“.',
    },
    45002: {
      title: 'Das Gateway ist nicht erreichbar',
      advice:
        'Prüfen Sie Ihr Netzwerk und die Adresse unter „Erweitert“. Es wird weiter versucht …',
    },
    45003: {
      title: 'Die Verbindung ließ sich nicht wiederherstellen',
      advice: 'Prüfen Sie Ihr Netzwerk und melden Sie sich neu an.',
    },
    46001: { title: 'Anmeldung abgelehnt', advice: 'Prüfen Sie Benutzername und Passwort.' },
    46002: {
      title: 'Die Anmeldung ist unvollständig',
      advice: 'Geben Sie Benutzername und Passwort an oder ein Token.',
    },
    46003: { title: 'Die Anmeldung ist abgelaufen', advice: 'Melden Sie sich neu an.' },
    48501: {
      title: 'Der Anruf ließ sich nicht fortsetzen',
      advice: 'Rufen Sie noch einmal an.',
    },
  },
  otherProblem: (code, message) => ({
    title: 'Das hat nicht geklappt',
    advice: `Meldung ${code}: ${message}`,
  }),

  hints: {
    slow: 'Langsame Verbindung',
    unsteady: 'Unruhige Verbindung',
    poor: 'Schlechte Tonqualität',
    notHeard: 'Ihr Mikrofon ist nicht zu hören',
    nothingHeard: 'Kein Ton von der Gegenseite',
    noneArrives: 'Es kommt kein Ton an',
    noneLeaves: 'Ihr Ton geht nicht hinaus',
    restoring: 'Ton wird wiederhergestellt …',
  },

  said: {
    incoming: (party) => `Eingehender Anruf von ${party}`,
    calling: (party) => `${party} wird angerufen`,
    ringing: (party) => `${party}: Es klingelt`,
    connected: (party) => `Verbunden mit ${party}`,
    nowWith: (party) => `Jetzt mit ${party}`,
    held: (party) => `${party} wird gehalten`,
    resumed: (party) => `Wieder mit ${party}`,
    away: (party) => `${party} hat die Verbindung verloren`,
    back: (party) => `${party} ist wieder da`,
    heldByThem: (party) => `${party} hält Sie`,
    muted: 'Mikrofon stumm',
    unmuted: 'Mikrofon an',
    reconnecting: (party) => `Der Anruf mit ${party} wird neu verbunden`,
    ended: (party, how, duration, advice) =>
      `${party}: ${how}${duration === null ? '' : ` nach ${duration}`}. ${advice}`,
    online: 'Verbunden',
    offline: 'Verbindung verloren. Sie wird wiederhergestellt.',
  },

  title: {
    calling: (party) => `${party} ruft an`,
    inCall: (party) => `Im Gespräch mit ${party}`,
  },

  settings: {
    title: 'Einstellungen',
    sound: 'Ton',
    deviceFailed: 'Das Gerät lässt sich nicht benutzen',
    deviceNames: 'Ihr Browser zeigt Gerätenamen, sobald er das Mikrofon benutzen darf.',
    allow: 'Erlauben',
    microphone: 'Mikrofon',
    speaker: 'Lautsprecher',
    systemDefault: 'Wie im System',
    appearance: 'Aussehen',
    colours: 'Farben',
    light: 'Hell',
    dark: 'Dunkel',
    keyboard: 'Tastatur',
    singleKeys: 'Kürzel mit einer Taste',
    singleKeysHint: 'Mit ? sehen Sie alle',
    closedPages: 'Geschlossene Seiten',
    push: 'Klingeln, während das Telefon geschlossen ist',
    pushHints: {
      on: 'Dieser Browser zeigt eine Benachrichtigung, wenn jemand anruft',
      off: 'Ihr Browser fragt, ob er Benachrichtigungen zeigen darf',
      denied: 'Benachrichtigungen dieser Seite sind in den Einstellungen Ihres Browsers gesperrt',
      unsupported: 'Dieser Browser kann das hier nicht',
    },
    pushFailed: 'Dieser Browser klingelt nicht, während das Telefon geschlossen ist',
    pushFailures: {
      unsupported: 'Dieser Browser kann das hier nicht.',
      denied: 'Erlauben Sie Benachrichtigungen dieser Seite in den Einstellungen Ihres Browsers.',
      gateway_off: 'Das Gateway weckt keine Browser. Sein Betreiber kann das ändern.',
      refused: 'Das Gateway hat abgelehnt. Melden Sie sich neu an.',
      unreachable: 'Das Gateway ist nicht erreichbar. Versuchen Sie es noch einmal.',
      no_subscription:
        'Der Push-Dienst des Browsers antwortet nicht. Versuchen Sie es später noch einmal.',
    },
    test: 'Mikrofon testen',
    stopTest: 'Test beenden',
    heard: 'Wir hören Sie.',
    saySomething: 'Sagen Sie etwas …',
    testFailed:
      'Das Mikrofon lässt sich nicht öffnen. Erlauben Sie es dieser Seite und versuchen Sie es noch einmal.',
  },

  shortcuts: {
    title: 'Tastenkürzel',
    off: 'Sie sind unter „Einstellungen“ ausgeschaltet.',
    digits: 'Nummer eingeben; bei offenen Tasten eines Anrufs Töne senden',
    enter: 'Die eingegebene Nummer anrufen',
    escape: 'Dieses Fenster schließen',
    does: {
      answer: 'Anruf annehmen',
      decline: 'Anruf ablehnen',
      mute: 'Mikrofon stumm schalten oder einschalten',
      hold: 'Anruf halten oder fortsetzen',
      keypad: 'Tasten des Anrufs zeigen',
      transfer: 'Anruf übergeben',
      hangup: 'Auflegen',
      dial: 'Zum Nummernfeld',
      help: 'Diese Liste zeigen',
    },
  },
};

export const phoneTexts: Catalogue<PhoneTexts> = { en, de };
