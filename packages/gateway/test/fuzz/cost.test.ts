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
    for (const { name: file, input } of [...readCorpus(COMMITTED, name), ...seeds]) {
      await outcomeOf(target, input);
      expect(await heapCost(target, input), file).toBeLessThanOrEqual(
        heapLimit(target, input.length),
      );
      expect(await cpuCost(target, input), file).toBeLessThanOrEqual(target.budget.cpuRatio);
    }
  });

  it.each(GROWING)(
    '$target: $what, which grow with the input and not with its square',
    async (each) => {
      const target = await loadTarget(each.target);
      const [small, large] = [each.make(each.bytes / 4), each.make(each.bytes)];
      expect(large.length).toBeLessThanOrEqual(target.maxLength);
      expect(await cpuCost(target, large)).toBeLessThanOrEqual(target.budget.cpuRatio);
      expect(await growth(target, small, large)).toBeLessThan(MAX_GROWTH);
      expect(await heapCost(target, large)).toBeLessThanOrEqual(heapLimit(target, large.length));
    },
  );
});
