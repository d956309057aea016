import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { LocalEngine } from '../packages/gateway/src/media/embedded/testing/local-engine.ts';
import { launch, listenable } from './lib/browser.ts';
import { bundle } from './lib/bundle.ts';

/**
 * One of ten packets to one party is lost, always the same ones. What the other party's encoder learns of it decides how much of the
 * audio has to be made up at the far end.
 */

/** A voice: Opus protects speech, and hardly a tone. */
const SPEECH = fileURLToPath(new URL('voices/book-a-table.wav', import.meta.url));
const SETTLE_MS = 12_000;
const MEASURE_MS = 15_000;

interface Heard {
  readonly concealed: number;
  readonly all: number;
  readonly fec: number;
}

const heard = (page: Page): Promise<Heard> =>
  page.evaluate(async () => {
    const { concealedSamples, totalSamplesReceived, fecPacketsReceived } =
      await window.bare.stats();
    return { concealed: concealedSamples, all: totalSamplesReceived, fec: fecPacketsReceived };
  });

const isRtp = (data: Buffer): boolean => data.readUInt8(0) >= 128 && data.readUInt8(1) < 192;
const isRtcp = (data: Buffer): boolean => data.readUInt8(0) >= 128 && data.readUInt8(1) >= 192;

interface Way {
  /** Whether the sender gets our reports. */
  readonly reported: boolean;
  readonly red: boolean;
}

async function concealedShare(url: string, { reported, red }: Way): Promise<number> {
  const engine = await LocalEngine.start();
  const browsers = await Promise.all([launch(SPEECH), launch(SPEECH)]);
  try {
    const ports: Record<string, Set<number>> = { a: new Set(), b: new Set() };
    let calling = 'b';
    const deliver = engine.hub.datagram.bind(engine.hub);
    engine.hub.datagram = (socket, data, from, key) => {
      if (!ports['b']?.has(from.port)) {
        ports[calling]?.add(from.port);
      }
      deliver(socket, data, from, key);
    };
    const [a, b] = await Promise.all(
      browsers.map(async (browser) => {
        const context = await listenable(browser);
        await context.addInitScript({ content: await bundle('pages/bare.ts') });
        const page = await context.newPage();
        await page.goto(url);
        await page.evaluate((preferRed) => window.bare.open({ preferRed }), red);
        return page;
      }),
    );
    if (!a || !b) {
      throw new Error('no pages');
    }
    const dial = async (page: Page, leg: string): Promise<void> => {
      calling = leg;
      const sdp = await page.evaluate(() => window.bare.offer());
      const answer = engine.run('offer', { call: 'c', leg, sdp });
      await page.evaluate((text) => window.bare.accept(text), answer.sdp);
      await page.evaluate(() => window.bare.connected());
    };
    await dial(b, 'b');
    await dial(a, 'a');
    let count = 0;
    engine.drop = (data, to) => {
      if (to === undefined) {
        return false;
      }
      if (ports['b']?.has(to)) {
        return isRtp(data) && ((count += 1) * 7) % 10 === 0;
      }
      return !reported && isRtcp(data);
    };
    engine.run('connect', { call: 'c', a: 'a', b: 'b' });
    await b.waitForTimeout(SETTLE_MS);
    const before = await heard(b);
    await b.waitForTimeout(MEASURE_MS);
    const after = await heard(b);
    return (after.concealed - before.concealed) / (after.all - before.all);
  } finally {
    for (const browser of browsers) {
      await browser.close();
    }
    await engine.close();
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

test('loss on one party’s way is made up for by the other one’s encoder', async () => {
  test.setTimeout(240_000);
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>loss</title><audio autoplay></audio>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  const silent = await concealedShare(url, { reported: false, red: false });
  const told = await concealedShare(url, { reported: true, red: false });
  const red = await concealedShare(url, { reported: true, red: true });
  server.closeAllConnections();
  server.close();
  process.stdout.write(
    `concealed at 10 % loss: ${percent(silent)} when the sender does not learn of it, ${percent(told)} when it does, ${percent(red)} with RED\n`,
  );
  expect(silent).toBeGreaterThan(0.04);
  expect(told).toBeLessThan(silent * 0.7);
  expect(red).toBeLessThan(silent * 0.7);
});
