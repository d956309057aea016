import type { ShownNames } from '@offhook/protocol';
import { formatDuration, shortNumber } from '../lib/format.ts';
import { formatsOf, type Formats } from '../texts/formats.ts';
import type { Language } from '../texts/language.ts';
import { qualityTexts, type QualityTexts } from '../texts/quality.ts';
import { useLanguage } from '../texts/use-texts.ts';

export type Grade = 'good' | 'fair' | 'poor' | 'none';

/** Below this a call is poor, and from the other on it is good: ITU-T G.107's classes of satisfaction, and the SDK's own warning (3.5). */
const [FAIR, GOOD] = [3.5, 4];

export function gradeOf(mos: number | null): Grade {
  if (mos === null) {
    return 'none';
  }
  if (mos >= GOOD) {
    return 'good';
  }
  return mos >= FAIR ? 'fair' : 'poor';
}

const ORDERLY: ReadonlySet<string | null> = new Set([
  null,
  'NORMAL_CLEARING',
  'NORMAL_UNSPECIFIED',
  'BLIND_TRANSFER',
  'ATTENDED_TRANSFER',
]);

/** Endings that nobody has to look into. */
export const isOrderly = (cause: string | null): boolean => ORDERLY.has(cause);

type Called = {
  readonly callee?: string | null;
  readonly destination: string;
  readonly service: string | null;
};

type Ended = Called & {
  readonly cause: string | null;
  readonly caller: string;
  readonly callerNumber: string;
  readonly answeredAt: number | null;
};

/** What the pages on calls say of measurements, times, people and endings, in one language. */
export interface Words {
  readonly t: QualityTexts;
  readonly format: Formats;
  /** `4.21` */
  readonly mos: (mos: number | null) => string;
  readonly percent: (percent: number | null) => string;
  readonly ms: (ms: number | null) => string;
  readonly duration: (ms: number | null) => string;
  /** A number with so many digits after the point. */
  readonly number: (value: number | null, digits?: number) => string;
  /** `+1.234 s` after the beginning of a call */
  readonly since: (ms: number) => string;
  /** `NO_ANSWER` → `No answer`; a cause that nobody has words for in its own. */
  readonly cause: (cause: string | null) => string;
  /** Who it is, for people: a name that is known, a visitor, or the number. */
  readonly person: (id: string, names?: ShownNames) => string;
  /** Who was called: a person, or the name of a service. */
  readonly callee: (call: Called, names?: ShownNames) => string;
  /** How a call ended, as one would say it; of what nobody has words for, the cause. */
  readonly ending: (call: Ended, names?: ShownNames) => string;
}

function wordsIn(language: Language): Words {
  const t = qualityTexts[language];
  const format = formatsOf(language);
  const given = <T>(value: T | null, text: (value: T) => string): string =>
    value === null ? t.none : text(value);

  const cause = (name: string | null): string =>
    given(name, (known) => {
      if (Object.hasOwn(t.causes, known)) {
        return t.causes[known as keyof typeof t.causes];
      }
      const words = known.replaceAll('_', ' ').toLowerCase();
      return words.charAt(0).toUpperCase() + words.slice(1);
    });

  const person = (id: string, names: ShownNames = {}): string => {
    if (id.startsWith('guest:')) {
      return t.visitor;
    }
    return Object.hasOwn(names, id) ? (names[id] ?? id) : shortNumber(id);
  };

  const callee = (call: Called, names?: ShownNames): string => {
    const service = call.service?.replace(/^assistant:/, '') ?? null;
    if (call.service !== null && service !== null) {
      return names && Object.hasOwn(names, call.service)
        ? (names[call.service] ?? service)
        : service;
    }
    return person(call.callee ?? call.destination, names);
  };

  const ending = (call: Ended, names?: ShownNames): string => {
    const { ends } = t;
    const called = callee(call, names);
    switch (call.cause) {
      case 'NORMAL_CLEARING':
        return call.answeredAt === null ? ends.beforeAnswer : ends.hungUp;
      case 'NO_ANSWER':
      case 'NO_USER_RESPONSE':
        return ends.noAnswer(called);
      case 'USER_BUSY':
        return ends.busy(called);
      case 'CALL_REJECTED':
        return ends.declined(called);
      case 'SUBSCRIBER_ABSENT':
        return ends.absent(called);
      case 'UNALLOCATED_NUMBER':
        return ends.unknownNumber(shortNumber(call.destination));
      case 'ORIGINATOR_CANCEL':
        return ends.gaveUp(person(call.caller || call.callerNumber, names));
      case 'MANAGER_REQUEST':
        return ends.byAdministrator;
      case 'MEDIA_TIMEOUT':
        return ends.noAudio;
      case 'RECOVERY_ON_TIMER_EXPIRE':
        return ends.notBack;
      case 'NORMAL_TEMPORARY_FAILURE':
        return call.service === null ? ends.atGateway : ends.failed(called);
      default:
        return cause(call.cause);
    }
  };

  return {
    t,
    format,
    mos: (mos) => given(mos, (value) => format.decimal(value, 2)),
    percent: (percent) => given(percent, format.percent),
    ms: (ms) => given(ms, format.milliseconds),
    duration: (ms) => given(ms, formatDuration),
    number: (number, digits = 0) => given(number, (value) => format.decimal(value, digits)),
    since: (ms) => {
      const sign = ms < 0 ? '−' : '';
      const seconds = Math.abs(ms) / 1000;
      return seconds < 100
        ? `${sign}${format.decimal(seconds, 3)} s`
        : `${sign}${formatDuration(seconds * 1000)}`;
    },
    cause,
    person,
    callee,
    ending,
  };
}

const made = new Map<Language, Words>();

export function wordsOf(language: Language): Words {
  const words = made.get(language) ?? wordsIn(language);
  made.set(language, words);
  return words;
}

/** The words of the language that the page is in. */
export const useWords = (): Words => wordsOf(useLanguage());
