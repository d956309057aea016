import type { Page } from '@playwright/test';
import { hearSilence, hearTone, isSilent, notTone } from './lib/audio.ts';
import { listenable } from './lib/browser.ts';
import { bundle } from './lib/bundle.ts';
import { Kamailio } from './lib/kamailio.ts';
import { DIRECT_HZ, PhoneNetwork } from './lib/phone-network.ts';
import { expect, PHONE_HZ, phoneHears, test } from './lib/sip-test.ts';

const PAGE_HZ = 2000;

async function hears(page: Page, hz: number): Promise<void> {
  expect(notTone(await hearTone(page, hz), hz)).toBeUndefined();
}

test('a page with JsSIP calls a browser and is called: audio both ways, digits, hold, causes', async ({
  party,
  network,
  browserOf,
  site,
}) => {
  const context = await listenable(await browserOf(PAGE_HZ));
  const page = await context.newPage();
  const state = (): Promise<string> => page.evaluate(() => window.sipPage.state);
  try {
    await page.goto(site.url('offhook'));
    await page.addScriptTag({ content: await bundle('pages/jssip.ts') });
    await page.evaluate((who) => window.sipPage.signIn(who), {
      url: `ws://127.0.0.1:${String(network.kamailio.port)}`,
      user: PhoneNetwork.page,
      domain: Kamailio.domain,
      password: network.pagePassword,
    });
    const ann = await party('1001');

    await page.evaluate(() => {
      window.sipPage.dial('1001');
    });
    const inbound = await ann.incoming();
    expect((await inbound.record()).remoteNumber).toBe(PhoneNetwork.page);
    await inbound.answer();
    await expect.poll(state).toBe('confirmed');
    await Promise.all([ann.hears(PAGE_HZ), hears(page, ann.frequency)]);
    await page.evaluate(() => {
      window.sipPage.press('7');
    });
    await expect.poll(() => ann.frames.digits).toBe('7');
    await page.evaluate(() => {
      window.sipPage.hold(true);
    });
    await expect
      .poll(() => ann.frames.received('offhook').map(({ event }) => event))
      .toEqual(['remote_held']);
    await ann.hearsSilence();
    await page.evaluate(() => {
      window.sipPage.hold(false);
    });
    await Promise.all([ann.hears(PAGE_HZ), hears(page, ann.frequency)]);
    await inbound.hangup();
    await expect.poll(state).toBe('ended');

    const outbound = await ann.dial(PhoneNetwork.page);
    await expect.poll(state).toBe('rings');
    await page.evaluate(() => {
      window.sipPage.answer();
    });
    await outbound.reaches('active');
    await Promise.all([ann.hears(PAGE_HZ), hears(page, ann.frequency)]);
    await outbound.invoke('dtmf', '42');
    await expect.poll(() => page.evaluate(() => window.sipPage.digits)).toBe('42');
    await outbound.invoke('hold');
    expect(isSilent(await hearSilence(page))).toBe(true);
    await outbound.invoke('unhold');
    await hears(page, ann.frequency);
    await page.evaluate(() => {
      window.sipPage.hangup();
    });
    expect(await outbound.ended()).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });

    const refused = await ann.dial(PhoneNetwork.page);
    await expect.poll(state).toBe('rings');
    await page.evaluate(() => {
      window.sipPage.hangup();
    });
    expect(await refused.ended()).toMatchObject({ cause: 'NO_USER_RESPONSE', sipCode: 480 });
    await page.evaluate(() => {
      window.sipPage.signOut();
    });
  } finally {
    await context.close();
  }
});

test('the reference SDK calls a phone and is called by it', async ({
  party,
  network: { phone },
}) => {
  const ann = await party('1001', { sdk: 'reference' });
  const out = await ann.dial('2001');
  await out.reaches('active');
  await Promise.all([ann.hears(PHONE_HZ), phoneHears(phone, ann.frequency)]);
  phone.digits = '';
  await out.invoke('dtmf', '5');
  await phone.gets('5');
  await out.hangup();
  await out.ended();

  await phone.dial('1001');
  const inbound = await ann.incoming();
  await inbound.answer();
  await Promise.all([ann.hears(PHONE_HZ), phoneHears(phone, ann.frequency)]);
  await phone.command('hangup');
  expect(await inbound.ended()).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
});

test('a phone that is a trunk by itself, with nothing between: audio both ways, hang-up', async ({
  party,
  network,
}) => {
  const { direct } = network;
  const ann = await party('1001');
  const out = await ann.dial(PhoneNetwork.direct);
  await out.reaches('active');
  await Promise.all([ann.hears(DIRECT_HZ), phoneHears(direct, ann.frequency)]);
  await out.hangup();
  await out.ended();

  const since = direct.events.length;
  await direct.dial('1001', `127.0.0.1:${String(network.gatewayPort)}`);
  const inbound = await ann.incoming();
  await inbound.answer();
  await direct.told('CALL_ESTABLISHED', since);
  await Promise.all([ann.hears(DIRECT_HZ), phoneHears(direct, ann.frequency)]);
  await direct.command('hangup');
  expect(await inbound.ended()).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
});
