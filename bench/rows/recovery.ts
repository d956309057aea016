import type { Measure, Row } from '../lib/measure.ts';
import { alternate } from '../lib/measure.ts';
import { Relay } from '../lib/relay.ts';
import { Stage } from '../lib/stage.ts';
import type { Actor } from '../lib/stage.ts';

const WHO = ['offhook', 'reference'] as const;
type Who = (typeof WHO)[number];
const OUTAGE_MS = 1500;

/** In a call the signalling socket is reset, and the gateway cannot be reached for a while. Audio goes another way. */
export const recovery: Row = {
  name: 'recovery',
  title: 'Recovery',
  async run({ quick, log }) {
    // A call waits for its party here, as it does by default.
    const stage = await Stage.open({ 'calls.parkSeconds': '90' });
    const relay = await Relay.to(stage.gateway.process.port);
    try {
      const lost: Record<Who, number[]> = { offhook: [], reference: [] };
      const actors = new Map<Who, { near: Actor; far: Actor }>();
      for (const who of WHO) {
        const far = await stage.actor('bare');
        const near = await stage.actor(who, {
          host: relay.url,
          trickle: null,
          client: { keepConnectionAliveOnSocketClose: true, enableCallReports: false },
        });
        const answered = far.page.evaluate(() => window.party.answerNext());
        await near.page.evaluate((to) => window.party.dial(to), far.user);
        await answered;
        await near.page.evaluate(() => window.party.reached('active'));
        await far.page.evaluate(() => window.probe.sound());
        actors.set(who, { near, far });
      }
      const outage = (ms: number) => async (who: Who) => {
        const actor = actors.get(who);
        if (!actor) {
          throw new Error('nobody');
        }
        const before = await actor.far.page.evaluate(() => window.probe.lost());
        const again = actor.near.page.evaluate(() => window.party.readyAgain());
        relay.blocked = ms > 0;
        relay.cut();
        await new Promise((resolve) => setTimeout(resolve, ms));
        relay.blocked = false;
        const from = performance.timeOrigin + performance.now();
        const readyAt = await again;
        // The other party’s socket was cut too; it is ready again before the next one.
        await new Promise((resolve) => setTimeout(resolve, 1500));
        for (const { page } of [actor.near, actor.far]) {
          const { peers } = await page.evaluate(() => window.probe.counts());
          if (peers !== 1) {
            throw new Error(`${who}: the call did not outlive the outage`);
          }
        }
        lost[who].push((await actor.far.page.evaluate(() => window.probe.lost())) - before);
        return readyAt - from;
      };
      const reset = await alternate(WHO, quick ? 2 : 5, outage(0));
      const away = await alternate(WHO, quick ? 1 : 4, outage(OUTAGE_MS));
      log('sockets were lost and found');
      return measures(reset, away, lost);
    } finally {
      await relay.close();
      await stage.close();
    }
  },
};

function measures(
  reset: Record<Who, number[]>,
  away: Record<Who, number[]>,
  lost: Record<Who, number[]>,
): Measure[] {
  return [
    {
      id: 'recovery.reset',
      title: 'The signalling socket is reset in a call → ready again',
      unit: 'ms',
      samples: reset,
      goals: [{ text: '≤ reference', against: 'reference', at: 'most', bound: 1 }],
    },
    {
      id: 'recovery.outage',
      title: `The gateway cannot be reached for ${OUTAGE_MS / 1000} s in a call → ready, from when it can`,
      unit: 'ms',
      samples: away,
      goals: [{ text: '≤ reference', against: 'reference', at: 'most', bound: 1 }],
    },
    {
      id: 'recovery.lost',
      title: 'Packets lost at the far ear meanwhile',
      unit: '',
      samples: lost,
      goals: [{ text: 'none', at: 'most', bound: 0 }],
    },
  ];
}
