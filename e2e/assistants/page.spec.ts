import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from '@playwright/test';
import type { OffhookAssistant } from '@offhook/client/assistant-element';
import { chromiumPath, launch, listenable } from '../lib/browser.ts';
import { expect, test as base } from '../lib/test.ts';
import { describeVoice, isVoice, Visitor } from '../lib/visitor.ts';
import { writeSilence } from '../lib/wav.ts';
import { serve } from '../lib/web-server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Fixtures {
  /** A browser whose microphone hears nothing. */
  quiet: Browser;
  visitor: Visitor;
  complaints: string[];
}

const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
  quiet: async ({}, use) => {
    const browser = await launch(writeSilence());
    await use(browser);
    await browser.close();
  },
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
  complaints: async ({}, use) => {
    const complaints: string[] = [];
    await use(complaints);
    expect(complaints, 'exceptions, and errors in the console').toEqual([]);
  },
  visitor: async ({ quiet, complaints }, use) => {
    const context = await listenable(quiet, { viewport: { width: 1180, height: 860 } });
    const page = await context.newPage();
    listen(page, complaints);
    await use(new Visitor(page));
    // A page that is left hangs up; one that is killed is waited for, and the next test would find its call.
    await page.goto('about:blank');
    await context.close();
  },
});

function listen(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') {
      complaints.push(message.text());
    }
  });
}

test('a visitor books a table by keyboard alone, and hears the assistant', async ({
  gateway,
  visitor,
}) => {
  await visitor.open(gateway.url);
  const { page, card } = visitor;
  // The two links of the page's head and its other language come first.
  for (let press = 0; press < 4; press += 1) {
    await page.keyboard.press('Tab');
  }
  await expect(visitor.button('Start talking')).toBeFocused();
  await page.keyboard.press('Enter');
  await visitor.isLive();
  await expect(card.getByLabel('Message')).toBeFocused();
  const hearing = await visitor.hearsVoice();
  expect(isVoice(hearing), describeVoice(hearing)).toBe(true);

  // Each answer is given once it was asked for: before, the assistant would take it for something else.
  for (const [text, asked] of [
    ['book a table for 4 people', 'On which day?'],
    ['tomorrow', 'what is the name?'],
    ['Maria', 'Is that right?'],
    ['yes', 'It is booked'],
  ] as const) {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await visitor.lines('user').filter({ hasText: text }).waitFor();
    await visitor.isTold(asked);
  }
  await expect(visitor.lines('tool')).toHaveCount(4);
  await visitor.isBooked();
  expect(await visitor.field('people')).toBe('4');
  expect(await visitor.field('name')).toBe('Maria');

  await visitor.button('End').focus();
  await page.keyboard.press('Enter');
  await expect(visitor.button('Talk again')).toBeFocused();
});

test('Escape cuts the assistant off: it falls silent, and the transcript says how far it came', async ({
  gateway,
  visitor,
}) => {
  await visitor.open(gateway.url);
  await visitor.start();
  await visitor.card.locator('section[data-state="speaking"]').waitFor();
  await visitor.hearsVoice();
  await visitor.card.getByLabel('Message').press('Escape');
  await visitor.card.locator('section[data-state="listening"]').waitFor();
  await visitor.card.locator('li.assistant .cut').waitFor();
  await expect(visitor.button('Interrupt')).toBeDisabled();
});

test('without a microphone the card says what to do', async ({ gateway, complaints }) => {
  const browser = await launch(440, chromiumPath, 'deny');
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    const visitor = new Visitor(page);
    await visitor.open(gateway.url);
    await visitor.button('Start talking').click();
    await expect(visitor.card.locator('.problem')).toContainText('microphone is not allowed');
    await expect(visitor.button('Talk again')).toBeFocused();
  } finally {
    await browser.close();
  }
});

test('an unknown assistant is refused, in words', async ({ gateway, visitor, complaints }) => {
  await visitor.page.goto(`${gateway.url}/assistant/?target=nobody`);
  await visitor.button('Start talking').click();
  await visitor.card.locator('section[data-status="failed"]').waitFor();
  await expect(visitor.card.locator('.problem')).not.toBeEmpty();
  // The SDK reports the refusal to the console as well.
  complaints.length = 0;
});

test('one script tag is all that a page with a strict content security policy needs', async ({
  gateway,
  quiet,
  complaints,
}) => {
  execFileSync(process.execPath, ['scripts/build.mjs', 'client'], { cwd: root });
  const files: Record<string, [type: string, body: string | Buffer]> = {
    '/offhook-assistant.js': [
      'text/javascript',
      readFileSync(`${root}/packages/client/dist/offhook-assistant.js`),
    ],
    '/page.js': [
      'text/javascript',
      `const card = document.querySelector('offhook-assistant');
       const all = []; globalThis.told = () => all;
       for (const type of ['offhook-status', 'offhook-state', 'offhook-transcript', 'offhook-toolcall'])
         document.addEventListener(type, ({ detail }) => all.push([type, detail]));
       card.tool('fill_booking', { type: 'object' }, (booking) => { all.push(['filled', booking]); return { ok: true }; });`,
    ],
    '/': [
      'text/html',
      `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title>
       <offhook-assistant host="${gateway.host}" target-id="demo" lang="de" theme="dark" label="Tischreservierung"></offhook-assistant>
       <script src="/offhook-assistant.js"></script><script src="/page.js"></script></html>`,
    ],
  };
  const server = await serve((request, response) => {
    const [type, body] = files[request.url ?? ''] ?? ['text/plain', ''];
    const policy = `default-src 'none'; script-src 'self'; img-src data:; connect-src ${gateway.host} ${gateway.url}`;
    response.setHeader('content-type', `${type}; charset=utf-8`);
    response.setHeader('content-security-policy', policy).end(body);
  });
  const context = await listenable(quiet);
  // A page that was left a moment ago may not have got its bye out, and its call waits for it to come back.
  const others = await gateway.metric('offhook_calls');
  try {
    const page = await context.newPage();
    listen(page, complaints);
    await page.goto(`${server.origin}/`);
    const visitor = new Visitor(page);
    await expect(page.getByRole('region', { name: 'Tischreservierung' })).toBeVisible();
    // The style sheet came through the policy.
    const display = await visitor.card
      .locator('.card')
      .evaluate((card) => getComputedStyle(card).display);
    expect(display).toBe('flex');
    await visitor.button('Gespräch beginnen').click();
    await visitor.isLive();
    const hearing = await visitor.hearsVoice();
    expect(isVoice(hearing), describeVoice(hearing)).toBe(true);
    await visitor.card.getByLabel('Nachricht').fill('book for two people');
    await visitor.card.getByLabel('Nachricht').press('Enter');
    await page.waitForFunction(() => told().some(([type]) => type === 'filled'));
    // Moved in the page it goes on; taken out it hangs up.
    const status = await page.evaluate(async () => {
      const card = document.querySelector('offhook-assistant') as OffhookAssistant;
      document.body.append(document.createElement('aside'));
      document.querySelector('aside')?.append(card);
      await new Promise((resolve) => setTimeout(resolve));
      const moved = card.snapshot.status;
      card.remove();
      await new Promise((resolve) => setTimeout(resolve));
      return [moved, card.snapshot.status];
    });
    expect(status[0]).toBe('live');
    expect(['ending', 'ended']).toContain(status[1]);
    const types = await page.evaluate(() => [...new Set(told().map(([type]) => type))]);
    expect(types).toEqual(
      expect.arrayContaining([
        'offhook-status',
        'offhook-state',
        'offhook-transcript',
        'offhook-toolcall',
      ]),
    );
    await expect.poll(() => gateway.metric('offhook_calls')).toBeLessThanOrEqual(others);
  } finally {
    await context.close();
    await server.close();
  }
});

declare global {
  /** What the page under test was told. */
  function told(): [type: string, detail: unknown][];
}
