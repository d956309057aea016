import { localeOf, type Language } from './language.ts';

/** Numbers, dates and durations as they are written in a language. */
export interface Formats {
  /** For a person who listens: `1 minute, 5 seconds` */
  readonly spokenDuration: (ms: number) => string;
  /** The time today, "yesterday", else the date */
  readonly when: (at: number, now: number) => string;
  /** `1,234` */
  readonly count: (count: number) => string;
  /** `4.21`, `4,2`: with as many digits after the point */
  readonly decimal: (value: number, digits: number) => string;
  /** `2.5 %` */
  readonly percent: (percent: number) => string;
  /** `20 ms` */
  readonly milliseconds: (ms: number) => string;
  /** A sum of durations: `4.2 h`, `12 min` */
  readonly span: (ms: number) => string;
  /** `1 May, 14:05` */
  readonly dateTime: (at: number) => string;
  /** `1 May, 14:05:09` */
  readonly exactDateTime: (at: number) => string;
  /** `14:05` */
  readonly time: (at: number) => string;
  /** `14:05:09` */
  readonly exactTime: (at: number) => string;
  /** `1 May` */
  readonly date: (at: number) => string;
  /** `Friday, 1 May 2026`, of a date without a time */
  readonly longDate: (day: Date) => string;
}

const DAY_MS = 86_400_000;

function formatsIn(locale: string): Formats {
  const dates = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, options);
    return (at: number) => format.format(at);
  };
  const unit = (name: string, display: 'short' | 'long', digits = 0) => {
    const options = { style: 'unit', unit: name, unitDisplay: display } as const;
    const format = new Intl.NumberFormat(locale, { ...options, maximumFractionDigits: digits });
    return (value: number) => format.format(value);
  };
  const day = { day: 'numeric', month: 'short' } as const;
  const clock = { hour: '2-digit', minute: '2-digit' } as const;
  const decimals = [0, 1, 2, 3].map(
    (digits) =>
      new Intl.NumberFormat(locale, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        useGrouping: true,
      }),
  );
  const decimal = (value: number, digits: number) =>
    (decimals[digits] ?? new Intl.NumberFormat(locale)).format(value);
  const spoken = [unit('hour', 'long'), unit('minute', 'long'), unit('second', 'long')] as const;
  const list = new Intl.ListFormat(locale, { type: 'unit', style: 'long' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const capital = (text: string) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
  const [date, time] = [dates(day), dates(clock)];
  const [hours, hoursAndTenths, minutes] = [
    unit('hour', 'short'),
    unit('hour', 'short', 1),
    unit('minute', 'short'),
  ];
  const longDate = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone: 'UTC' });
  return {
    spokenDuration: (ms) => {
      const seconds = Math.max(0, Math.round(ms / 1000));
      const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
      const said = parts.flatMap((value, index) =>
        value > 0 ? [spoken[index]?.(value) ?? ''] : [],
      );
      return said.length === 0 ? spoken[2](0) : list.format(said);
    },
    when: (at, now) => {
      const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);
      const days = Math.round((midnight(now) - midnight(at)) / DAY_MS);
      if (days === 0) {
        return time(at);
      }
      return days === 1 ? capital(relative.format(-1, 'day')) : date(at);
    },
    count: (count) => decimal(count, 0),
    decimal,
    percent: (percent) => `${decimal(percent, percent > 0 && percent < 10 ? 1 : 0)} %`,
    milliseconds: unit('millisecond', 'short'),
    span: (ms) => {
      const passed = ms / 3_600_000;
      if (passed >= 10) {
        return hours(passed);
      }
      return passed >= 1 ? hoursAndTenths(passed) : minutes(ms / 60_000);
    },
    dateTime: dates({ ...day, ...clock }),
    exactDateTime: dates({ ...day, ...clock, second: '2-digit' }),
    time,
    exactTime: dates({ ...clock, second: '2-digit' }),
    date,
    longDate: (at) => longDate.format(at),
  };
}

/** Making one takes milliseconds; each is made once. */
const made = new Map<string, Formats>();

/** @param tags the reader's languages, as browsers list them */
export function formatsOf(
  language: Language,
  tags: readonly string[] = navigator.languages,
): Formats {
  const locale = localeOf(language, tags);
  const formats = made.get(locale) ?? formatsIn(locale);
  made.set(locale, formats);
  return formats;
}
