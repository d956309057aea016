import { expect, it } from 'vitest';
import { Random } from '../random.ts';
import { jsonMutations } from './json.ts';

const [mutation] = jsonMutations(['member', 'text']);

it('damages of JSON stay short: nothing is put many times into what is there many times', () => {
  const input = Buffer.from(JSON.stringify({ a: Array(3_000).fill(0), b: 1 }));
  const lengths = Array.from({ length: 100 }, (_, seed) => {
    const random = new Random(seed);
    return mutation?.(input, random, [input]).length ?? 0;
  });
  expect(Math.max(...lengths)).toBeLessThan(1024 * 1024);
});

it('damages of JSON are the same for the same seed, whatever came before', () => {
  const input = Buffer.from('{"a":{"b":[1,{"c":"d"}]}}');
  const all = (): string[] =>
    Array.from({ length: 60 }, (_, seed) => String(mutation?.(input, new Random(seed), [input])));
  expect(all()).toEqual(all());
});
