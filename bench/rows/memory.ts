import type { CDPSession, Page } from '@playwright/test';
import type { Measure, Row } from '../lib/measure.ts';
import { Stage } from '../lib/stage.ts';

const WHO = ['offhook', 'reference', 'bare'] as const;
type Who = (typeof WHO)[number];

interface State {
  readonly heap: number;
  readonly nodes: number;
  readonly listeners: number;
  readonly peers: number;
  readonly timers: number;
}

/** Calls to `echo`, one after another, and what is left of them when the garbage is gone. */
export const memory: Row = {
  name: 'memory',
  title: 'Memory after many calls',
  async run({ quick, log }) {
    // The first calls load what calls need, and fill what is bounded.
    const [warm, calls] = quick ? [5, 20] : [30, 500];
    const stage = await Stage.open();
    try {
      const growth = await Promise.all(
        WHO.map(async (who) => {
          const { page } = await stage.actor(who, { client: { enableCallReports: false } });
          await page.evaluate(() => {
            window.probe.listening = false;
          });
          const cdp = await page.context().newCDPSession(page);
          const states = [];
          for (const count of [warm, calls / 10, calls - calls / 10]) {
            await callMany(page, count);
            states.push(await look(page, cdp));
          }
          return [who, states] as const;
        }),
      );
      log(`${calls} calls each`);
      return measures(calls, Object.fromEntries(growth) as unknown as Record<Who, State[]>);
    } finally {
      await stage.close();
    }
  },
};

async function callMany(page: Page, count: number): Promise<void> {
  await page.evaluate(async (times) => {
    for (let index = 0; index < times; index += 1) {
      window.probe.reset();
      window.party.dial('echo');
      await window.party.reached('active');
      window.party.hangup();
      await window.party.reached('over');
    }
  }, count);
}

/** After a second in which nothing happens: what is to be freed late is not yet a leak. */
async function look(page: Page, cdp: CDPSession): Promise<State> {
  await page.waitForTimeout(1500);
  await cdp.send('Performance.enable');
  await cdp.send('HeapProfiler.enable');
  for (let times = 0; times < 3; times += 1) {
    await cdp.send('HeapProfiler.collectGarbage');
  }
  const { metrics } = await cdp.send('Performance.getMetrics');
  const metric = (name: string): number =>
    metrics.find((each) => each.name === name)?.value ?? Number.NaN;
  const counts = await page.evaluate(() => window.probe.counts());
  return {
    heap: metric('JSHeapUsedSize'),
    nodes: metric('Nodes'),
    listeners: metric('JSEventListeners'),
    peers: counts.peers,
    timers: counts.timers,
  };
}

function measures(calls: number, states: Record<Who, State[]>): Measure[] {
  const grown = (of: (state: State) => number, per = 1) =>
    Object.fromEntries(
      WHO.map((who) => {
        const [first, , last] = states[who];
        return [who, first && last ? [(of(last) - of(first)) / per] : []];
      }),
    );
  const points = Object.fromEntries(
    WHO.map((who) => {
      const [first, second, last] = states[who];
      if (!first || !second || !last) {
        return [who, []];
      }
      const kib = (state: State): number => (state.heap - first.heap) / 1024;
      return [who, [[calls / 10, kib(second)] as const, [calls, kib(last)] as const]];
    }),
  );
  const none = { text: 'none', at: 'most', bound: 0 } as const;
  return [
    {
      id: 'memory.heap',
      title: `Heap left over by each of ${calls} calls, after garbage collection`,
      unit: 'KiB',
      samples: grown(({ heap }) => heap, calls * 1024),
      goals: [{ text: '< 1 KiB', at: 'most', bound: 1 }],
      points,
      xTitle: 'calls',
    },
    {
      id: 'memory.nodes',
      title: 'DOM nodes left over by all of them',
      unit: '',
      samples: grown(({ nodes }) => nodes),
      goals: [none],
    },
    {
      id: 'memory.listeners',
      title: 'Event listeners left over',
      unit: '',
      samples: grown(({ listeners }) => listeners),
      goals: [none],
    },
    {
      id: 'memory.peers',
      title: 'Peer connections left open',
      unit: '',
      samples: grown(({ peers }) => peers),
      goals: [none],
    },
    {
      id: 'memory.timers',
      title: 'Timers left running',
      unit: '',
      samples: grown(({ timers }) => timers),
      goals: [none],
    },
  ];
}
