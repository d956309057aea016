// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { formatDuration } from '../lib/format.ts';
import { formatsOf } from './formats.ts';
import { languageOf, localeOf } from './language.ts';

const en = formatsOf('en', ['en-GB']);
const de = formatsOf('de', ['en-GB']);
/** Without the kinds of spaces. */
const plain = (text: string) => text.replaceAll(/\s/g, ' ');

describe('the language', () => {
  it.each([
    [['de-AT', 'en'], 'de'],
    [['fr', 'de', 'en'], 'de'],
    [['en-GB', 'de'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ] as const)('of a browser with %j is %s', (tags, language) => {
    expect(languageOf(tags)).toBe(language);
  });

  it('is written as in the reader’s country', () => {
    expect(localeOf('de', ['en-GB', 'de-CH'])).toBe('de-CH');
    expect(localeOf('de', ['en-GB'])).toBe('de');
    expect(plain(formatsOf('de', ['de-AT']).count(12_345))).toBe('12 345');
  });
});

describe('durations', () => {
  it.each([
    [0, '0:00'],
    [999, '0:00'],
    [65_000, '1:05'],
    [3_723_000, '1:02:03'],
    [-5, '0:00'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    [61_000, '1 minute, 1 second', '1 Minute, 1 Sekunde'],
    [7_200_000, '2 hours', '2 Stunden'],
    [0, '0 seconds', '0 Sekunden'],
  ])('%d ms is spoken as: %s; %s', (ms, english, german) => {
    expect(en.spokenDuration(ms)).toBe(english);
    expect(de.spokenDuration(ms)).toBe(german);
  });

  it.each([
    [720_000, '12 mins', '12 Min.'],
    [15_120_000, '4.2 hrs', '4,2 Std.'],
    [72_000_000, '20 hrs', '20 Std.'],
  ])('%d ms of talk are: %s; %s', (ms, english, german) => {
    expect(plain(en.span(ms))).toBe(english);
    expect(plain(de.span(ms))).toBe(german);
  });
});

describe('times', () => {
  it('are a clock time today, a word yesterday, else a date', () => {
    const now = new Date(2026, 4, 20, 1, 0).getTime();
    const night = new Date(2026, 4, 20, 0, 5).getTime();
    const yesterday = new Date(2026, 4, 19, 23, 55).getTime();
    const earlier = new Date(2026, 4, 1, 12, 0).getTime();
    expect([night, yesterday, earlier].map((at) => en.when(at, now))).toEqual([
      '00:05',
      'Yesterday',
      '1 May',
    ]);
    expect([night, yesterday, earlier].map((at) => de.when(at, now))).toEqual([
      '00:05',
      'Gestern',
      '1. Mai',
    ]);
  });
});

describe('numbers', () => {
  it('have the point or the comma of the language', () => {
    expect([en.count(1234), de.count(1234)]).toEqual(['1,234', '1.234']);
    expect([en.decimal(4.2, 2), de.decimal(4.2, 2)]).toEqual(['4.20', '4,20']);
    expect([en.percent(2.5), de.percent(2.5)].map(plain)).toEqual(['2.5 %', '2,5 %']);
    expect([en.percent(0), en.percent(42.4)].map(plain)).toEqual(['0 %', '42 %']);
    expect([en.milliseconds(20.4), de.milliseconds(20.4)].map(plain)).toEqual(['20 ms', '20 ms']);
  });
});
