import { describe, expect, it } from 'vitest';
import { ConnectionLimits } from './connection-limits.ts';

function setup() {
  const clock = { now: 0 };
  const limits = new ConnectionLimits(
    { connections: 1000, connectionsPerAddress: 100, connectsPerSecond: 2 },
    () => clock.now,
  );
  return { clock, limits };
}

describe('the connection limits', () => {
  it('let five seconds of newcomers in at once, then the steady rate', () => {
    const { clock, limits } = setup();
    for (let i = 0; i < 10; i += 1) {
      expect(limits.admit('203.0.113.9').ok).toBe(true);
    }
    expect(limits.admit('203.0.113.9')).toMatchObject({ ok: false, reason: 'address_rate' });
    expect(limits.admit('203.0.113.10').ok).toBe(true);
    clock.now += 500;
    expect(limits.admit('203.0.113.9').ok).toBe(true);
    expect(limits.admit('203.0.113.9').ok).toBe(false);
  });

  it('count a socket that leaves twice once', () => {
    const { limits } = setup();
    const admission = limits.admit('203.0.113.9');
    limits.admit('203.0.113.9');
    if (!admission.ok) {
      throw new Error('refused');
    }
    admission.leave();
    admission.leave();
    expect(limits.open).toBe(1);
  });

  it('remember no address for long that has no socket', () => {
    const { clock, limits } = setup();
    for (let i = 0; i < 10_001; i += 1) {
      const admission = limits.admit(
        `2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::1`,
      );
      if (admission.ok) {
        admission.leave();
      }
      clock.now += 1;
    }
    // Those of the last half second, whose bucket is not full again yet.
    expect(limits.addresses).toBeLessThanOrEqual(501);
  });
});
