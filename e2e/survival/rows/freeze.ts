import { signal, treeOf } from '../processes.ts';
import type { Row } from '../row.ts';
import { pause } from '../seat.ts';
import { talk } from '../talk.ts';
import { NEAR } from '../world.ts';
import { survivor } from './network.ts';

const BOUND_MS = 3000;

/** The whole browser stands still, as on a laptop that sleeps. */
const freeze: Row = {
  name: 'frozen',
  title: 'The browser is frozen for 40 s, then continued.',
  suite: true,
  async run(world, sheet, { quick, repeat }) {
    for (let index = 0; index < (repeat ?? 1); index += 1) {
      const all = await talk(world);
      const { near, far, id, farId } = all;
      const pids = world.network.namespace
        ? world.network.pids()
        : treeOf(`/${String(NEAR.hz)}.wav`);
      if (pids.length < 3) {
        throw new Error('The processes of the browser were not found.');
      }
      await far.watch(near.hz);
      signal(pids, 'SIGSTOP');
      try {
        await pause(quick ? 5000 : 40_000);
      } finally {
        signal(pids, 'SIGCONT');
      }
      const since = Date.now();
      const watched = await far.hearsSteadily(300, 10_000);
      const ended = (await far.call(farId)).state;
      if (watched.toneNow) {
        const back = watched.gaps.at(-1)?.to ?? since;
        sheet.measure(
          { name: 'recovered', unit: 'ms', bound: BOUND_MS },
          Math.max(0, back - since),
        );
        sheet.check((await survivor(near, id)) !== undefined, 'the near call is gone');
        const why = await near.hears(far.hz);
        sheet.check(why === undefined, why ?? '');
      } else {
        const record = await near.call(id);
        const told = (await near.told(since)).find(({ state }) => state === 'destroy');
        sheet.measure(
          { name: 'ended', unit: 'ms', bound: BOUND_MS },
          (told?.time ?? Infinity) - since,
        );
        sheet.check(
          record.cause !== undefined,
          `neither recovered nor ended (${record.state}, far ${ended})`,
        );
        sheet.note(await near.timeline(since - 1000));
      }
      // `registered` is never shown on a dead socket.
      const asked = await near.page.evaluate<boolean>(
        'Promise.resolve(driver.client.getIsRegistered?.() ?? true)',
      );
      sheet.check(asked, 'not registered after the wake');
      await world.tidy();
    }
  },
};

export const freezeRows: readonly Row[] = [freeze];
