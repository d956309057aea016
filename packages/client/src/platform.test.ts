import { afterEach, describe, expect, it, vi } from 'vitest';
import { browserPlatform } from './platform.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('What took how long', () => {
  it('is told by whichever clock of the browser ran further: a clock set back changes nothing, and sleep counts', () => {
    let [wall, steady] = [1_000_000, 0];
    vi.spyOn(Date, 'now').mockImplementation(() => wall);
    vi.spyOn(performance, 'now').mockImplementation(() => steady);
    const { elapsed } = browserPlatform();
    const from = elapsed();
    const pass = (wallMs: number, steadyMs: number): number => {
      wall += wallMs;
      steady += steadyMs;
      return elapsed() - from;
    };
    expect(pass(500, 500)).toBe(500);
    expect(pass(-3_600_000, 100)).toBe(600);
    expect(pass(100, 100)).toBe(700);
    // Asleep, with a `performance.now()` that stands still meanwhile.
    expect(pass(60_000, 0)).toBe(60_700);
  });

  it('does not run ahead when it is asked often, of clocks that tell whole steps', () => {
    let passed = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(1_000_000 + passed));
    vi.spyOn(performance, 'now').mockImplementation(() => Math.floor(passed * 10 + 3) / 10);
    const { elapsed } = browserPlatform();
    const from = elapsed();
    while (passed < 10_000) {
      passed += 0.25;
      elapsed();
    }
    expect(elapsed() - from).toBeLessThan(10_010);
  });
});
