import type { Script } from '../../definition.ts';

type Slot = NonNullable<Script['form']>['slots'][number];
export type SlotValue = string | number;

const NUMBERS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];
const NUMBER_WORDS: readonly string[] = NUMBERS.slice(1);
const WEEKDAYS = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;

const MAX_TEXT = 80;

/** What a text holds for a slot; null: nothing. `asked`: it was just asked for, so a bare answer counts. */
export function parseSlot(
  slot: Slot,
  text: string,
  plain: string,
  asked: boolean,
  today: Date,
): SlotValue | null {
  switch (slot.kind) {
    case 'number':
      return parseNumber(slot, plain, asked);
    case 'date':
      return parseDate(plain, today);
    case 'text':
      return parseName(slot, text, plain, asked);
  }
}

function parseNumber({ min, max }: Slot, plain: string, asked: boolean): number | null {
  const word = `(\\d{1,3}|${NUMBER_WORDS.join('|')})`;
  // "On the 5th" is no number of people, so without having been asked the words around it count.
  const found = asked
    ? new RegExp(`^(?:for |we are |there are |it's )?${word}\\b(?! ?(?:st|nd|rd|th)\\b)`).exec(
        plain,
      )
    : new RegExp(`\\bfor ${word}\\b|\\b${word} (?:people|persons|guests|of us)\\b`).exec(plain);
  const said = found?.[1] ?? found?.[2];
  if (said === undefined) {
    return null;
  }
  const value = /^\d/.test(said) ? Number(said) : NUMBERS.indexOf(said);
  return value < (min ?? 0) || value > (max ?? 999) ? null : value;
}

function parseDate(plain: string, today: Date): string | null {
  const iso = /\b(\d{4})-(\d{2})-(\d{2})\b/.exec(plain);
  if (iso) {
    return validDate(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  }
  if (/\b(today|tonight)\b/.test(plain)) {
    return inDays(today, 0);
  }
  if (/\btomorrow\b/.test(plain)) {
    return inDays(today, 1);
  }
  const weekday = WEEKDAYS.findIndex((name) => new RegExp(`\\b${name}\\b`).test(plain));
  if (weekday !== -1) {
    return inDays(today, ((weekday - today.getDay() + 6) % 7) + 1);
  }
  const month = MONTHS.findIndex((name) => new RegExp(`\\b${name}\\b`).test(plain));
  const day = Number(/\b(\d{1,2})(?:st|nd|rd|th)?\b/.exec(plain)?.[1] ?? Number.NaN);
  if (month === -1 || Number.isNaN(day)) {
    return null;
  }
  const passed = month < today.getMonth() || (month === today.getMonth() && day < today.getDate());
  return validDate(today.getFullYear() + (passed ? 1 : 0), month, day);
}

function parseName({ known }: Slot, text: string, plain: string, asked: boolean): string | null {
  const introduced = /\b(?:my name is|i am|i'm|this is|name's|in the name of) ([\p{L}' -]{1,80})$/iu
    .exec(text.trim().replace(/[.!]+$/, ''))?.[1]
    ?.trim();
  if (introduced !== undefined && introduced !== '') {
    return introduced.slice(0, MAX_TEXT);
  }
  const familiar = known.find((name) => ` ${plain} `.includes(` ${name.toLowerCase()} `));
  if (familiar !== undefined) {
    return familiar;
  }
  // An answer of a few words is the name; a sentence is something else.
  const bare = text.trim().replace(/[.!]+$/, '');
  return asked && /^[\p{L}' -]{1,40}$/u.test(bare) && bare.split(' ').length <= 4 ? bare : null;
}

function inDays(today: Date, days: number): string {
  return iso(new Date(today.getFullYear(), today.getMonth(), today.getDate() + days));
}

function validDate(year: number, month: number, day: number): string | null {
  const date = new Date(year, month, day);
  return date.getMonth() === month && date.getDate() === day ? iso(date) : null;
}

function iso(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** As it is said: a date by its day and month. */
export function speakable(value: SlotValue): string {
  const date = typeof value === 'string' ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  if (!date) {
    return String(value);
  }
  const day = new Date(Number(date[1]), Number(date[2]) - 1, Number(date[3]));
  const weekday = WEEKDAYS[day.getDay()] ?? '';
  const month = MONTHS[day.getMonth()] ?? '';
  const upper = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
  return `${upper(weekday)}, ${upper(month)} ${String(day.getDate())}`;
}

/** What a recogniser may hear for a slot, in JSGF; '' where everything may be said. */
export function spokenForms({ kind, known }: Slot): string {
  switch (kind) {
    case 'number':
      return `[for] (${NUMBER_WORDS.join(' | ')}) [people]`;
    case 'date':
      return `[on] (today | tomorrow | ${WEEKDAYS.join(' | ')})`;
    case 'text':
      return known.length === 0 ? '' : `[my name is] (${known.join(' | ')})`;
  }
}
