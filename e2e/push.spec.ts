import { readFileSync } from 'node:fs';
import { expect, test as base, type BrowserContext } from '@playwright/test';
import { testIds } from '../apps/softphone/src/testids.ts';
import { PushService } from '../packages/gateway/src/push/testing/push-service.ts';
import { describe, hearTone, notTone } from './lib/audio.ts';
import { browserOf, type BrowserOf } from './lib/browser-of.ts';
import { listenable } from './lib/browser.ts';
import { makeCertificate } from './lib/certificate.ts';
import { Gateway } from './lib/gateway.ts';
import { Phone } from './lib/phone.ts';
import { SleepingBrowser } from './lib/sleeping-browser.ts';

interface Scene {
  readonly gateway: Gateway;
  readonly service: PushService;
  readonly ann: Phone;
  readonly bob: { readonly context: BrowserContext; readonly browser: SleepingBrowser };
}

/** A gateway, a push service on this machine, Ann at her phone, and Bob's browser, which has been asked to ring while it is closed. */
const test = base.extend<{ scene: Scene }, { browserOf: BrowserOf }>({
  browserOf,
  scene: async ({ browserOf: voice }, use) => {
    let key = '';
    const certificate = makeCertificate('localhost');
    const service = await PushService.start(() => key, {
      cert: readFileSync(certificate.cert, 'utf8'),
      key: readFileSync(certificate.key, 'utf8'),
    });
    const gateway = await Gateway.start({
      demoUsers: 2,
      trusts: certificate.cert,
      settings: { PUSH_HOSTS: 'localhost', PUSH_WAIT_SECONDS: '30' },
    });
    const contexts: BrowserContext[] = [];
    try {
      ({ key } = (await (await fetch(`${gateway.url}/push/key`)).json()) as { key: string });
      for (const frequency of [440, 880]) {
        contexts.push(await listenable(await voice(frequency)));
      }
      const [annsContext, context] = contexts as [BrowserContext, BrowserContext];
      const ann = new Phone(await annsContext.newPage());
      await ann.signIn(gateway.url, '1001');
      const browser = await SleepingBrowser.of(context, gateway.url, service.browser());
      const page = new Phone(await context.newPage());
      await page.signIn(gateway.url, '1002');
      await page.click(testIds.settings);
      await page.at(testIds.push).click();
      await expect(page.at(testIds.push)).toBeChecked();
      await page.page.close();
      // Closed is what the gateway takes for closed: a page that still ends would ring, and be asked by the service worker whether it does.
      await expect.poll(() => gateway.metric('offhook_sockets')).toBe(1);
      await use({ gateway, service, ann, bob: { context, browser } });
      expect(service.refused).toEqual([]);
      expect(gateway.errors).toEqual([]);
    } finally {
      await Promise.all(contexts.map((context) => context.close()));
      await gateway.stop();
      await service.close();
      certificate.remove();
    }
  },
});

/** The next message to Bob's browser, which gets it. */
async function message(scene: Scene, index: number): Promise<Record<string, unknown>> {
  const { service, gateway, bob } = scene;
  await expect.poll(() => service.delivered.length).toBeGreaterThan(index);
  const payload = service.delivered[index]?.payload ?? {};
  await bob.browser.receives(gateway.url, payload);
  return payload;
}

const titles = async ({ bob }: Scene): Promise<string[]> =>
  (await bob.browser.shown()).map(({ title }) => title);

test('a call to a closed page: the notification opens the phone, which is signed in, rings, and is answered', async ({
  scene,
}) => {
  const { ann, bob } = scene;
  await ann.dial('1002');
  const ring = await message(scene, 0);
  expect(ring).toMatchObject({ type: 'ring', number: '1001' });
  await expect.poll(() => titles(scene)).toEqual(['Call from Demo 1001']);
  const address = await bob.browser.click(String(ring['call']));
  const phone = new Phone(await bob.context.newPage());
  await phone.page.goto(address);
  await phone.rings();
  expect(phone.page.url()).not.toContain('#');
  await phone.click(testIds.answer);
  await Promise.all([ann.shows('active'), phone.shows('active')]);
  for (const [who, frequency] of [
    [ann, 880],
    [phone, 440],
  ] as const) {
    const hearing = await hearTone(who.page, frequency);
    expect(notTone(hearing, frequency), describe(hearing)).toBeUndefined();
  }
  expect(await message(scene, 1)).toMatchObject({ type: 'over' });
  await expect.poll(() => titles(scene)).toEqual([]);
  await phone.click(testIds.hangup);
  await ann.showsNoCall();
});

test('a call that is given up leaves a missed call behind; who signed out is not woken', async ({
  scene,
}) => {
  const { ann, bob, gateway, service } = scene;
  await ann.dial('1002');
  await message(scene, 0);
  await expect.poll(() => titles(scene)).toEqual(['Call from Demo 1001']);
  await ann.click(testIds.hangup);
  expect(await message(scene, 1)).toMatchObject({ type: 'missed' });
  await expect.poll(() => titles(scene)).toEqual(['Missed call from Demo 1001']);

  const phone = new Phone(await bob.context.newPage());
  await phone.signIn(gateway.url, '1002');
  // A page that is closed at once may not have told the gateway yet.
  const forgotten = phone.page.waitForResponse(
    (response) => response.request().method() === 'DELETE' && response.status() === 204,
  );
  await phone.click(testIds.signOut);
  await forgotten;
  await expect(phone.at(testIds.signInAs('1002'))).toBeVisible();
  await phone.page.close();
  await ann.showsNoCall();
  await ann.dial('1002');
  await expect(ann.at(testIds.lastCall)).toHaveAttribute('data-cause', 'SUBSCRIBER_ABSENT');
  expect(service.delivered).toHaveLength(2);
});
