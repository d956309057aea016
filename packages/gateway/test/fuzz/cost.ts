import { collectGarbage } from '../../src/testing/garbage.ts';

/**
 * What a parser costs, so measured that it is the same on a machine with other things to do: CPU time of this thread alone, as a multiple
 * of a plain look at each of the same bytes, and the bytes that are still held afterwards.
 */

/** The system counts CPU time in steps of some 4 ms, so fewer of it say nothing. */
const MEASURED_US = 20_000;

/** A call as long as this is not measured again. */
const HOPELESS_US = 1_000_000;

/** One look at each byte: what everything else is measured against. */
function scan(data: Uint8Array): number {
  let sum = 0;
  for (const byte of data) {
    sum = (sum + byte) | 0;
  }
  return sum;
}

function spent(since: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since);
  return user + system;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.POSITIVE_INFINITY;
}

/** Microseconds of CPU time of one call; it is called as often as it takes to measure that. */
export async function cpuOf(work: () => unknown): Promise<number> {
  let calls = 0;
  let batch = 1;
  const start = process.threadCpuUsage();
  for (;;) {
    for (let left = batch; left > 0; left -= 1) {
      await work();
    }
    calls += batch;
    const microseconds = spent(start);
    if (microseconds >= MEASURED_US) {
      return microseconds / calls;
    }
    batch = microseconds < MEASURED_US / 16 ? batch * 2 : batch;
  }
}

/**
 * CPU time of `work` as a multiple of that of a scan over `bytes` bytes. Both are measured in turns, and the median of the ratios
 * counts: a collection of garbage or a change of the clock's speed in one turn changes nothing.
 */
export async function cpuRatio(
  work: () => unknown,
  bytes: number,
  rounds: number,
): Promise<number> {
  const data = new Uint8Array(bytes);
  const ratios: number[] = [];
  // The first calls are the compiler's, unless one is so long that nothing else matters.
  for (let left = 3; left > 0; left -= 1) {
    const start = process.threadCpuUsage();
    await work();
    const microseconds = spent(start);
    if (microseconds > HOPELESS_US) {
      return microseconds / (await cpuOf(() => scan(data)));
    }
  }
  for (let left = rounds; left > 0; left -= 1) {
    const base = await cpuOf(() => scan(data));
    ratios.push((await cpuOf(work)) / base);
  }
  return median(ratios);
}

/**
 * How many times as much CPU time `large` takes as `small`. What costs less than a scan over its `bytes` counts as much as one: below that,
 * caches decide, and nobody is hurt. The median of so many rounds.
 */
export async function cpuGrowth(
  small: () => unknown,
  large: () => unknown,
  bytes: number,
  rounds: number,
): Promise<number> {
  const data = new Uint8Array(bytes);
  const factors: number[] = [];
  for (let left = rounds; left > 0; left -= 1) {
    const base = await cpuOf(() => scan(data));
    const few = await cpuOf(small);
    factors.push((await cpuOf(large)) / (base + few));
  }
  return median(factors);
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes that what `make` returns keeps alive. */
export async function heapOf(make: () => unknown): Promise<number> {
  const results: unknown[] = [];
  collectGarbage();
  const before = held();
  results.push(await make());
  collectGarbage();
  const bytes = held() - before;
  results.length = 0;
  return bytes;
}
