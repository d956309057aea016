import { cpuGrowth, cpuRatio, heapOf } from './cost.ts';
import type { FuzzTarget } from './target.ts';

/** Runs a target on an input. @returns what it keeps @throws what the target did not announce */
export async function outcomeOf(target: FuzzTarget, input: Buffer): Promise<unknown> {
  try {
    return await target.run(input);
  } catch (error) {
    if (target.isExpected(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Bytes that an input may keep. */
export function heapLimit({ budget }: FuzzTarget, bytes: number): number {
  return budget.heapBase + budget.heapPerByte * bytes;
}

/** What an input keeps: one look tells what is within its limit, else the middle one of three: other things on the heap come and go. */
export async function heapCost(target: FuzzTarget, input: Buffer): Promise<number> {
  const weigh = () => heapOf(() => outcomeOf(target, input));
  // The first run fills what is filled once. Its result may not be held while the next ones are weighed.
  await outcomeOf(target, input).then(() => undefined);
  const once = await weigh();
  if (once <= heapLimit(target, input.length)) {
    return once;
  }
  const bytes = [once, await weigh(), await weigh()];
  return bytes.sort((a, b) => a - b)[1] ?? 0;
}

/** One round tells what is well within its limit; where it seems not to be, the median of several decides. */
async function decided(
  limit: number,
  measure: (rounds: number) => Promise<number>,
): Promise<number> {
  const once = await measure(1);
  return once <= limit ? once : measure(5);
}

/** CPU time as a multiple of the scan that {@link FuzzTarget.budget} speaks of. */
export function cpuCost(target: FuzzTarget, input: Buffer): Promise<number> {
  const bytes = Math.max(input.length, target.budget.floor);
  return decided(target.budget.cpuRatio, (rounds) =>
    cpuRatio(() => outcomeOf(target, input), bytes, rounds),
  );
}

/** Four times as much may cost four times as much; with the square it would be sixteen times. */
export const MAX_GROWTH = 9;

/** By how much CPU time grows from one input to another one of the same kind that is four times as large. */
export function growth(target: FuzzTarget, small: Buffer, large: Buffer): Promise<number> {
  const run = (input: Buffer) => () => outcomeOf(target, input);
  return decided(MAX_GROWTH, (rounds) => cpuGrowth(run(small), run(large), small.length, rounds));
}
