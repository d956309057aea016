import type { Page } from '@playwright/test';
import { testIds } from '../apps/softphone/src/testids.ts';
import { violations } from './lib/axe.ts';
import { listenable } from './lib/browser.ts';
import { Gateway } from './lib/gateway.ts';
import type { CallView } from './lib/party.ts';
import { Phone } from './lib/phone.ts';
import { expect, test } from './lib/test.ts';
import type { TestFixtures, WorkerFixtures } from './lib/test.ts';

/** Colours are the same at each size. */
const LOOKS = [
  { width: 375, height: 667, colorScheme: 'light' },
  { width: 768, height: 900, colorScheme: 'light' },
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 375, height: 667, colorScheme: 'dark' },
] as const;

/** Looks at what a page shows by axe, once everything that moves is there: a colour on its way to another has any contrast. */
async function isAccessible(page: Page, what: string): Promise<void> {
  for (const { width, height, colorScheme } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height });
    const transitions = await page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      const moving = document.getAnimations();
      await Promise.allSettled(moving.map(({ finished }) => finished));
      return moving.filter((each) => each instanceof CSSTransition).length;
    });
    const look = `${what}, ${String(width)} px, ${colorScheme}`;
    expect.soft(transitions, `${look}: transitions of those who want none`).toBe(0);
    expect.soft(await violations(page), look).toEqual([]);
  }
}

/** What is wider than it may be: the page, or the words of what one presses and of headings. */
async function fits(page: Page, what: string): Promise<void> {
  for (const width of [375, 768, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const cut = () =>
      page.evaluate(() => {
        const shown = [...document.querySelectorAll('html, button, h1, h2, h3, nav a, label')];
        return shown
          .filter((element) => !element.closest('.visually-hidden, .q-nav'))
          .filter((element) => getComputedStyle(element).display !== 'inline')
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
          .map(({ localName, textContent }) => `${localName} ${textContent.slice(0, 60)}`);
      });
    // A plot takes its new width after the page has.
    await expect.poll(cut, `${what}, ${String(width)} px`).toEqual([]);
  }
}

test('the phone, from the sign-in to two calls at once', async ({ gateway, browserOf }) => {
  const contexts = [
    await listenable(await browserOf(440)),
    await listenable(await browserOf(880)),
    await listenable(await browserOf(660)),
  ] as const;
  const [ann, bob, carla] = await Promise.all(
    contexts.map(async (context) => new Phone(await context.newPage())),
  );
  if (!ann || !bob || !carla) {
    throw new Error('Three phones were to open');
  }
  await ann.page.goto(gateway.url);
  await ann.at(testIds.signInAs('1001')).waitFor();
  await isAccessible(ann.page, 'sign-in');
  await Promise.all([
    ann.signIn(gateway.url, '1001'),
    bob.signIn(gateway.url, '1002'),
    carla.signIn(gateway.url, '1003'),
  ]);
  await isAccessible(ann.page, 'without a call');
  await bob.dial('1001');
  await ann.rings();
  await isAccessible(ann.page, 'a call that comes in');
  await ann.click(testIds.answer);
  await ann.shows('active');
  await ann.click(testIds.dtmfToggle);
  await isAccessible(ann.page, 'a call with its keypad');
  await ann.click(testIds.transfer);
  await isAccessible(ann.page, 'a call that is to be handed over');
  await carla.dial('1001');
  await ann.rings();
  await isAccessible(ann.page, 'a second call that comes in');
  await ann.click(testIds.answer);
  await ann.shows('held');
  await isAccessible(ann.page, 'two calls');
  await Promise.all([bob.click(testIds.hangup), carla.click(testIds.hangup)]);
  await ann.showsNoCall();
  await isAccessible(ann.page, 'after the calls');
  await Promise.all(contexts.map((context) => context.close()));
});

/** An administrator at a gateway of its own, who looks at a call of 1001. */
async function administers(
  { browserOf, site, party }: Pick<TestFixtures & WorkerFixtures, 'browserOf' | 'site' | 'party'>,
  work: (page: Page, call: CallView) => Promise<void>,
): Promise<void> {
  const { origin } = new URL(site.url('offhook'));
  const gateway = await Gateway.start({ demoUsers: 0, settings: { ORIGINS: origin } });
  const context = await listenable(await browserOf(440));
  try {
    const password = await gateway.addUser('admin', '--admin');
    const options = { login: '1001', password: await gateway.addUser('1001') };
    const page = await context.newPage();
    await page.goto(`${gateway.url}/quality`);
    await page.getByTestId(testIds.login).waitFor();
    await isAccessible(page, 'sign-in');
    await page.getByTestId(testIds.login).fill('admin');
    await page.getByTestId(testIds.password).fill(password);
    await page.getByTestId(testIds.signIn).click();
    const ann = await party('1001', { gateway, options });
    const call = await ann.dial('echo');
    await call.reaches('active');
    await work(page, call);
  } finally {
    await context.close();
    await gateway.stop();
  }
}

test('the pages for administrators, with few calls and with a live one', async ({
  browserOf,
  site,
  party,
}) => {
  await administers({ browserOf, site, party }, async (page) => {
    for (const [tab, title] of [
      ['overview', 'Overview'],
      ['live', 'Live calls'],
      ['sessions', 'Signed in'],
      ['calls', 'Calls'],
    ] as const) {
      await page.getByTestId(testIds.qualityTab(tab)).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
      await isAccessible(page, tab);
    }
    // The plots are drawn, not styled: they are drawn anew where the colours change.
    await page.getByTestId(testIds.qualityTab('overview')).click();
    const drawn = () =>
      page
        .locator('canvas')
        .first()
        .evaluate((plot) => (plot as HTMLCanvasElement).toDataURL());
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('canvas').first().waitFor();
    const light = await drawn();
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(drawn).not.toBe(light);

    await page.getByRole('button', { name: 'Deutsch' }).click();
    await expect(page.locator('html')).toHaveAttribute('lang', 'de');
    for (const [tab, title] of [
      ['overview', 'Übersicht'],
      ['live', 'Laufende Anrufe'],
      ['sessions', 'Angemeldet'],
      ['calls', 'Anrufe'],
    ] as const) {
      await page.getByTestId(testIds.qualityTab(tab)).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
      await fits(page, `${tab}, in German`);
    }
  });
});

test('the pages on users, keys, assistants and what operators did', async ({
  browserOf,
  site,
  party,
}) => {
  await administers({ browserOf, site, party }, async (page, call) => {
    await page.getByTestId(testIds.qualityTab('manage')).click();
    await page.getByTestId(testIds.manageAdd).click();
    await isAccessible(page, 'a user to be added');
    await page.getByTestId(testIds.manageName).fill('ann');
    await page.getByTestId(testIds.manageSubmit).click();
    await page.getByTestId(testIds.manageSecret).waitFor();
    await isAccessible(page, 'a password that is told once');
    await page.keyboard.press('Escape');
    const rowOf = (user: string) =>
      page.locator(`[data-testid=${testIds.manageRow}][data-id="${user}"]`);
    await rowOf('1001').getByTestId(testIds.manageOpen).click();
    await page.getByTestId(testIds.manageDisable).waitFor();
    await isAccessible(page, 'one user');
    await page.getByTestId(testIds.manageDisable).click();
    await call.reaches('destroy');
    await page.keyboard.press('Escape');
    await expect(rowOf('1001')).toContainText('Disabled');
    await isAccessible(page, 'users');
    await page.getByTestId(testIds.managePart('keys')).click();
    await page.getByTestId(testIds.manageAdd).click();
    await page.getByTestId(testIds.manageName).fill('crm');
    await page.getByRole('checkbox').first().check();
    await isAccessible(page, 'a key to be made');
    await page.getByTestId(testIds.manageSubmit).click();
    await page.getByTestId(testIds.manageSecret).waitFor();
    await page.keyboard.press('Escape');
    for (const [part, title] of [
      ['keys', 'API keys'],
      ['audit', 'Audit log'],
      ['assistants', 'Assistants'],
    ] as const) {
      await page.getByTestId(testIds.managePart(part)).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
      await page.locator('.q-card').waitFor();
      await isAccessible(page, part);
    }
    await page.getByRole('button', { name: 'Deutsch' }).click();
    for (const [part, title] of [
      ['users', 'Benutzer'],
      ['keys', 'API-Schlüssel'],
      ['audit', 'Protokoll'],
    ] as const) {
      await page.getByTestId(testIds.managePart(part)).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
      await page.locator('.q-card').waitFor();
      await fits(page, `${part}, in German`);
    }
  });
});

test('the page of the assistant, in both languages', async ({ gateway, browserOf }) => {
  const context = await listenable(await browserOf(440));
  const page = await context.newPage();
  await page.goto(`${gateway.url}/assistant`);
  await page.getByRole('button', { name: 'Start talking' }).waitFor();
  await isAccessible(page, 'the assistant');
  await page.getByRole('button', { name: 'Deutsch' }).click();
  await page.getByRole('button', { name: 'Gespräch beginnen' }).waitFor();
  await isAccessible(page, 'the assistant, in German');
  await fits(page, 'the assistant, in German');
  await context.close();
});

test('the phone with longer words: in German, and at 200 %', async ({ gateway, browserOf }) => {
  const contexts = [
    await listenable(await browserOf(440), { locale: 'de-DE', reducedMotion: 'reduce' }),
    await listenable(await browserOf(880)),
  ] as const;
  const [ann, bob] = await Promise.all(
    contexts.map(async (context) => new Phone(await context.newPage())),
  );
  if (!ann || !bob) {
    throw new Error('Two phones were to open');
  }
  await ann.page.goto(gateway.url);
  await ann.at(testIds.signInAs('1001')).waitFor();
  await fits(ann.page, 'sign-in');
  await Promise.all([ann.signIn(gateway.url, '1001'), bob.signIn(gateway.url, '1002')]);
  await ann.dial('echo');
  await ann.shows('active');
  await bob.dial('1001');
  await ann.rings();
  await fits(ann.page, 'a second call that comes in');
  await ann.click(testIds.answer);
  await ann.shows('held');
  await fits(ann.page, 'two calls');
  await isAccessible(ann.page, 'two calls, in German');
  // What a window of 750 px shows at 200 %.
  await ann.page.setViewportSize({ width: 375, height: 360 });
  for (const control of await ann.at(testIds.hangup).all()) {
    await control.scrollIntoViewIfNeeded();
    await expect(control).toBeInViewport({ ratio: 1 });
  }
  await Promise.all(contexts.map((context) => context.close()));
});
