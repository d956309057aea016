import { describe, expect, it } from 'vitest';
import { Lockout } from './lockout.ts';

function setup() {
  const clock = { now: 1_000_000 };
  const lockout = new Lockout(() => clock.now);
  const fail = (account = '1001', address = '203.0.113.9'): void => {
    lockout.begin(account, address).failed();
  };
  return { clock, lockout, fail };
}

describe('the lock-out', () => {
  it('lets five wrong passwords pass, then waits 1 s, 2 s, 4 s ... up to 15 minutes', () => {
    const { clock, lockout, fail } = setup();
    for (let i = 0; i < 4; i += 1) {
      fail();
    }
    expect(lockout.lockedFor('1001', '203.0.113.9')).toBe(0);
    const delays: number[] = [];
    for (let i = 0; i < 14; i += 1) {
      fail();
      const delay = lockout.lockedFor('1001', '203.0.113.9');
      delays.push(delay);
      clock.now += delay;
      expect(lockout.lockedFor('1001', '203.0.113.9')).toBe(0);
    }
    expect(delays.slice(0, 5)).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(delays.at(-1)).toBe(15 * 60_000);
  });

  it('locks the pair: the account elsewhere and other accounts here go on', () => {
    const { lockout, fail } = setup();
    for (let i = 0; i < 6; i += 1) {
      fail('1001', '203.0.113.9');
    }
    expect(lockout.lockedFor('1001', '203.0.113.9')).toBeGreaterThan(0);
    expect(lockout.lockedFor('1001', '198.51.100.1')).toBe(0);
    expect(lockout.lockedFor('1002', '203.0.113.9')).toBe(0);
  });

  it('forgets failures at a success', () => {
    const { lockout, fail } = setup();
    for (let i = 0; i < 4; i += 1) {
      fail();
    }
    lockout.begin('1001', '203.0.113.9').succeeded();
    for (let i = 0; i < 4; i += 1) {
      fail();
    }
    expect(lockout.lockedFor('1001', '203.0.113.9')).toBe(0);
    lockout.begin('1001', '203.0.113.9').succeeded();
    expect(lockout.size).toBe(0);
  });

  it('gives parallel guesses no more room than guesses in a row', () => {
    const { lockout } = setup();
    const attempts = [];
    while (lockout.lockedFor('1001', '203.0.113.9') === 0) {
      attempts.push(lockout.begin('1001', '203.0.113.9'));
    }
    expect(attempts).toHaveLength(5);
    for (const attempt of attempts) {
      attempt.abandoned();
    }
    expect(lockout.lockedFor('1001', '203.0.113.9')).toBe(0);
    expect(lockout.size).toBe(0);
  });

  it('counts the addresses of one IPv6 household as one', () => {
    const { lockout, fail } = setup();
    for (let i = 0; i < 6; i += 1) {
      fail('1001', `2001:db8:1:2::${String(i + 1)}`);
    }
    expect(lockout.lockedFor('1001', '2001:db8:1:2:ffff::9')).toBeGreaterThan(0);
    expect(lockout.lockedFor('1001', '2001:db8:1:3::9')).toBe(0);
  });

  it('forgets a pair after an hour, and never holds more than its bound', () => {
    const clock = { now: 0 };
    const lockout = new Lockout(() => clock.now, { maxPairs: 100 });
    for (let i = 0; i < 6; i += 1) {
      lockout.begin('victim', '203.0.113.9').failed();
    }
    for (let i = 0; i < 5000; i += 1) {
      lockout.begin(`user${String(i)}`, '203.0.113.9').failed();
    }
    expect(lockout.size).toBeLessThanOrEqual(100);
    expect(lockout.lockedFor('victim', '203.0.113.9')).toBeGreaterThan(0);
    clock.now += 3_700_000;
    const attempt = lockout.begin('victim', '203.0.113.9');
    attempt.failed();
    expect(lockout.lockedFor('victim', '203.0.113.9')).toBe(0);
  });
});
