import { expect, it } from 'vitest';
import { Samples } from './samples.ts';

it('percentiles are by nearest rank, and none without samples', () => {
  const samples = new Samples();
  expect(samples.summary()).toEqual({ count: 0, p50: null, p95: null, p99: null, max: null });
  for (let ms = 100; ms >= 1; ms -= 1) {
    samples.add(ms);
  }
  expect(samples.summary()).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
});
