import { noPackets, silentEnd } from '../../packages/gateway/src/load/media-end.ts';
import type { MediaEnd } from '../../packages/gateway/src/load/media-end.ts';
import { RtpClock } from '../../packages/gateway/src/load/rtp-clock.ts';
import { RtpEnd } from '../../packages/gateway/src/load/rtp-end.ts';
import { setUp, signInPairs, signOut } from '../lib/callers.ts';
import type { Pair } from '../lib/callers.ts';
import { BenchGateway } from '../lib/gateway.ts';
import type { Measure, Row } from '../lib/measure.ts';
import { pool } from '../lib/pool.ts';
import { TrunkEnd } from '../lib/trunk-end.ts';
import { steady } from './media.ts';

const PAIRS = 10;
const NUMBER = '+493012345';

type Way = 'offhook' | 'browser';
type Samples = Record<Way, number[]>;
const none = (): Samples => ({ offhook: [], browser: [] });

/** Calls from a browser into the telephone network beside calls to another browser, in turn through one gateway. */
export const trunk: Row = {
  name: 'trunk',
  title: 'Gateway: calls by a trunk, beside calls between browsers',
  async run({ quick, log }) {
    const signalling = await signallingAlone(quick);
    log('signalling done');
    return [...signalling, await withAudio(quick ? 8 : 20, quick ? 3 : 10, quick ? 2 : 3)];
  },
};

async function signallingAlone(quick: boolean): Promise<Measure[]> {
  const end = await TrunkEnd.open();
  const gateway = await BenchGateway.start({ media: false, settings: { sip: end.sip } });
  try {
    const reached = { at: Number.NaN };
    const ends = (): MediaEnd => ({
      ...silentEnd,
      answer: (offer) => {
        reached.at = performance.now();
        return silentEnd.answer(offer);
      },
    });
    const pairs = await signInPairs(gateway, PAIRS, ends);
    const [pair] = pairs;
    if (!pair) {
      throw new Error('no pair');
    }
    await placed(() => one(pair, 'offhook'));
    const forwarded = none();
    for (let index = quick ? 100 : 400; index > 0; index -= 1) {
      for (const way of ['offhook', 'browser'] as const) {
        const from = performance.now();
        await one(pair, way);
        forwarded[way].push((way === 'offhook' ? end.invitedAt : reached.at) - from);
      }
    }
    const costs = none();
    for (let round = quick ? 3 : 7; round > 0; round -= 1) {
      for (const way of ['offhook', 'browser'] as const) {
        costs[way].push(await cost(gateway, pairs, way, quick ? 20 : 60));
      }
    }
    await signOut(pairs);
    const perSecond = (samples: readonly number[]): number[] => samples.map((us) => 1e6 / us);
    return [
      {
        id: 'trunk.invite',
        title: 'INVITE received → INVITE sent, seen from both ends',
        unit: 'ms',
        samples: forwarded,
        goals: [
          { text: '≤ 1.5 × between browsers', against: 'browser', at: 'most', bound: 1.5 },
          { text: 'p99 ≤ 20 ms', at: 'most', bound: 20, percentile: 0.99 },
        ],
        note: 'From the frame leaving the caller to the INVITE at the trunk’s other end, or to the frame at the other browser: both ways in turn, in one run.',
      },
      {
        id: 'trunk.cost',
        title: 'CPU of the gateway for one set-up (invite → answer → bye), signalling alone',
        unit: 'µs',
        samples: costs,
        goals: [{ text: '≤ 2 × between browsers', against: 'browser', at: 'most', bound: 2 }],
        note: 'The messages of the call are kept for its page in both.',
      },
      {
        id: 'trunk.per-second',
        title: 'The same: set-ups a CPU-second',
        unit: '/s',
        better: 'more',
        samples: { offhook: perSecond(costs.offhook), browser: perSecond(costs.browser) },
      },
    ];
  } finally {
    await gateway.stop();
    end.close();
  }
}

async function one(pair: Pair, way: Way): Promise<void> {
  if (way === 'browser') {
    await setUp(pair);
    return;
  }
  const call = await pair.caller.call(NUMBER);
  await call.hangup();
}

/** Microseconds of the gateway's CPU for each set-up, one after another on each pair. */
async function cost(
  gateway: BenchGateway,
  pairs: readonly Pair[],
  way: Way,
  each: number,
): Promise<number> {
  const before = gateway.process.cpu();
  await Promise.all(pairs.map((pair) => pool(each, 1, () => one(pair, way))));
  // What is written of the calls is written a little later; their messages after a second and a half.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  return ((gateway.process.cpu() - before) * 1e6) / (each * pairs.length);
}

async function withAudio(count: number, seconds: number, rounds: number): Promise<Measure> {
  const clock = new RtpClock();
  const cores = none();
  const lost = none();
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ['offhook', 'browser'] as const) {
      const totals = noPackets();
      const end = await TrunkEnd.open({ clock, totals });
      const gateway = await BenchGateway.start({
        media: true,
        settings: { sip: end.sip },
      });
      try {
        const pairs = await signInPairs(gateway, count, () => new RtpEnd(clock, totals));
        const calls = [];
        for (const { caller, callee } of pairs) {
          calls.push(await placed(() => caller.call(way === 'offhook' ? NUMBER : callee.user)));
        }
        const stage = await steady(totals, count, seconds, () => gateway.process.cpu());
        cores[way].push(0.8 / stage.cpu);
        lost[way].push(stage.lost);
        for (const call of calls) {
          await call.hangup();
        }
        await signOut(pairs);
      } finally {
        await gateway.stop();
        end.close();
      }
    }
  }
  const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);
  return {
    id: 'trunk.capacity',
    title: 'Calls with audio at 80 % of one core',
    unit: 'calls',
    better: 'more',
    samples: cores,
    goals: [{ text: '≥ 1 × between browsers', against: 'browser', at: 'least', bound: 1 }],
    note: `From the CPU of the whole gateway at ${String(count)} calls, by plain RTP towards the trunk. Packets lost: ${String(sum(lost.offhook))} by the trunk, ${String(sum(lost.browser))} between browsers.`,
  };
}

/** Calls fail until the trunk's first OPTIONS was answered. */
async function placed<T>(place: () => Promise<T>): Promise<T> {
  const give = performance.now() + 20_000;
  for (;;) {
    try {
      return await place();
    } catch (error) {
      if (performance.now() > give) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
