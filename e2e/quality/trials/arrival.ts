import type { Page } from '@playwright/test';
import { pause } from '../../survival/seat.ts';
import { talk } from '../../survival/talk.ts';
import type { World } from '../../survival/world.ts';
import { NEAR, OURS } from '../../survival/world.ts';
import type { Ledger } from '../ledger.ts';
import { Reported } from '../reported.ts';
import type { Effort, Trial } from '../trial.ts';

/** The network dies under a call, the page is closed, and a page of the next day finds the gateway again. */
async function networkDied(world: World, ledger: Ledger): Promise<void> {
  const { near, id } = await talk(world);
  const { page } = near.page as unknown as { readonly page: Page };
  const context = page.context();
  await pause(4_000);
  world.network.drop(true);
  const died = Date.now();
  try {
    await pause(3_000);
    await near.page.evaluate(`void driver.invoke(${JSON.stringify(id)}, 'hangup', [])`);
    await near.reaches(id, 'destroy', 15_000);
    // What has to be seen is in the store now, not on the wire.
    await near.until(
      `indexedDB.databases().then((all) => all.some(({ name }) => name === 'offhook-uploads'))`,
    );
    await pause(1_000);
    await page.close();
  } finally {
    world.network.drop(false);
  }
  const next = await context.newPage();
  await next.goto(world.site.url('offhook'));
  const options = { ...OURS, host: world.nearHost, login_token: world.issuer.token(NEAR.user) };
  await next.evaluate(`driver.signIn(${JSON.stringify(options)})`);
  const signedIn = Date.now();
  const report = await Reported.of(world, id, NEAR.user);
  ledger.note(
    `the report was there ${String(Date.now() - signedIn)} ms after the next page had signed in`,
  );
  const ended = report.events('ended').map(({ t }) => t);
  ledger.compare(
    'ended, after the network died',
    'ms',
    3_000,
    (ended[0] ?? Number.NaN) - died,
    3_000,
  );
  ledger.check(report.stats.length > 0, 'the report holds no statistics');
  await next.evaluate('driver.signOut()');
}

/** The person goes elsewhere in the middle of a call. */
async function pageLeft(world: World, ledger: Ledger): Promise<void> {
  const { near, id } = await talk(world, { options: { callReportInterval: 1000 } });
  await pause(5_000);
  await near.page.goto('about:blank');
  const left = Date.now();
  const report = await Reported.with(
    world,
    id,
    NEAR.user,
    ({ flushReason }) => flushReason?.type === 'page-unload',
  );
  ledger.note(`the report was there ${String(Date.now() - left)} ms after the page was left`);
  ledger.compare('seconds of the call with statistics', 's', 5, report.stats.length, 2);
}

const BATCH = 10;

/** A hundred calls of one page that end in the same moment. */
async function hundred(world: World, ledger: Ledger, { quick }: Effort): Promise<void> {
  const user = '1003';
  const count = quick ? 30 : 100;
  const seat = await world.seat({ user, hz: NEAR.hz }, true);
  const ids: string[] = [];
  while (ids.length < count) {
    // They hear, but say nothing: a hundred encoders are not what is measured.
    const mute = { audio: false, receiveOnlyAudio: true };
    const batch = await Promise.all(Array.from({ length: BATCH }, () => seat.dial('echo', mute)));
    await Promise.all(batch.map((id) => seat.reaches(id, 'active', 30_000)));
    ids.push(...batch);
  }
  await pause(1_500);
  const since = Date.now();
  await seat.page.evaluate(
    `Promise.all(${JSON.stringify(ids)}.map((id) => driver.invoke(id, 'hangup', [])))`,
  );
  const until = Date.now() + 90_000;
  let arrived = 0;
  while (arrived < count && Date.now() < until) {
    await pause(1_000);
    const text = await world.gateway.offhook(
      ...['reports', 'list', '--json', '--user', user, '--limit', '200'],
    );
    const { calls } = JSON.parse(text) as {
      readonly calls: readonly { readonly reports: number }[];
    };
    arrived = calls.filter(({ reports }) => reports > 0).length;
  }
  ledger.note(`all within ${String(Math.round((Date.now() - since) / 1000))} s`);
  ledger.compare('calls that ended at once, and reports', 'count', count, arrived, 0);
}

export const arrival: readonly Trial[] = [
  {
    name: 'network-died',
    title: 'the network dies, the page is closed, the next one signs in',
    suite: true,
    needsNamespace: true,
    run: networkDied,
  },
  { name: 'page-left', title: 'the page is left in a call', suite: true, run: pageLeft },
  { name: 'at-once', title: 'a hundred calls end in one moment', suite: false, run: hundred },
];
