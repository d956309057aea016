import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

describe('a time as argument', () => {
  it.each([
    ['90', 90],
    ['90s', 90],
    ['10m', 600],
    ['12h', 43_200],
    ['30d', 2_592_000],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '0s', 'soon', '-5m', '1.5h', '10 m', '1w', '9999999999s'])('%j is none', (text) => {
    expect(() => parseDuration(text)).toThrow('90s, 10m, 12h or 30d');
  });
});
