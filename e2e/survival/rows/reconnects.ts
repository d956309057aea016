import type { Tally } from '../../pages/survival.ts';
import type { Row } from '../row.ts';
import type { Seat } from '../seat.ts';
import { checkSame, talk } from '../talk.ts';

export const reconnectRows: readonly Row[] = [
  {
    name: 'reconnects',
    title:
      '200 reconnects in a call leave no more listeners, timers, sockets or peers than the first.',
    suite: true,
    async run(world, sheet, { quick, repeat }) {
      const all = await talk(world);
      const { near } = all;
      const times = repeat ?? (quick ? 20 : 200);
      let after: Tally | undefined;
      for (let index = 0; index < times; index += 1) {
        const since = Date.now();
        await world.relay.reset();
        const ready = await near.readyAfter(since, 15_000);
        sheet.measure(
          { name: 'signalling back', unit: 'ms', bound: 2500, by: 'p95' },
          ready - since,
        );
        after ??= await settled(near);
      }
      const last = await settled(near);
      for (const what of ['listeners', 'timers', 'sockets', 'peers'] as const) {
        const more = last[what] - (after?.[what] ?? 0);
        sheet.measure(
          { name: `${what} more than after the first`, unit: 'count', bound: 0 },
          Math.max(0, more),
        );
      }
      await checkSame(all, sheet, 'after all');
    },
  },
];

/** What the page holds between two beats of its timers: the least of some looks. */
async function settled(near: Seat): Promise<Tally> {
  const looks: Tally[] = [];
  for (let look = 0; look < 20; look += 1) {
    looks.push(await near.tally());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const least = (what: keyof Tally): number => Math.min(...looks.map((look) => look[what]));
  return {
    listeners: least('listeners'),
    timers: least('timers'),
    sockets: least('sockets'),
    peers: least('peers'),
  };
}
