import { Child } from '../lib/child.ts';
import { setUp, signInPairs, signOut } from '../lib/callers.ts';
import type { Pair } from '../lib/callers.ts';
import { frameSizes } from '../lib/frame-sizes.ts';
import { BenchGateway } from '../lib/gateway.ts';
import type { Measure, Row } from '../lib/measure.ts';
import { median, tenfold } from '../lib/measure.ts';
import { pool } from '../lib/pool.ts';
import { echoCost } from './sign-ins.ts';

const PAIRS = 25;

/** invite → answer → bye between two clients, signalling alone, and how long the answer takes at half load. */
export const gatewayCalls: Row = {
  name: 'gateway-calls',
  title: 'Gateway: calls, signalling alone',
  async run({ quick, log }) {
    const rounds = quick ? 3 : 7;
    const count = quick ? 300 : 1000;
    const gateway = await BenchGateway.start({ media: false });
    const bare = await Child.start('bare-ws.ts', {});
    const microseconds: Record<'offhook' | 'bare', number[]> = { offhook: [], bare: [] };
    const few: number[] = [];
    try {
      const pairs = await signInPairs(gateway, PAIRS);
      const [pair] = pairs;
      const frames = pair ? await frameSizes(() => setUp(pair)) : [];
      await setUpCost(gateway, pairs, 200);
      await echoCost(bare, 2000, frames);
      for (let round = 0; round < rounds; round += 1) {
        few.push(await setUpCost(gateway, pairs, count / 10));
        microseconds.offhook.push(await setUpCost(gateway, pairs, count));
        microseconds.bare.push(await echoCost(bare, count * 8, frames));
      }
      const halfLoad = 5e5 / median(microseconds.offhook);
      const latencies = await atRate(pairs, halfLoad, quick ? 3 : 8);
      log(`half load is ${halfLoad.toFixed(0)} set-ups a second`);
      await signOut(pairs);
      return [
        {
          id: 'gateway-calls.cost',
          title: 'CPU of the gateway for one set-up (invite → answer → bye), signalling alone',
          unit: 'µs',
          samples: microseconds,
          goals: [{ text: '≤ 80 bare round trips', against: 'bare', at: 'most', bound: 80 }],
          note: '`bare` is one echoed frame, of the sizes of a set-up’s frames.',
          ...tenfold(count, few, microseconds.offhook),
          xTitle: 'set-ups',
        },
        {
          id: 'gateway-calls.per-second',
          title: 'The same: set-ups a CPU-second',
          unit: '/s',
          better: 'more',
          samples: { offhook: microseconds.offhook.map((us) => 1e6 / us) },
        },
        {
          id: 'gateway-calls.answer',
          title: 'Invite → answer at half of that load',
          unit: 'ms',
          samples: { offhook: latencies },
          goals: [
            { text: 'p50 ≤ 20 ms', at: 'most', bound: 20 },
            { text: 'p99', at: 'most', bound: 100, percentile: 0.99 },
          ],
        },
      ] satisfies Measure[];
    } finally {
      await Promise.all([gateway.stop(), bare.stop()]);
    }
  },
};

/** Microseconds of the gateway's CPU for each set-up, one after another on each pair. */
export async function setUpCost(
  gateway: BenchGateway,
  pairs: readonly Pair[],
  count: number,
): Promise<number> {
  const before = gateway.process.cpu();
  const each = Math.ceil(count / pairs.length);
  await Promise.all(
    pairs.map((pair) =>
      pool(each, 1, async () => {
        await setUp(pair);
      }),
    ),
  );
  // What is written of the calls is written a little later.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return ((gateway.process.cpu() - before) * 1e6) / (each * pairs.length);
}

/** Milliseconds to the answer of calls that come at a rate, whatever becomes of those before. */
export async function atRate(
  pairs: readonly Pair[],
  perSecond: number,
  seconds: number,
): Promise<number[]> {
  const latencies: number[] = [];
  const open: Promise<void>[] = [];
  const from = performance.now();
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const early = from + (index * 1000) / perSecond - performance.now();
    if (early > 0) {
      await new Promise((resolve) => setTimeout(resolve, early));
    }
    const pair = pairs[index % pairs.length];
    if (pair) {
      open.push(setUp(pair).then((ms) => void latencies.push(ms)));
    }
  }
  await Promise.all(open);
  return latencies;
}
