import type { Browser, Page } from '@playwright/test';
import { expect, test as base } from '@playwright/test';
import { EmbeddedMediaPlane } from '../packages/gateway/src/media/embedded/plane.ts';
import type { MediaEvent } from '../packages/gateway/src/media/media-plane.ts';
import { hearSilence, hearTone, isSilent, notTone } from './lib/audio.ts';
import { launch, listenable } from './lib/browser.ts';
import { browserOf } from './lib/browser-of.ts';
import type { BrowserOf } from './lib/browser-of.ts';
import { bundle } from './lib/bundle.ts';
import { serve } from './lib/web-server.ts';
import type { InboundStats } from './pages/bare.ts';

/** The embedded media plane with real browsers and nothing else: no signalling, no SDK. */

const LOW = 440;
const HIGH = 880;

interface Plane extends EmbeddedMediaPlane {
  readonly events: MediaEvent[];
}

interface Fixtures {
  /** A fresh page in the browser whose microphone has this frequency. */
  open: (frequency: number) => Promise<Page>;
}
interface WorkerFixtures {
  plane: Plane;
  url: string;
  browserOf: BrowserOf;
}

async function openPage(
  browser: Browser,
  url: string,
  options: Parameters<Window['bare']['open']>[0] = {},
): Promise<Page> {
  const context = await listenable(browser);
  await context.addInitScript({ content: await bundle('pages/bare.ts') });
  const page = await context.newPage();
  await page.goto(url);
  await page.evaluate((given) => window.bare.open(given), options);
  return page;
}

const test = base.extend<Fixtures, WorkerFixtures>({
  plane: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const plane = new EmbeddedMediaPlane({
        workers: 1,
        bind: ['127.0.0.1'],
        disconnectedMs: 1_500,
        failedMs: 4_000,
      });
      await plane.start();
      const events: MediaEvent[] = [];
      plane.subscribe((event) => events.push(event));
      await use(Object.assign(plane, { events }));
      await plane.close();
    },
    { scope: 'worker' },
  ],
  url: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const server = await serve((_request, response) => {
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><title>bare</title><audio autoplay></audio>');
      });
      await use(`${server.origin}/`);
      await server.close();
    },
    { scope: 'worker' },
  ],
  browserOf,
  open: async ({ browserOf, url }, use) => {
    const pages: Page[] = [];
    await use(async (frequency) => {
      const page = await openPage(await browserOf(frequency), url);
      pages.push(page);
      return page;
    });
    for (const page of pages) {
      await page.context().close();
    }
  },
});

const stats = (page: Page): Promise<InboundStats> => page.evaluate(() => window.bare.stats());
const connected = (page: Page): Promise<void> => page.evaluate(() => window.bare.connected());

async function calls(plane: Plane, page: Page, call: string, leg: string): Promise<void> {
  const sdp = await page.evaluate(() => window.bare.offer());
  const answer = await plane.offer({ call, leg, sdp });
  await page.evaluate((text) => window.bare.accept(text), answer.sdp);
}

async function isCalled(plane: Plane, page: Page, call: string, leg: string, replacePeer = false) {
  const offer = await plane.createOffer({ call, leg, codecs: ['opus'], replacePeer });
  const sdp = await page.evaluate((text) => window.bare.answer(text), offer.sdp);
  await plane.answer({ call, leg, sdp });
}

async function pair(plane: Plane, open: Fixtures['open'], call: string) {
  const legs = { a: `${call}-a`, b: `${call}-b` };
  const [a, b] = await Promise.all([open(LOW), open(HIGH)]);
  await calls(plane, a, call, legs.a);
  await isCalled(plane, b, call, legs.b);
  await plane.connect(call, legs.a, legs.b);
  await Promise.all([connected(a), connected(b)]);
  return { legs, a, b };
}

async function expectBothHear(a: Page, b: Page): Promise<void> {
  expect(notTone(await hearTone(a, HIGH), HIGH)).toBeUndefined();
  expect(notTone(await hearTone(b, LOW), LOW)).toBeUndefined();
}

const eventually = (plane: Plane, what: Partial<MediaEvent>, timeout = 8_000): Promise<void> =>
  expect(() => {
    expect(plane.events).toContainEqual(expect.objectContaining(what));
  }).toPass({ timeout, intervals: [50] });

test('two browsers hear each other, and each gets reports about its own way', async ({
  plane,
  open,
}) => {
  const { a, b } = await pair(plane, open, 'hear');
  await expectBothHear(a, b);
  await expect(async () => {
    expect((await stats(a)).roundTripTime).toBeLessThan(0.2);
  }).toPass({ timeout: 5_000 });
  expect((await stats(b)).codec).toBe('audio/opus');
  await plane.delete({ call: 'hear' });
});

test('a browser that hides its addresses and has no microphone hears a tone', async ({
  plane,
  url,
}) => {
  // Without the microphone permission, Chromium writes .local names into its candidates.
  const browser = await launch(LOW, undefined, 'deny');
  const page = await openPage(browser, url, { listenOnly: true });
  const sdp = await page.evaluate(() => window.bare.offer({ complete: true }));
  expect(sdp).toContain('.local ');
  const answer = await plane.offer({ call: 'hidden', leg: 'hidden-a', sdp });
  expect(answer.sdp).toContain('a=sendonly');
  await plane.play({ call: 'hidden', leg: 'hidden-a', source: { kind: 'tone' } });
  await page.evaluate((text) => window.bare.accept(text), answer.sdp);
  expect(notTone(await hearTone(page, 1000), 1000)).toBeUndefined();
  await plane.delete({ call: 'hidden' });
  await browser.close();
});

test('an offer without a BUNDLE group gets an answer without one', async ({ plane, open }) => {
  const page = await open(LOW);
  const offer = await page.evaluate(() => window.bare.offer());
  const sdp = offer.replace(/^a=group:BUNDLE.*\r\n/m, '');
  const answer = await plane.offer({ call: 'bare', leg: 'bare-a', sdp });
  expect(answer.sdp).not.toContain('a=group');
  await plane.play({ call: 'bare', leg: 'bare-a', source: { kind: 'tone' } });
  await page.evaluate((text) => window.bare.accept(text), answer.sdp);
  expect(notTone(await hearTone(page, 1000), 1000)).toBeUndefined();
  await plane.delete({ call: 'bare' });
});

test('audio connects behind a video line whose transport it uses', async ({
  plane,
  browserOf,
  url,
}) => {
  const page = await openPage(await browserOf(LOW), url, { videoFirst: true });
  const sdp = await page.evaluate(() => window.bare.offer());
  expect(sdp.indexOf('m=video')).toBeLessThan(sdp.indexOf('m=audio'));
  const answer = await plane.offer({ call: 'video', leg: 'video-a', sdp });
  await plane.play({ call: 'video', leg: 'video-a', source: { kind: 'tone' } });
  await page.evaluate((text) => window.bare.accept(text), answer.sdp);
  await connected(page);
  expect(notTone(await hearTone(page, 1000), 1000)).toBeUndefined();
  await page.context().close();
  await plane.delete({ call: 'video' });
});

test('hold is silence on both sides, packet for packet, and ends at once', async ({
  plane,
  open,
}) => {
  const { legs, a, b } = await pair(plane, open, 'hold');
  await expectBothHear(a, b);
  await plane.hold({ call: 'hold', leg: legs.a, on: true });
  for (const page of [a, b]) {
    expect(isSilent(await hearSilence(page))).toBe(true);
  }
  const before = await stats(b);
  await b.waitForTimeout(3_000);
  const after = await stats(b);
  expect(after.packetsReceived - before.packetsReceived).toBeGreaterThan(120);
  expect(after.packetsLost).toBe(before.packetsLost);
  await plane.hold({ call: 'hold', leg: legs.a, on: false });
  await expectBothHear(a, b);
  expect((await stats(b)).ssrc).toBe(before.ssrc);
  await plane.delete({ call: 'hold' });
});

test('an ICE restart from either side loses no packet', async ({ plane, open }) => {
  const { legs, a, b } = await pair(plane, open, 'restart');
  await expectBothHear(a, b);
  for (const [page, leg] of [
    [a, legs.a],
    [b, legs.b],
    [a, legs.a],
  ] as const) {
    const sdp = await page.evaluate(() => window.bare.offer({ restart: true }));
    const answer = await plane.offer({ call: 'restart', leg, sdp });
    expect(answer.replacedPeer).toBe(false);
    await page.evaluate((text) => window.bare.accept(text), answer.sdp);
    await page.waitForTimeout(1_000);
  }
  await expectBothHear(a, b);
  for (const page of [a, b]) {
    expect((await stats(page)).packetsLost).toBe(0);
  }
  await plane.delete({ call: 'restart' });
});

test('a plain re-offer is answered on the same transport, without a gap', async ({
  plane,
  open,
}) => {
  const { legs, a, b } = await pair(plane, open, 'reoffer');
  await expectBothHear(a, b);
  await calls(plane, a, 'reoffer', legs.a);
  await calls(plane, b, 'reoffer', legs.b);
  await expectBothHear(a, b);
  for (const page of [a, b]) {
    expect((await stats(page)).packetsLost).toBe(0);
  }
  await plane.delete({ call: 'reoffer' });
});

test('a new page takes over by its offer or by ours; the far one hears one stream', async ({
  plane,
  open,
}) => {
  const { legs, a, b } = await pair(plane, open, 'page');
  await expectBothHear(a, b);
  const before = await stats(b);
  await a.context().close();
  const second = await open(LOW);
  await calls(plane, second, 'page', legs.a);
  await connected(second);
  await expectBothHear(second, b);
  const third = await open(LOW);
  await isCalled(plane, third, 'page', legs.a, true);
  await connected(third);
  await expectBothHear(third, b);
  const after = await stats(b);
  expect(after.ssrc).toBe(before.ssrc);
  expect(after.packetsLost).toBe(0);
  await plane.delete({ call: 'page' });
});

test('digits that a browser sends are reported once each, in order', async ({ plane, open }) => {
  const { legs, a, b } = await pair(plane, open, 'digits');
  await expectBothHear(a, b);
  await a.evaluate(() => {
    window.bare.press('159#');
  });
  const digits = (): string =>
    plane.events
      .flatMap((event) => (event.type === 'dtmf' && event.leg === legs.a ? [event.digit] : []))
      .join('');
  await expect.poll(digits, { timeout: 5_000 }).toBe('159#');
  await plane.delete({ call: 'digits' });
});

test('a page that goes away is noticed; its place stays, and the far page hears silence', async ({
  plane,
  open,
}) => {
  const { legs, a, b } = await pair(plane, open, 'gone');
  await expectBothHear(a, b);
  await a.goto('about:blank');
  await eventually(plane, { type: 'state', leg: legs.a, state: 'disconnected' });
  expect(isSilent(await hearSilence(b))).toBe(true);
  await eventually(plane, { type: 'state', leg: legs.a, state: 'failed' });
  const back = await open(LOW);
  await calls(plane, back, 'gone', legs.a);
  await connected(back);
  await expectBothHear(back, b);
  await plane.delete({ call: 'gone' });
});
