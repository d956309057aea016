import type { ShownNames } from '@offhook/protocol';
import { formatDuration, shortNumber } from '../lib/format.ts';

const NONE = '–';

/** `4.21` */
export const mosText = (mos: number | null): string => (mos === null ? NONE : mos.toFixed(2));

export function percentText(percent: number | null): string {
  if (percent === null) {
    return NONE;
  }
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

export const msText = (ms: number | null): string => (ms === null ? NONE : `${Math.round(ms)} ms`);

export const durationText = (ms: number | null): string =>
  ms === null ? NONE : formatDuration(ms);

/** `1,234` in the reader's way. */
export const countText = (count: number): string => count.toLocaleString();

/** `4.2 h` of a sum of durations. */
export function spanText(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours >= 10) {
    return `${countText(Math.round(hours))} h`;
  }
  return hours >= 1 ? `${hours.toFixed(1)} h` : `${Math.round(ms / 60_000)} min`;
}

export function dateTime(at: number): string {
  return new Date(at).toLocaleString([], {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

export function shortDateTime(at: number): string {
  return new Date(at).toLocaleString([], {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** `+1.234 s` after the beginning of a call. */
export function sinceText(ms: number): string {
  const sign = ms < 0 ? '−' : '';
  const seconds = Math.abs(ms) / 1000;
  if (seconds < 100) {
    return `${sign}${seconds.toFixed(3)} s`;
  }
  const rest = Math.floor(seconds % 60);
  return `${sign}${Math.floor(seconds / 60)}:${String(rest).padStart(2, '0')}`;
}

export type Grade = 'good' | 'fair' | 'poor' | 'none';

/** The limits of ITU-T G.107's classes of satisfaction, and of the SDK's own warning (3.5). */
export function gradeOf(mos: number | null): Grade {
  if (mos === null) {
    return 'none';
  }
  if (mos >= 4) {
    return 'good';
  }
  return mos >= 3.5 ? 'fair' : 'poor';
}

export const GRADE_WORDS: Readonly<Record<Grade, string>> = {
  good: 'good',
  fair: 'fair',
  poor: 'poor',
  none: 'not measured',
};

/** `NORMAL_CLEARING` → `Normal clearing` */
export function causeText(cause: string | null): string {
  if (cause === null) {
    return NONE;
  }
  if (cause === 'LOSE_RACE') {
    return 'Answered elsewhere';
  }
  const words = cause.replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
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

/** Who it is, for people: a name that is known, a visitor, or the number. */
export function personText(id: string, names: ShownNames = {}): string {
  if (id.startsWith('guest:')) {
    return 'Visitor';
  }
  return Object.hasOwn(names, id) ? (names[id] ?? id) : shortNumber(id);
}

type Ended = Parameters<typeof calleeText>[0] & {
  readonly cause: string | null;
  readonly caller: string;
  readonly callerNumber: string;
  readonly answeredAt: number | null;
};

/** How a call ended, as one would say it; of what nobody has words for, the cause. */
export function endingText(call: Ended, names?: ShownNames): string {
  const caller = personText(call.caller || call.callerNumber, names);
  const callee = calleeText(call, names);
  switch (call.cause) {
    case 'NORMAL_CLEARING':
      return call.answeredAt === null ? 'Ended before the answer' : 'Hung up';
    case 'NO_ANSWER':
    case 'NO_USER_RESPONSE':
      return `${callee} did not answer`;
    case 'USER_BUSY':
      return `${callee} was busy`;
    case 'CALL_REJECTED':
      return `${callee} declined`;
    case 'SUBSCRIBER_ABSENT':
      return `${callee} was not signed in`;
    case 'UNALLOCATED_NUMBER':
      return `Nobody has the number ${shortNumber(call.destination)}`;
    case 'ORIGINATOR_CANCEL':
      return `${caller} gave up before the answer`;
    case 'MANAGER_REQUEST':
      return 'An administrator ended it';
    case 'MEDIA_TIMEOUT':
      return 'No more audio came';
    case 'RECOVERY_ON_TIMER_EXPIRE':
      return 'A party lost its connection and did not come back';
    case 'NORMAL_TEMPORARY_FAILURE':
      return call.service === null ? 'It failed at the gateway' : `${callee} failed`;
    default:
      return causeText(call.cause);
  }
}

/** `1002`, or the name of a service. */
export function calleeText(
  call: {
    readonly callee?: string | null;
    readonly destination: string;
    readonly service: string | null;
  },
  names?: ShownNames,
): string {
  const service = call.service?.replace(/^assistant:/, '') ?? null;
  if (call.service !== null && service !== null) {
    return names && Object.hasOwn(names, call.service) ? (names[call.service] ?? service) : service;
  }
  return personText(call.callee ?? call.destination, names);
}
