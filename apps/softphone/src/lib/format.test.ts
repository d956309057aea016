// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { formatDuration, formatWhen, initials, shortNumber, speakDuration } from './format.ts';

describe('durations', () => {
  it.each([
    [0, '0:00'],
    [999, '0:00'],
    [65_000, '1:05'],
    [3_723_000, '1:02:03'],
    [-5, '0:00'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it('are spoken in words', () => {
    expect(speakDuration(61_000)).toBe('1 minute 1 second');
    expect(speakDuration(7_200_000)).toBe('2 hours');
    expect(speakDuration(0)).toBe('0 seconds');
  });
});

describe('times', () => {
  it('are a clock time today, a word yesterday, else a date', () => {
    const now = new Date(2026, 4, 20, 1, 0).getTime();
    expect(formatWhen(new Date(2026, 4, 20, 0, 5).getTime(), now)).toMatch(/12:05|00:05/);
    expect(formatWhen(new Date(2026, 4, 19, 23, 55).getTime(), now)).toBe('Yesterday');
    expect(formatWhen(new Date(2026, 4, 1, 12, 0).getTime(), now)).toMatch(/1/);
  });
});

describe('names', () => {
  it('become initials; numbers have none', () => {
    expect(initials('Grace Brewster Hopper')).toBe('GH');
    expect(initials('ада')).toBe('А');
    expect(initials('+1 555 0100')).toBe('');
  });

  it('lose what only machines need', () => {
    expect(shortNumber('sip:1002@example.com')).toBe('1002');
    expect(shortNumber('+1 555 0100')).toBe('+1 555 0100');
  });
});
