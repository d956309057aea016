import { describe, expect, it } from 'vitest';
import { RateLimit } from './rate.ts';

describe('a rate limit', () => {
  it('counts each key apart, and forgets those that were quiet longest', () => {
    let now = 0;
    const limit = new RateLimit(1, 2, () => now, 2);
    expect([limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([true, true, false]);
    expect(limit.take('b')).toBe(true);
    now = 1000;
    expect([limit.take('a'), limit.take('a')]).toEqual([true, false]);
    // A third key: `b` was quiet longer than `a`, which stays refused.
    expect(limit.take('c')).toBe(true);
    expect(limit.take('a')).toBe(false);
  });
});
