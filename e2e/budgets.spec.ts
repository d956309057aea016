import type { Page } from '@playwright/test';
import { expect, test } from './lib/test.ts';
import type { Party } from './lib/party.ts';

/**
 * What can be counted without noise is held here, on every machine: docs/performance.md has the times. A figure that grows is
 * a change that somebody has to want.
 */
declare global {
  interface Window {
    spent: { statistics: number; frames: number; bytes: number; timers: number };
  }
}

/** Counts from now on, in a page that has not signed in yet. */
const count = (page: Page): Promise<void> =>
  page.evaluate(() => {
    window.spent = { statistics: 0, frames: 0, bytes: 0, timers: 0 };
    const { getStats } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.getStats = function (this: RTCPeerConnection, ...args) {
      window.spent.statistics += 1;
      return getStats.apply(this, args);
    };
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (this: WebSocket, data) {
      window.spent.frames += 1;
      window.spent.bytes += typeof data === 'string' ? data.length : 0;
      send.call(this, data);
    };
    const { setTimeout } = window;
    window.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
      window.spent.timers += 1;
      return setTimeout(...args);
    }) as typeof setTimeout;
  });

const spent = (page: Page): Promise<Window['spent']> => page.evaluate(() => ({ ...window.spent }));

/** As an application without a listener for warnings. */
const ignoreWarnings = (page: Page): Promise<unknown> =>
  page.evaluate(`['telnyx.warning', 'telnyx.warning.cleared', 'telnyx.stats.frame'].forEach(
    (event) => driver.client.off(event))`);

async function spentIn(
  party: Party,
  seconds: number,
): Promise<{ statistics: number; timers: number }> {
  const before = await spent(party.page);
  await party.page.waitForTimeout(seconds * 1000);
  const after = await spent(party.page);
  return {
    statistics: after.statistics - before.statistics,
    timers: after.timers - before.timers,
  };
}

/** What five seconds of a call may set: a look or a sample a second, and for each of three pings one for its answer and one for the next. */
const TIMERS_IN_FIVE_SECONDS = 6 + 3 * 2;

test('signing in asks once, and is ready with the answer', async ({ party, gateway }) => {
  const ann = await party('1001', { options: false });
  await count(ann.page);
  // What else is asked never arrives: the client is ready without.
  await ann.page.evaluate(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (this: WebSocket, data) {
      const { method } = JSON.parse(data as string) as { method?: string };
      if (method === 'login') {
        send.call(this, data);
      }
    };
  });
  await ann.signIn({ login_token: await gateway.token('1001') });
  // The connection and the upgrade to a WebSocket are the other two round trips.
  expect(await spent(ann.page)).toMatchObject({ frames: 1 });
  expect((await spent(ann.page)).bytes).toBeLessThanOrEqual(1200);
  await ann.page.reload();
});

test('a call that nobody watches asks for no statistics, one with reports once a second, and both wake the page seldom', async ({
  party,
  gateway,
}) => {
  const ann = await party('1001', { options: false });
  await count(ann.page);
  const token = async () => ({ login_token: await gateway.token('1001') });
  await ann.signIn({ ...(await token()), enableCallReports: false });
  await ignoreWarnings(ann.page);
  const quiet = await ann.dial('echo');
  await quiet.reaches('active');
  await ann.page.waitForTimeout(3000);
  const unwatched = await spentIn(ann, 5);
  expect(unwatched.statistics).toBe(0);
  expect(unwatched.timers).toBeLessThanOrEqual(TIMERS_IN_FIVE_SECONDS);
  await quiet.hangup();
  await quiet.ended();
  await ann.signOut();

  await ann.signIn({ ...(await token()), enableCallReports: true });
  const reported = await ann.dial('echo');
  await reported.reaches('active');
  await ann.page.waitForTimeout(3000);
  const { statistics: asked, timers } = await spentIn(ann, 5);
  expect(timers).toBeLessThanOrEqual(TIMERS_IN_FIVE_SECONDS);
  expect(asked).toBeGreaterThanOrEqual(4);
  expect(asked).toBeLessThanOrEqual(6);
  await reported.hangup();
  await reported.ended();
});

test('a call takes so many frames, and leaves no listener and no node', async ({
  party,
  gateway,
}) => {
  const ann = await party('1001', { options: false });
  await count(ann.page);
  await ann.signIn({ login_token: await gateway.token('1001'), enableCallReports: false });
  await ignoreWarnings(ann.page);
  const cdp = await ann.page.context().newCDPSession(ann.page);
  await cdp.send('Performance.enable');
  const call = async (): Promise<void> => {
    const view = await ann.dial('echo');
    await view.reaches('active');
    await ann.hears(ann);
    await view.hangup();
    await view.ended();
  };
  /** The least of some looks: what is freed late is no leak. */
  const left = async () => {
    const least = { JSEventListeners: Infinity, Nodes: Infinity };
    for (let look = 0; look < 5; look += 1) {
      await ann.page.waitForTimeout(300);
      await cdp.send('HeapProfiler.collectGarbage');
      const { metrics } = await cdp.send('Performance.getMetrics');
      for (const { name, value } of metrics) {
        if (name in least) {
          const key = name as keyof typeof least;
          least[key] = Math.min(least[key], value);
        }
      }
    }
    return least;
  };
  for (let times = 0; times < 3; times += 1) {
    await call();
  }
  const before = await left();
  const from = await spent(ann.page);
  for (let times = 0; times < 10; times += 1) {
    await call();
  }
  const to = await spent(ann.page);
  const after = await left();
  expect(after.JSEventListeners - before.JSEventListeners, 'listeners').toBeLessThanOrEqual(0);
  expect(after.Nodes - before.Nodes, 'nodes').toBeLessThanOrEqual(0);
  // 6 and 3.4 KiB; a ping comes on top now and then.
  expect((to.frames - from.frames) / 10, 'frames sent for a call').toBeLessThanOrEqual(7);
  expect((to.bytes - from.bytes) / 10, 'bytes sent for a call').toBeLessThanOrEqual(4200);
});
