import type { Page } from '@playwright/test';
import type { OffhookPhone } from '@offhook/client/element';
import { describe, hearSilence, hearTone, isSilent, notTone } from './lib/audio.ts';
import { violations } from './lib/axe.ts';
import { chromiumPath, launch, listenable } from './lib/browser.ts';
import { bundle } from './lib/bundle.ts';
import type { Gateway } from './lib/gateway.ts';
import { expect, test as base } from './lib/test.ts';
import type { WebServer } from './lib/web-server.ts';
import { serve } from './lib/web-server.ts';

declare global {
  interface Window {
    /** How the calls of the page's phones ended, so far. */
    readonly endings: readonly unknown[];
  }
}

interface Fixtures {
  /** A page with these elements, on which the microphone hears this tone. */
  open: (hz: number, elements: string, viewport?: Viewport) => Promise<Page>;
}

interface Viewport {
  readonly width: number;
  readonly height: number;
}

const html = (elements: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Phone</title>
    <link rel="icon" href="data:," />
    <meta name="color-scheme" content="light dark" />
    <script src="/offhook-phone.js" defer></script>
  </head>
  <body><main><h1>A page</h1>${elements}</main></body>
</html>`;

/** A page with these elements, under a strict content security policy: no inline styles, no sounds of its own. */
function serveHtml(gateway: Gateway, elements: string): Promise<WebServer> {
  return serve((request, response) => {
    if (request.url === '/offhook-phone.js') {
      response.setHeader('content-type', 'text/javascript; charset=utf-8');
      void bundle('pages/phone-element.ts').then((text) => response.end(text));
      return;
    }
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .setHeader(
        'content-security-policy',
        `default-src 'none'; img-src data:; script-src 'self'; connect-src ${gateway.host} ${gateway.url}`,
      )
      .end(html(elements));
  });
}

const test = base.extend<Fixtures>({
  open: async ({ gateway, browserOf }, use) => {
    const pages: Page[] = [];
    const servers: WebServer[] = [];
    const complaints: string[] = [];
    await use(async (hz, elements, viewport = { width: 375, height: 800 }) => {
      const server = await serveHtml(gateway, elements);
      servers.push(server);
      const context = await listenable(await browserOf(hz), { viewport, locale: 'en-GB' });
      await context.addInitScript(() => {
        const endings: unknown[] = [];
        Object.assign(window, { endings });
        document.addEventListener('offhook-call', (event) => {
          const { ending } = (event as CustomEvent<{ ending: unknown }>).detail;
          endings.push(...(ending === null ? [] : [ending]));
        });
      });
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') {
          complaints.push(message.text());
        }
      });
      pages.push(page);
      await page.goto(server.origin);
      return page;
    });
    for (const page of pages) {
      // A page that is left hangs up; one that is killed is waited for, and the next test would find its call.
      await page.goto('about:blank');
      await page.context().close();
    }
    await Promise.all(servers.map((server) => server.close()));
    expect(complaints, 'exceptions, and errors in the console').toEqual([]);
  },
});

async function phone(gateway: Gateway, user: string, more = ''): Promise<string> {
  const token = await gateway.token(user);
  return `<offhook-phone host="${gateway.host}" login-token="${token}" ${more}></offhook-phone>`;
}

/** Presses Tab until a control of this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let press = 0; press < 40; press += 1) {
    if ((await focusedName(page)) === name) {
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`No way to "${name}" by Tab; the focus is on "${await focusedName(page)}".`);
}

const focusedName = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const focused = document.activeElement?.shadowRoot?.activeElement as HTMLElement | undefined;
    return (focused as HTMLInputElement | undefined)?.placeholder || focused?.textContent || '';
  });

/** Waits until a phone of the page told of a call's end, which it shows for a few seconds only. */
const ended = (page: Page) =>
  expect.poll(() => page.evaluate(() => window.endings)).toContain('ended');

const state = (page: Page) => page.locator('.call-state');

async function hears(page: Page, hz: number, peer?: number): Promise<void> {
  const hearing = await hearTone(page, hz, peer);
  expect(notTone(hearing, hz), `hears ${describe(hearing)}`).toBeUndefined();
}

test('two phones on two pages call each other by keyboard alone, and hear each other', async ({
  gateway,
  open,
}) => {
  const ann = await open(440, await phone(gateway, '1001'));
  const bob = await open(880, await phone(gateway, '1002', 'lang="de"'));
  await expect(ann.getByText('Ready')).toBeVisible();
  await expect(bob.getByText('Bereit')).toBeVisible();
  await tabTo(ann, 'Number or name');
  await ann.keyboard.type('1002');
  await ann.keyboard.press('Enter');
  await expect(state(bob)).toHaveText('Eingehender Anruf');
  await tabTo(bob, 'Annehmen');
  await bob.keyboard.press('Enter');
  await expect(state(ann)).toHaveText('Connected');
  // What had the focus is gone, and the call goes on.
  await expect.poll(() => focusedName(bob)).toBe('Auflegen');
  await Promise.all([hears(ann, 880), hears(bob, 440)]);

  await tabTo(ann, 'Mute');
  await ann.keyboard.press('Space');
  expect(isSilent(await hearSilence(bob))).toBe(true);
  await ann.keyboard.press('Space');
  await hears(bob, 440);

  await tabTo(ann, 'Hold');
  await ann.keyboard.press('Space');
  await expect(state(ann)).toHaveText('On hold');
  await expect(state(bob)).toHaveText('Sie werden gehalten');
  await ann.keyboard.press('Space');
  await expect(state(ann)).toHaveText('Connected');
  await hears(ann, 880);

  // A switch that is on, under the pointer, is the hardest to read.
  const mute = ann.getByRole('button', { name: 'Mute' });
  await mute.press('Enter');
  await mute.hover();
  for (const colorScheme of ['light', 'dark'] as const) {
    await ann.emulateMedia({ colorScheme });
    expect(await violations(ann), colorScheme).toEqual([]);
  }
  expect(await violations(bob)).toEqual([]);

  await tabTo(bob, 'Auflegen');
  await bob.keyboard.press('Enter');
  await ended(ann);
  await expect(ann.locator('.call')).toHaveCount(0);
});

test('a call that goes on in another leg stays one call of the phone', async ({
  gateway,
  open,
  party,
}) => {
  const bob = await party('1002');
  const page = await open(440, await phone(gateway, '1001'));
  await expect(page.getByText('Ready')).toBeVisible();
  await page.getByRole('textbox').fill('1002');
  await page.keyboard.press('Enter');
  const call = await bob.incoming();
  await call.answer();
  await expect(state(page)).toHaveText('Connected');
  await bob.hears(440);
  const steps = await page.evaluate(async () => {
    const element = document.querySelector('offhook-phone');
    const [before] = element?.snapshot.calls ?? [];
    const told: string[] = [];
    const isBack = new Promise<void>((resolve) => {
      element?.addEventListener('offhook-call', ({ detail }) => {
        told.push(`${detail.status}${detail.call.id === before?.call.id ? '' : ', another id'}`);
        if (detail.status === 'active') {
          resolve();
        }
      });
    });
    await element?.client?.simulate('path-failure', { callId: before?.call.id ?? '' });
    await isBack;
    return told;
  });
  expect(steps.at(-1)).toBe('active, another id');
  await bob.hears(440);
  await expect(page.locator('.call')).toHaveCount(1);
  await expect(page.locator('.time')).toHaveText(/^[0-9]+:[0-9]{2}$/);
  await page.getByRole('button', { name: 'End' }).press('Enter');
  await ended(page);
});

test('a page without a microphone says what to do', async ({ gateway }) => {
  const browser = await launch(440, chromiumPath, 'deny');
  const server = await serveHtml(gateway, await phone(gateway, '1001'));
  try {
    const page = await browser.newPage({ locale: 'en-GB' });
    await page.goto(server.origin);
    await expect(page.getByText('Ready')).toBeVisible();
    await page.getByRole('textbox').fill('echo');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('alert')).toContainText('The microphone is not allowed.');
    await expect(page.locator('.call')).toHaveCount(0);
    await page.getByRole('button', { name: 'Dismiss' }).press('Enter');
    await expect(page.getByRole('alert')).toBeHidden();
    await page.goto('about:blank');
  } finally {
    await browser.close();
    await server.close();
  }
});

test('two phones on one page are two phones', async ({ gateway, open }) => {
  const both = (await phone(gateway, '1001')) + (await phone(gateway, '1002'));
  const page = await open(440, both);
  const [first, second] = [
    page.locator('offhook-phone').first(),
    page.locator('offhook-phone').last(),
  ];
  await expect(page.getByText('Ready')).toHaveCount(2);
  await first.getByRole('textbox').fill('1002');
  await first.getByRole('textbox').press('Enter');
  await second.getByRole('button', { name: 'Answer' }).press('Enter');
  await expect(first.locator('.call-state')).toHaveText('Connected');
  // The one microphone of the page goes both ways.
  await Promise.all([hears(page, 440, 0), hears(page, 440, 1)]);
  await page.evaluate(() => document.querySelector('offhook-phone')?.remove());
  await ended(page);
});

test('the keypad sends digits, and a phone that is not set up says so', async ({
  gateway,
  open,
}) => {
  const page = await open(
    440,
    `${await phone(gateway, '1001')}<offhook-phone host="x://y" label="Desk"></offhook-phone>`,
  );
  await expect(page.getByRole('alert').filter({ hasText: 'not the address' })).toBeVisible();
  const first = page.locator('offhook-phone').first();
  await expect(first.getByText('Ready')).toBeVisible();
  const digits = first.locator('.digits');
  await page.evaluate(() => document.querySelector<OffhookPhone>('offhook-phone')?.dial('dtmf'));
  await expect(first.locator('.call-state')).toHaveText('Connected');
  await first.locator('.call').getByRole('button', { name: 'Keypad' }).press('Enter');
  await first.locator('.call').getByRole('button', { name: '7' }).focus();
  await page.keyboard.press('7');
  await expect(digits).toHaveText('7');
  expect(await violations(page)).toEqual([]);
});
