import { describe, expect, it } from 'vitest';
import { KeyedBuckets } from './keyed-buckets.ts';

describe('buckets by key', () => {
  it('count each key apart, and forget those that were quiet longest', () => {
    let now = 0;
    const limit = new KeyedBuckets(1, 2, () => now, 2);
    expect([limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([true, true, false]);
    expect(limit.take('b')).toBe(true);
    now = 1000;
    expect([limit.take('a'), limit.take('a')]).toEqual([true, false]);
    // A third key: `b` was quiet longer than `a`, which stays refused.
    expect(limit.take('c')).toBe(true);
    expect(limit.take('a')).toBe(false);
  });

  it('say how long a key has to wait, and for what it never gets', () => {
    let now = 0;
    const limit = new KeyedBuckets(2, 10, () => now);
    expect(limit.wait('a', 10)).toBe(0);
    expect(limit.wait('a', 11)).toBe(Number.POSITIVE_INFINITY);
    limit.take('a', 10);
    expect(limit.wait('a', 3)).toBe(1500);
    expect(limit.wait('b', 3)).toBe(0);
    now = 1500;
    expect(limit.wait('a', 3)).toBe(0);
    expect(limit.size).toBe(1);
  });

  it('forget a key whose bucket is full again', () => {
    let now = 0;
    const limit = new KeyedBuckets(1, 2, () => now);
    for (let key = 0; key < 1000; key += 1) {
      limit.take(String(key));
    }
    expect(limit.size).toBe(1000);
    now = 10_000;
    for (let round = 0; round < 600; round += 1) {
      limit.take('one');
    }
    expect(limit.size).toBe(1);
  });
});
