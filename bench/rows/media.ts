import type { MediaEnd, RtpTotals } from '../../packages/gateway/src/load/media-end.ts';
import { noPackets } from '../../packages/gateway/src/load/media-end.ts';
import { RtpClock } from '../../packages/gateway/src/load/rtp-clock.ts';
import { RtpEnd } from '../../packages/gateway/src/load/rtp-end.ts';
import { signInPairs, signOut } from '../lib/callers.ts';
import type { Pair } from '../lib/callers.ts';
import { BenchGateway } from '../lib/gateway.ts';
import { MediaFloorClient } from '../lib/media-floor.ts';
import type { Measure, Row } from '../lib/measure.ts';
import { percentile } from '../lib/measure.ts';
import { until } from '../lib/until.ts';

/** Calls at once in the measurement of capacity; a tenth of it for growth. */
const CALLS = { quick: [4, 20], full: [4, 40] } as const;

const clock = new RtpClock();
/** Set-ups at once: a set-up waits more than it works. */
const AT_ONCE = 5;

/** Calls with audio through the embedded media plane: what a set-up costs, how many a core carries, what a packet waits. */
export const media: Row = {
  name: 'media',
  title: 'Gateway: calls with media',
  async run({ quick, log }) {
    const gateway = await BenchGateway.start({ media: true });
    const engine = await MediaFloorClient.start('engine');
    const werift = await MediaFloorClient.start('werift');
    try {
      const setUps = await setUpCosts(gateway, engine, werift, quick ? [2, 15] : [5, 40]);
      log('set-ups done');
      const relayed = await relay(gateway, engine, CALLS[quick ? 'quick' : 'full'], quick ? 4 : 10);
      log('calls at once done');
      return [...setUps, ...relayed, await byThreads(quick ? 8 : 20, quick ? 4 : 10)];
    } finally {
      await Promise.all([gateway.stop(), engine.stop(), werift.stop()]);
    }
  },
};

async function setUpCosts(
  gateway: BenchGateway,
  engine: MediaFloorClient,
  werift: MediaFloorClient,
  [rounds, count]: readonly [number, number],
): Promise<Measure[]> {
  const totals = Array.from({ length: AT_ONCE }, noPackets);
  const pairs = await signInPairs(
    gateway,
    AT_ONCE,
    (pair) => new RtpEnd(clock, totals[pair] ?? noPackets()),
  );
  const microseconds: Record<'offhook' | 'engine' | 'werift', number[]> = {
    offhook: [],
    engine: [],
    werift: [],
  };
  /** A pair has one call at a time. */
  const cost = async (cpu: () => number, one: (pair: number) => Promise<void>, times: number) => {
    const before = cpu();
    const each = Math.ceil(times / AT_ONCE);
    const inTurn = async (_: unknown, pair: number): Promise<void> => {
      for (let index = 0; index < each; index += 1) {
        await one(pair);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }).map(inTurn));
    return ((cpu() - before) * 1e6) / (each * AT_ONCE);
  };
  const ours = (times: number): Promise<number> =>
    cost(
      () => gateway.process.cpu(),
      (pair) => setUpWithMedia(pairs[pair], totals[pair]),
      times,
    );
  const floorOf =
    (client: MediaFloorClient) =>
    (times: number): Promise<number> =>
      cost(
        () => client.process.cpu(),
        () => setUpFloor(client),
        times,
      );
  const floors = { engine: floorOf(engine), werift: floorOf(werift) };
  for (const warmUp of [ours, floors.engine]) {
    await warmUp(5);
  }
  await floors.werift(5).catch(() => null);
  for (let round = 0; round < rounds; round += 1) {
    microseconds.offhook.push(await ours(count));
    microseconds.engine.push(await floors.engine(count));
    // It loses a handshake now and then on a machine that is busy; a floor that is missing costs no row.
    const werift = await floors.werift(count).catch(() => null);
    if (werift !== null) {
      microseconds.werift.push(werift);
    }
  }
  await signOut(pairs);
  return [
    {
      id: 'media.set-up',
      title: 'CPU for one set-up of two legs with ICE and DTLS, and its end',
      unit: 'µs',
      samples: microseconds,
      goals: [
        { text: '≤ 1.3 × the media plane alone', against: 'engine', at: 'most', bound: 1.3 },
        { text: '≥ 25 a CPU-second', at: 'most', bound: 40_000 },
      ],
      note: '`engine` is the gateway’s media plane without the gateway, `werift` the library that is well known, each behind a socket that carries descriptions alone.',
    },
  ];
}

/** Calls of one pair come one after another, so two more ends of it are those of the last call. */
async function setUpWithMedia(
  pair: Pair | undefined,
  totals: RtpTotals | undefined,
): Promise<void> {
  if (!pair || !totals) {
    throw new Error('no pair');
  }
  const { caller, callee } = pair;
  const { connected } = totals;
  const call = await caller.call(callee.user);
  await until('both ends connected', () => totals.connected >= connected + 2);
  await call.hangup();
  const [failure] = callee.failures;
  if (failure) {
    throw failure;
  }
}

async function setUpFloor(client: MediaFloorClient): Promise<void> {
  const totals = noPackets();
  const end = await client.call(new RtpEnd(clock, totals), new RtpEnd(clock, totals));
  await until('both ends connected', () => totals.connected >= 2);
  await end();
}

export interface Stage {
  /** Share of a core for one call. */
  readonly cpu: number;
  readonly delays: number[];
  readonly sent: number;
  readonly lost: number;
}

async function relay(
  gateway: BenchGateway,
  engine: MediaFloorClient,
  counts: readonly number[],
  seconds: number,
): Promise<Measure[]> {
  const ours: Stage[] = [];
  const direct: Stage[] = [];
  for (const count of counts) {
    ours.push(await throughGateway(gateway, count, seconds));
    direct.push(await endToEnd(count, seconds));
  }
  const inProcess = await throughEngine(engine, counts.at(-1) ?? 1, seconds);
  const most = String(counts.at(-1) ?? 0);
  const last = ours.at(-1);
  const points = (stages: readonly Stage[], of: (stage: Stage) => number) =>
    counts.flatMap((count, index) => {
      const stage = stages[index];
      return stage ? [[count, of(stage)] as const] : [];
    });
  return [
    {
      id: 'media.capacity',
      title: 'Calls at once at 80 % of one core, one media thread',
      unit: 'calls',
      better: 'more',
      samples: { offhook: [0.8 / (last?.cpu ?? Number.NaN)] },
      goals: [{ text: '≥ 40', at: 'least', bound: 40 }],
      note: `From the CPU of the whole gateway at ${most} calls.`,
      points: {
        offhook: points(ours, ({ cpu }) => cpu).map(([count, cpu]) => [count, count * cpu * 100]),
      },
      xTitle: 'calls',
      linear: true,
    },
    {
      id: 'media.one-way',
      title: `One way from end to end at ${most} calls`,
      unit: 'ms',
      samples: { offhook: thin(last?.delays ?? []), direct: thin(direct.at(-1)?.delays ?? []) },
      goals: [
        { text: 'p50', at: 'most', bound: 5 },
        { text: 'p99 ≤ 10 ms', at: 'most', bound: 10, percentile: 0.99 },
      ],
      note: '`direct` are the same ends without a gateway between them: their own share, on the same cores.',
      points: {
        offhook: points(ours, ({ delays }) => percentile(delays, 0.99)),
        direct: points(direct, ({ delays }) => percentile(delays, 0.99)),
      },
      xTitle: 'calls',
    },
    {
      id: 'media.in-process',
      title: `What a packet stays in the media plane at ${most} calls`,
      unit: 'ms',
      samples: { offhook: thin(inProcess) },
      goals: [{ text: 'p99 ≤ 1 ms', at: 'most', bound: 1, percentile: 0.99 }],
    },
    {
      id: 'media.lost',
      title: 'Packets lost, of all that were sent',
      unit: '',
      samples: { offhook: ours.map(({ lost }) => lost), direct: direct.map(({ lost }) => lost) },
      goals: [{ text: 'none', at: 'most', bound: 0, percentile: 1 }],
      note: `Of ${String(ours.reduce((sum, { sent }) => sum + sent, 0))} packets through the gateway.`,
    },
  ];
}

/** Twice the threads carry twice the calls where a call costs as much as before. */
async function byThreads(calls: number, seconds: number): Promise<Measure> {
  const costs: number[] = [];
  for (const workers of [1, 2]) {
    const gateway = await BenchGateway.start({ media: true, workers });
    try {
      costs.push((await throughGateway(gateway, calls * workers, seconds)).cpu);
    } finally {
      await gateway.stop();
    }
  }
  const [one = Number.NaN, two = Number.NaN] = costs;
  return {
    id: 'media.workers',
    title: `CPU of a call, with ${String(calls)} on each of two media threads`,
    unit: '% of a core',
    samples: { offhook: [two * 100], 'one thread': [one * 100] },
    goals: [{ text: '≤ 1.1 × one thread', against: 'one thread', at: 'most' as const, bound: 1.1 }],
    note: 'Linear in threads means that a call costs no more where there are more of them; the plot shows the calls at once that 80 % of a core for each thread carries.',
    points: {
      offhook: [
        [1, 0.8 / one],
        [2, 1.6 / two],
      ],
    },
    xTitle: 'media threads',
  };
}

/** So many samples tell as much as all, and fit into the file. */
export function thin(samples: readonly number[], most = 2000): number[] {
  const step = Math.max(1, Math.ceil(samples.length / most));
  return samples
    .toSorted((a, b) => a - b)
    .filter((_, index) => index % step === 0 || index === samples.length - 1);
}

/** What so many calls cost a gateway that stand for so long. */
export async function throughGateway(
  gateway: BenchGateway,
  count: number,
  seconds: number,
  makeEnd: (totals: RtpTotals) => MediaEnd = (totals) => new RtpEnd(clock, totals),
): Promise<Stage> {
  const totals = noPackets();
  const pairs = await signInPairs(gateway, count, () => makeEnd(totals));
  const calls = [];
  for (const { caller, callee } of pairs) {
    calls.push(await caller.call(callee.user));
  }
  const stage = await steady(totals, count, seconds, () => gateway.process.cpu());
  for (const call of calls) {
    await call.hangup();
  }
  await signOut(pairs);
  return stage;
}

/** The ends of so many calls, each with its partner, nothing in between. */
async function endToEnd(count: number, seconds: number): Promise<Stage> {
  const totals = noPackets();
  const ends: RtpEnd[] = [];
  for (let index = 0; index < count; index += 1) {
    const [a, b] = [new RtpEnd(clock, totals), new RtpEnd(clock, totals)];
    ends.push(a, b);
    await a.accept(await b.answer(await a.offer()));
  }
  const stage = await steady(totals, count, seconds, () => 0);
  await Promise.all(ends.map((end) => end.close()));
  return stage;
}

async function throughEngine(
  engine: MediaFloorClient,
  count: number,
  seconds: number,
): Promise<number[]> {
  const totals = noPackets();
  const ends = [];
  for (let index = 0; index < count; index += 1) {
    ends.push(await engine.call(new RtpEnd(clock, totals), new RtpEnd(clock, totals)));
  }
  await until('all ends connected', () => totals.connected >= count * 2);
  await engine.delays();
  await new Promise((resolve) => setTimeout(resolve, seconds * 500));
  const delays = await engine.delays();
  for (const end of ends) {
    await end();
  }
  return delays;
}

/** Looks at calls that stand: after the rush of their set-up, for so long. */
export async function steady(
  totals: RtpTotals,
  count: number,
  seconds: number,
  cpu: () => number,
): Promise<Stage> {
  await until('all ends connected', () => totals.connected >= count * 2);
  await new Promise((resolve) => setTimeout(resolve, 500));
  Object.assign(totals, { ...noPackets(), connected: totals.connected });
  const before = cpu();
  const from = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const share = (cpu() - before) / ((performance.now() - from) / 1000) / count;
  return {
    cpu: share,
    delays: [...totals.delay.values],
    sent: totals.sent,
    lost: totals.lost,
  };
}
