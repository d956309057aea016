// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { initials, shortNumber } from './format.ts';

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
