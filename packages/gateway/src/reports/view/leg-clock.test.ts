import type { CallReport, LegRecord } from '@offhook/protocol';
import { describe, expect, it } from 'vitest';
import type { CallEvent } from '../records.ts';
import { T0, leg, report } from '../testing/samples.ts';
import { legClock } from './leg-clock.ts';

const HOUR = 3_600_000;

/** A report whose call object lived from `from` to `to`, by the client's clock. */
function received(from: number, to: number, receivedAt: number) {
  const times = {
    startTimestamp: new Date(from).toISOString(),
    endTimestamp: new Date(to).toISOString(),
  };
  return { report: report('c', {}, times) as unknown as CallReport, receivedAt };
}

const callee = (more: Partial<LegRecord> = {}): LegRecord =>
  leg('b', { role: 'callee', endedBy: 'gateway', endedAt: T0 + 63_000, ...more });

describe('the clock of a party', () => {
  it('is known from both ends of its call', () => {
    const { offsetMs, withinMs } = legClock(
      callee(),
      [received(T0 + 30 - HOUR, T0 + 63_040 - HOUR, T0 + 63_100)],
      [],
    );
    expect(withinMs).toBeLessThanOrEqual(60);
    expect(Math.abs(offsetMs - HOUR)).toBeLessThanOrEqual(60);
  });

  it('is not taken for wrong when a party that was cut off gave up before the gateway did', () => {
    // Its report comes two minutes later, when it has a network again.
    const reports = [received(T0 + 30, T0 + 20_000, T0 + 150_000)];
    const away: CallEvent[] = [{ t: T0 + 5000, leg: 'b', type: 'away' }];
    expect(legClock(callee(), reports, away).offsetMs).toBe(0);
    // The gateway had not noticed, but the caller's own invite tells better.
    const caller = leg('b', { endedBy: 'gateway', endedAt: T0 + 63_000 });
    expect(legClock(caller, [received(T0 - 30, T0 + 20_000, T0 + 150_000)], []).offsetMs).toBe(0);
  });

  it('is left alone without a report', () => {
    expect(legClock(callee(), [], [])).toEqual({ offsetMs: 0, withinMs: null });
  });
});
