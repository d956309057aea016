import type { BrowserContext } from '@playwright/test';
import { testIds } from '../apps/softphone/src/testids.ts';
import { describe, hearTone, notTone } from './lib/audio.ts';
import { launch, listenable } from './lib/browser.ts';
import { Phone } from './lib/phone.ts';
import { expect, test as base } from './lib/test.ts';

interface Fixtures {
  /** Opens the phone in a browser with this voice. */
  phone: (frequency: number) => Promise<Phone>;
}

const test = base.extend<Fixtures>({
  phone: async ({ gateway, browserOf }, use, testInfo) => {
    const contexts: BrowserContext[] = [];
    const phones: Phone[] = [];
    const complaints: string[] = [];
    await use(async (frequency) => {
      const context = await listenable(await browserOf(frequency));
      contexts.push(context);
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
      page.on('console', (message) => {
        // What the SDK logs of a refused sign-in belongs to the test of one.
        const refused = message.text().includes('LOGIN_FAILED');
        if (message.type() === 'error' && !refused) {
          complaints.push(message.text());
        }
      });
      await page.goto(gateway.url);
      const phone = new Phone(page);
      phones.push(phone);
      return phone;
    });
    if (testInfo.status !== testInfo.expectedStatus) {
      for (const [index, { page }] of phones.entries()) {
        if (page.isClosed()) {
          continue;
        }
        const body = await page.screenshot();
        await testInfo.attach(`phone ${String(index)}`, { body, contentType: 'image/png' });
      }
    }
    for (const { page } of phones) {
      if (!page.isClosed()) {
        await page.goto('about:blank');
      }
    }
    await Promise.all(contexts.map((context) => context.close()));
    expect(complaints, 'errors in the console of a phone').toEqual([]);
  },
});

async function hears(phone: Phone, frequency: number, peer?: number): Promise<void> {
  const hearing = await hearTone(phone.page, frequency, peer);
  expect(notTone(hearing, frequency), describe(hearing)).toBeUndefined();
}

test('one click signs in; a call rings, is answered, heard, and ended by the other', async ({
  phone,
  gateway,
}) => {
  const [ann, bob] = [await phone(440), await phone(880)];
  await Promise.all([ann.signIn(gateway.url, '1001'), bob.signIn(gateway.url, '1002')]);
  await ann.dial('1002');
  await bob.rings();
  await expect(bob.at(testIds.incoming)).toContainText('1001');
  await bob.click(testIds.answer);
  await Promise.all([ann.shows('active'), bob.shows('active')]);
  await Promise.all([hears(ann, 880), hears(bob, 440)]);
  await bob.click(testIds.hangup);
  await Promise.all([ann.showsNoCall(), bob.showsNoCall()]);
});

test('everything works from the keyboard', async ({ phone, gateway }) => {
  const [ann, bob] = [await phone(440), await phone(880)];
  await ann.at(testIds.signInAs('1001')).focus();
  await ann.page.keyboard.press('Enter');
  await bob.signIn(gateway.url, '1002');
  await ann.at(testIds.dialInput).focus();
  await ann.page.keyboard.type('1002');
  await ann.page.keyboard.press('Enter');
  await bob.rings();
  await bob.at(testIds.answer).focus();
  await bob.page.keyboard.press('Enter');
  await Promise.all([ann.shows('active'), bob.shows('active')]);
  await ann.at(testIds.hangup).focus();
  await ann.page.keyboard.press('Space');
  await Promise.all([ann.showsNoCall(), bob.showsNoCall()]);
});

test('a second call puts the first on hold, and the first can be taken back', async ({
  phone,
  gateway,
}) => {
  const [ann, bob] = [await phone(440), await phone(880)];
  await Promise.all([ann.signIn(gateway.url, '1001'), bob.signIn(gateway.url, '1002')]);
  await ann.dial('1002');
  await bob.rings();
  await bob.click(testIds.answer);
  await ann.shows('active');
  await ann.dial('echo');
  await ann.shows('held');
  await ann.shows('active');
  await hears(ann, 440, 1);
  // The gateway is shared, and would wait for the pages of calls that nobody ended.
  await bob.click(testIds.hangup);
  await bob.showsNoCall();
  const echo = ann.page.locator('[data-testid="call-card"][data-call-state="active"]');
  await echo.getByTestId(testIds.hangup).click();
  await ann.showsNoCall();
});

test('a phone whose page goes away is waited for: the other says so, and both talk on when it is back', async ({
  phone,
  gateway,
}) => {
  const [ann, bob] = [await phone(440), await phone(880)];
  await Promise.all([ann.signIn(gateway.url, '1001'), bob.signIn(gateway.url, '1002')]);
  await ann.dial('1002');
  await bob.rings();
  await bob.click(testIds.answer);
  await Promise.all([ann.shows('active'), bob.shows('active')]);
  const card = bob.at(testIds.callCard);
  await ann.page.goto('about:blank');
  await expect(card).toContainText('They are reconnecting');
  await ann.page.goto(gateway.url);
  await ann.shows('active');
  await expect(card).not.toContainText('They are reconnecting');
  await Promise.all([hears(ann, 880), hears(bob, 440)]);
  await bob.click(testIds.hangup);
  await Promise.all([ann.showsNoCall(), bob.showsNoCall()]);
});

test('name and password sign in; a wrong password says so and can be corrected', async ({
  phone,
  gateway,
}) => {
  const ann = await phone(440);
  await ann.at(testIds.login).fill('1001');
  await ann.at(testIds.password).fill('certainly wrong');
  await ann.click(testIds.signIn);
  await expect(ann.at(testIds.error).first()).toBeVisible();
  await ann.at(testIds.password).fill(gateway.password('1001'));
  await ann.click(testIds.signIn);
  await ann.isReady();
});

test('a call that cannot be is explained', async ({ phone, gateway }) => {
  const ann = await phone(440);
  await ann.signIn(gateway.url, '1001');
  await ann.dial('7777');
  await expect(ann.at(testIds.lastCall)).toHaveAttribute('data-cause', 'UNALLOCATED_NUMBER');
});

test('two tabs of one browser are two users', async ({ phone, gateway }) => {
  const ann = await phone(440);
  await ann.signIn(gateway.url, '1001');
  const second = new Phone(await ann.page.context().newPage());
  await second.signIn(gateway.url, '1002');
  await ann.dial('1002');
  await second.rings();
  // The gateway is shared: a call that still rings would meet users of later tests.
  await ann.click(testIds.hangup);
  await second.showsNoCall();
});

test('a long name leaves the buttons of a small screen in view', async ({ phone, gateway }) => {
  const [ann, bob] = [await phone(440), await phone(880)];
  await Promise.all([ann.signIn(gateway.url, '1001'), bob.signIn(gateway.url, '1002')]);
  await bob.page.setViewportSize({ width: 375, height: 667 });
  await ann.dial('1002');
  await bob.rings();
  await bob.page.evaluate((selector) => {
    const name = document.querySelector(selector);
    if (name) {
      name.textContent = 'Wolfeschlegelsteinhausenbergerdorff'.repeat(3);
    }
  }, '.incoming__party');
  for (const id of [testIds.reject, testIds.answer]) {
    await expect(bob.at(id)).toBeInViewport({ ratio: 1 });
  }
  await ann.click(testIds.hangup);
  await bob.showsNoCall();
});

test('a refused microphone is explained', async ({ gateway }) => {
  const browser = await launch(440, undefined, 'deny');
  try {
    const context = await listenable(browser);
    const ann = new Phone(await context.newPage());
    await ann.signIn(gateway.url, '1001');
    await ann.dial('echo');
    await expect(ann.at(testIds.error).first()).toHaveAttribute('data-code', '42001');
  } finally {
    await browser.close();
  }
});
