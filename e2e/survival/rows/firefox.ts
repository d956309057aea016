import { existsSync } from 'node:fs';
import { FirefoxPage, firefoxPath } from '../firefox.ts';
import type { Row } from '../row.ts';
import { pause, Seat } from '../seat.ts';
import type { Sheet } from '../sheet.ts';
import { longest, talk } from '../talk.ts';
import type { Talk } from '../talk.ts';
import type { World } from '../world.ts';
import { NEAR, OURS } from '../world.ts';
import { reportAddressChange } from './network.ts';
import { socketFaults } from './socket.ts';

const SIGNALLING_MS = 5000;
const RELOAD_MS = 3000;
/** After a change of address. */
const PATIENCE_MS = 15_000;

async function seat(world: World): Promise<Seat> {
  if (!existsSync(firefoxPath)) {
    throw new Error(`${firefoxPath} is missing`);
  }
  const page = await FirefoxPage.open(world.network, NEAR.hz);
  const near = new Seat(NEAR.user, NEAR.hz, page, () => world.nearHost);
  world.adopt(near, () => page.close());
  await page.goto(world.site.url('offhook'));
  await near.signIn({ ...OURS, login_token: world.issuer.token(NEAR.user) });
  return near;
}

async function sockets(world: World, sheet: Sheet, all: Talk): Promise<void> {
  const { near, far, id } = all;
  for (const fault of socketFaults) {
    const seconds = fault.name === 'blackhole' ? 8 : 2;
    const before = await near.peer();
    await far.watch(near.hz);
    const since = Date.now();
    await fault.begin(world);
    await pause(seconds * 1000);
    await fault.end(world);
    const back = Date.now();
    const ready = await near.readyAfter(since, 20_000);
    await pause(500);
    const watched = await far.watched();
    sheet.measure(
      { name: 'signalling back', unit: 'ms', bound: SIGNALLING_MS },
      Math.max(0, ready - back),
    );
    sheet.measure({ name: 'audio gap', unit: 'ms', bound: 200 }, longest(watched.gaps));
    sheet.check(
      (await near.peer()).made === before.made,
      `${fault.name}: a new peer connection was made`,
    );
    sheet.check((await near.call(id)).objects === 1, `${fault.name}: another call object`);
  }
}

async function reload(sheet: Sheet, { near, far, id }: Talk): Promise<void> {
  await far.watch(near.hz);
  await near.page.reload();
  await near.until('survival.loadedAt > 0');
  const loadedAt = await near.page.evaluate<number>('survival.loadedAt');
  await near.reaches(id, 'active', 10_000);
  const watched = await far.hearsSteadily(400, 10_000);
  sheet.check(watched.toneNow, 'reload: the far ear hears nothing');
  const back = watched.gaps.at(-1)?.to ?? loadedAt;
  sheet.measure(
    { name: 'audio after load', unit: 'ms', bound: RELOAD_MS },
    Math.max(0, back - loadedAt),
  );
  const why = await near.hears(far.hz);
  sheet.check(why === undefined, `reload: ${why ?? ''}`);
}

export const firefoxRows: readonly Row[] = [
  {
    name: 'firefox',
    title:
      'Firefox: the socket rows, a reload, and a change of address. Bounds are twice Chromium’s.',
    suite: 'it takes its time to start; runs in e2e:survival',
    async run(world, sheet) {
      const all = await talk(world, {}, await seat(world));
      await sockets(world, sheet, all);
      await reload(sheet, all);
      if (world.network.namespace) {
        await reportAddressChange(world, sheet, all, PATIENCE_MS);
      }
    },
  },
];
