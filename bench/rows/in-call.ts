import type { CDPSession } from '@playwright/test';
import type { Measure, Row } from '../lib/measure.ts';
import { Stage } from '../lib/stage.ts';
import type { Actor } from '../lib/stage.ts';

interface Variant {
  readonly id: string;
  readonly title: string;
  readonly reports: boolean;
  readonly debug: boolean;
}

const VARIANTS: readonly Variant[] = [
  { id: 'reports', title: 'as it comes: call reports', reports: true, debug: false },
  { id: 'quiet', title: 'without call reports', reports: false, debug: false },
  { id: 'debug', title: 'with call reports and `debug`', reports: true, debug: true },
];

/** What a call that stands costs its page: all at the same time, each page in a process of its own. */
export const inCall: Row = {
  name: 'in-call',
  title: 'A call that stands',
  async run({ quick, log }) {
    const seconds = quick ? 10 : 40;
    const stage = await Stage.open();
    try {
      const bare = await Call.start(stage, 'bare', { reports: false, debug: false });
      const pairs = [];
      for (const variant of VARIANTS) {
        pairs.push({
          variant,
          offhook: await Call.start(stage, 'offhook', variant),
          reference: await Call.start(stage, 'reference', variant),
        });
      }
      const all = [bare, ...pairs.flatMap(({ offhook, reference }) => [offhook, reference])];
      // The set-up is over, and the first samples that are taken more often.
      await new Promise((resolve) => setTimeout(resolve, quick ? 4000 : 10_000));
      for (const call of all) {
        await call.begin();
      }
      await new Promise((resolve) => setTimeout(resolve, seconds * 100));
      for (const call of all) {
        await call.look(seconds / 10);
      }
      await new Promise((resolve) => setTimeout(resolve, seconds * 900));
      for (const call of all) {
        await call.look(seconds);
      }
      log(`${all.length} calls for ${seconds} s`);
      return pairs.flatMap(({ variant, offhook, reference }) =>
        measures(variant, { offhook, reference, bare }),
      );
    } finally {
      await stage.close();
    }
  },
};

function measures(
  { id, title }: Variant,
  calls: Readonly<Record<'offhook' | 'reference' | 'bare', Call>>,
): Measure[] {
  const samples = (of: (call: Call) => number) =>
    Object.fromEntries(Object.entries(calls).map(([who, call]) => [who, [of(call)]]));
  return [
    {
      id: `in-call.${id}.cpu`,
      title: `Main thread, CPU in a minute of a call, ${title}`,
      unit: 'ms',
      samples: samples(({ taskMs }) => taskMs),
      points: Object.fromEntries(Object.entries(calls).map(([who, { points }]) => [who, points])),
      xTitle: 'seconds of a call',
      linear: true,
      goals: [{ text: '≤ 0.5 × reference', against: 'reference', at: 'most', bound: 0.5 }],
    },
    {
      id: `in-call.${id}.stats`,
      title: `getStats() in a minute of a call, ${title}`,
      unit: '',
      samples: samples(({ getStats }) => getStats),
    },
  ];
}

class Call {
  /** A minute's share. */
  taskMs = 0;
  getStats = 0;
  /** Seconds, and the milliseconds that they took. */
  readonly points: (readonly [x: number, y: number])[] = [];
  readonly #actor: Actor;
  readonly #cdp: CDPSession;
  #before = { task: 0, getStats: 0 };

  static async start(
    stage: Stage,
    who: 'offhook' | 'reference' | 'bare',
    { reports, debug }: Pick<Variant, 'reports' | 'debug'>,
  ): Promise<Call> {
    const actor = await stage.actor(who, {
      client: { enableCallReports: reports, ...(debug ? { debug: true } : {}) },
      call: debug ? { debug: true, debugOutput: 'socket' } : {},
    });
    await actor.page.evaluate(async () => {
      window.probe.listening = false;
      window.party.dial('echo');
      await window.party.reached('active');
    });
    const cdp = await actor.page.context().newCDPSession(actor.page);
    // Time on a core, not on the clock: the pages share the machine.
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new Call(actor, cdp);
  }

  private constructor(actor: Actor, cdp: CDPSession) {
    this.#actor = actor;
    this.#cdp = cdp;
  }

  async begin(): Promise<void> {
    this.#before = await this.#now();
  }

  /** @param seconds since the begin */
  async look(seconds: number): Promise<void> {
    const { task, getStats } = await this.#now();
    const ms = (task - this.#before.task) * 1000;
    this.points.push([seconds, ms]);
    this.taskMs = (ms * 60) / seconds;
    this.getStats = ((getStats - this.#before.getStats) * 60) / seconds;
  }

  async #now(): Promise<{ task: number; getStats: number }> {
    const { metrics } = await this.#cdp.send('Performance.getMetrics');
    const task = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
    const counts = await this.#actor.page.evaluate(() => window.probe.counts());
    return { task, getStats: counts.getStats };
  }
}
