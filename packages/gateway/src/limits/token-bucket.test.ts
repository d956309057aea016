import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

describe('a token bucket', () => {
  it('allows its burst at once, then its rate', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect([1, 2, 3, 4].map(() => bucket.take(1, 0))).toEqual([true, true, true, false]);
    expect(bucket.take(1, 99)).toBe(false);
    expect(bucket.take(1, 100)).toBe(true);
    expect(bucket.take(1, 100)).toBe(false);
  });

  it('saves up no more than its burst', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect(bucket.take(4, 3_600_000)).toBe(false);
    expect(bucket.take(3, 3_600_000)).toBe(true);
  });

  it('takes nothing when there is not enough', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect(bucket.take(10, 0)).toBe(false);
    expect(bucket.take(3, 0)).toBe(true);
  });
});
