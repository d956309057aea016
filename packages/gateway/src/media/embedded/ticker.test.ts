import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ticker } from './ticker.ts';

describe('the beat', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('comes every 20 ms and does not drift', () => {
    const beats: number[] = [];
    const start = performance.now();
    const ticker = new Ticker((now) => beats.push(now - start));
    ticker.start();
    ticker.start();
    vi.advanceTimersByTime(10_000);
    ticker.stop();
    expect(beats.length).toBeGreaterThanOrEqual(499);
    expect(beats.length).toBeLessThanOrEqual(501);
  });

  it('makes up for a short delay, and not for a long one', () => {
    let count = 0;
    const ticker = new Ticker(() => (count += 1));
    ticker.start();
    vi.advanceTimersByTime(40);
    count = 0;
    vi.spyOn(performance, 'now').mockReturnValueOnce(performance.now() + 80);
    vi.advanceTimersByTime(20);
    expect(count).toBe(4);
    count = 0;
    vi.spyOn(performance, 'now').mockReturnValueOnce(performance.now() + 5_000);
    vi.advanceTimersByTime(20);
    expect(count).toBeLessThanOrEqual(1);
    ticker.stop();
  });

  it('ends when it is stopped, also from within', () => {
    let count = 0;
    const ticker = new Ticker(() => {
      count += 1;
      ticker.stop();
    });
    ticker.start();
    vi.advanceTimersByTime(500);
    expect(count).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
