import { describe, expect, it } from 'vitest';
import { MAX_GROWTH, cpuCost, growth, heapCost, heapLimit, outcomeOf } from './budget.ts';
import { COMMITTED, readCorpus } from './corpus.ts';
import { GROWING } from './growing.ts';
import { TARGETS, loadTarget } from './targets/index.ts';

/** A measurement takes as long as it takes to count enough CPU time; this is for a machine that does much else. */
const TIMEOUT = { timeout: 300_000 };

describe('what is kept of an input, and the CPU time it takes', TIMEOUT, () => {
  it.each(TARGETS)('%s: what real stacks send, and what once broke something', async (name) => {
    const target = await loadTarget(name);
    const seeds = (target.seeds?.() ?? []).map((input, at) => ({
      name: `seed ${String(at)}`,
      input,
    }));
    for (const file of [...readCorpus(COMMITTED, name), ...seeds]) {
      const { input } = file;
      await outcomeOf(target, input);
      expect(await heapCost(target, input), file.name).toBeLessThanOrEqual(
        heapLimit(target, input.length),
      );
      expect(await cpuCost(target, input), file.name).toBeLessThanOrEqual(target.budget.cpuRatio);
    }
  });

  it.each(GROWING)('$target: $what', async ({ target: name, make, bytes }) => {
    const target = await loadTarget(name);
    const large = make(bytes);
    expect(large.length).toBeLessThanOrEqual(target.maxLength);
    expect(await cpuCost(target, large)).toBeLessThanOrEqual(target.budget.cpuRatio);
    expect(await heapCost(target, large)).toBeLessThanOrEqual(heapLimit(target, large.length));
  });
});

describe('CPU time grows with the input, not with its square', TIMEOUT, () => {
  it.each(GROWING)('$target: $what', async ({ target: name, make, bytes }) => {
    const target = await loadTarget(name);
    const [small, large] = [make(bytes / 4), make(bytes)];
    expect(await growth(target, small, large)).toBeLessThan(MAX_GROWTH);
  });
});
