import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RtpClock } from './rtp-clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('The clock of the packets', () => {
  it('calls each member every 20 ms, spread over the time between', () => {
    const clock = new RtpClock();
    const counts = Array.from({ length: 20 }, () => 0);
    const undo = counts.map((_, index) =>
      clock.add(() => void (counts[index] = (counts[index] ?? 0) + 1)),
    );
    vi.advanceTimersByTime(11);
    const early = counts.filter((count) => count > 0).length;
    expect(early).toBeGreaterThan(5);
    expect(early).toBeLessThan(15);
    vi.advanceTimersByTime(989);
    for (const count of counts) {
      expect(Math.abs(count - 50)).toBeLessThanOrEqual(1);
    }
    for (const each of undo) {
      each();
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a member that left is not called any more, and leaving twice is leaving once', () => {
    const clock = new RtpClock();
    const [one, other] = [vi.fn(), vi.fn()];
    const leave = clock.add(one);
    clock.add(other);
    leave();
    leave();
    vi.advanceTimersByTime(100);
    expect(one).not.toHaveBeenCalled();
    expect(other).toHaveBeenCalled();
  });
});
