import { expect, test } from '@playwright/test';
import { BackgroundBrowser, type Tab } from './lib/background-browser.ts';
import { Gateway } from './lib/gateway.ts';
import { startSite, type Site } from './lib/site.ts';

/** In the background before the first call. `npm run e2e:background` gives minutes, with Chromium's own time of grace. */
const given = process.env['OFFHOOK_TEST_BACKGROUND_SECONDS'];
const long = given !== undefined;
const seconds = Number(given ?? 12);
const calls = long ? 20 : 3;
/** What a person who calls does not notice. */
const BOUND_MS = 2000;
/** A new socket after the first wait, with a sign-in on a machine that has other things to do. */
const BACK_MS = 5000;

/** Figures, beside the results. */
const tell = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

let gateway: Gateway;
let site: Site;
let browser: BackgroundBrowser;

test.beforeAll(async () => {
  // With pings of every 2 s whoever answers two of them too late is given up: the forced states of a few seconds are like those of minutes.
  gateway = await Gateway.start({
    demoUsers: 2,
    settings: long ? {} : { CALLS_PING_SECONDS: '2' },
  });
  site = await startSite();
});

test.afterAll(async () => {
  await site.close();
  await gateway.stop();
});

test.beforeEach(() => {
  browser = new BackgroundBrowser(long ? 300 : 3);
});

test.afterEach(async () => {
  await browser.close();
});

async function signIn(user: string): Promise<Tab> {
  const tab = await browser.open(site.url('offhook'));
  // A token of the demo lasts for ten minutes, and whose token ended is called no more.
  const options = { host: gateway.host, login: user, password: gateway.password(user) };
  await expect.poll(() => tab.evaluate('typeof driver')).toBe('object');
  await tab.evaluate(`driver.signIn(${JSON.stringify(options)}).then(() => true)`);
  return tab;
}

/** Calls, and returns how long it took until the other tab rang. */
async function rings(caller: Tab, callee: Tab): Promise<number> {
  const known = await callee.evaluate<number>('driver.calls().length');
  const since = await caller.evaluate<number>('performance.timeOrigin + performance.now()');
  const id = await caller.evaluate<string>(`driver.dial({ destinationNumber: '1002' })`);
  // What the page was told, and when it was: looked at from outside, since its own timers are late.
  const at = `(() => {
    const call = driver.calls()[${String(known)}];
    const entry = driver.log.find(({ callId, state }) => callId === call?.id && state === 'ringing');
    return entry ? performance.timeOrigin + entry.at : null;
  })()`;
  await expect.poll(() => callee.evaluate(at), { timeout: 90_000 }).not.toBeNull();
  const rang = await callee.evaluate<number>(at);
  await caller.evaluate(`driver.invoke(${JSON.stringify(id)}, 'hangup', []).then(() => true)`);
  const over = `driver.calls().every(({ state }) => state === 'destroy' || state === 'purge')`;
  await expect.poll(() => callee.evaluate(over), { timeout: 20_000 }).toBe(true);
  return rang - since;
}

/** How often a chain of timers of 100 ms runs in five seconds. */
const ticks = (tab: Tab): Promise<number> =>
  tab
    .evaluate(
      `(() => {
    globalThis.ticks = 0;
    const tick = () => { globalThis.ticks += 1; globalThis.next = setTimeout(tick, 100); };
    tick();
  })()`,
    )
    .then(() => new Promise((resolve) => setTimeout(resolve, 5000)))
    .then(() => tab.evaluate('clearTimeout(next), globalThis.ticks'));

test(`a tab that was in the background for ${String(seconds)} s rings within 2 s, ${String(calls)} times of ${String(calls)}`, async () => {
  test.setTimeout((seconds + 60 + calls * 15) * 1000);
  const callee = await signIn('1002');
  const caller = await signIn('1001');
  expect(await callee.evaluate('document.visibilityState')).toBe('hidden');
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  // Without throttling it would be 50.
  expect(await ticks(callee), 'timers are throttled').toBeLessThan(10);
  const took: number[] = [];
  for (let index = 0; index < calls; index += 1) {
    took.push(await rings(caller, callee));
  }
  const worst = Math.max(...took);
  const median = took.sort((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
  tell(
    `${String(calls)} calls after ${String(seconds)} s: median ${median.toFixed(0)} ms, at most ${worst.toFixed(0)} ms`,
  );
  expect(worst).toBeLessThan(BOUND_MS);
  // One and the same socket through all of it.
  expect(await callee.evaluate(`driver.log.filter(({ event }) => event === 'ready').length`)).toBe(
    1,
  );
});

test('a tab that the browser had frozen is signed in within 5 s of when it runs again, and rings within 2 s', async () => {
  const callee = await signIn('1002');
  const caller = await signIn('1001');
  const sessions = () => gateway.metric('offhook_registered_users');
  await expect.poll(sessions).toBe(2);
  await callee.freeze(true);
  // The gateway notices, so that a call goes to whatever else the user has.
  await expect.poll(sessions, { timeout: long ? 60_000 : 15_000 }).toBe(1);
  await callee.freeze(false);
  const since = Date.now();
  await expect.poll(sessions, { timeout: 10_000, intervals: [50] }).toBe(2);
  const back = Date.now() - since;
  const took = await rings(caller, callee);
  tell(
    `after it ran again: signed in within ${String(back)} ms, rang within ${took.toFixed(0)} ms`,
  );
  expect(back).toBeLessThan(BACK_MS);
  expect(took).toBeLessThan(BOUND_MS);
});
