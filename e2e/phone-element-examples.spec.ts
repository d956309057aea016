import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, hearTone, notTone } from './lib/audio.ts';
import { listenable } from './lib/browser.ts';
import { startShop } from './lib/shop.ts';
import { Gateway } from './lib/gateway.ts';
import { expect, test } from './lib/test.ts';
import { serve } from './lib/web-server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const build = () => {
  execFileSync(process.execPath, ['scripts/build.mjs', 'client'], { cwd: root });
};

/** Of a shop and its gateway. */
const SECRET = 'a secret that two programs of a test share';

test('examples/click-to-call: a visitor of the shop calls its staff by one button', async ({
  browserOf,
  party,
}) => {
  build();
  const gateway = await Gateway.start({ settings: { AUTH_JWT_SECRETS: SECRET } });
  const shop = await startShop({ TOKEN_SECRET: SECRET, GATEWAY: gateway.host });
  const context = await listenable(await browserOf(880), { locale: 'en-GB' });
  try {
    // Anybody may ask anything: the shop stays open.
    for (const path of ['//', '/%', '/visitor-token']) {
      expect((await fetch(shop.url + path)).status, path).toBe(404);
    }
    const staff = await party('1001', { gateway });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(shop.url);
    await page.getByRole('button', { name: 'Talk to the workshop' }).click();
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    const call = await staff.incoming();
    expect((await call.record()).remoteName).toBe('Visitor of the shop');
    await call.answer();
    await expect(page.locator('.call-state')).toHaveText('Connected');
    await expect(page.locator('.name')).toHaveText('The workshop');
    await staff.hears(880);
    const hearing = await hearTone(page, staff.frequency);
    expect(notTone(hearing, staff.frequency), `hears ${describe(hearing)}`).toBeUndefined();
    await page.getByRole('button', { name: 'End' }).click();
    await call.ended();
    // It signed in for this call.
    await expect(page.getByRole('button', { name: 'Call', exact: true })).toBeVisible();
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
    await shop.stop();
    await gateway.stop();
  }
});

test('examples/script-tag: three lines are a phone, once the password is in', async ({
  gateway,
  browserOf,
}) => {
  build();
  const html = readFileSync(`${root}/examples/script-tag/index.html`, 'utf8').replace(
    'ws://localhost:8080',
    gateway.host,
  );
  const script = readFileSync(`${root}/packages/client/dist/offhook-phone.js`);
  const server = await serve((request, response) => {
    const isScript = request.url === '/offhook-phone.js';
    const isSet = request.url === '/set';
    const password = `password="${gateway.password('1002')}"`;
    const page = isSet ? html.replace('password=""', password) : html;
    response
      .setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
      .end(isScript ? script : page);
  });
  const context = await (await browserOf(440)).newContext({ locale: 'en-GB' });
  try {
    const page = await context.newPage();
    await page.goto(server.origin);
    await expect(page.getByRole('alert')).toContainText('“login” needs a “password”');
    await page.goto(`${server.origin}/set`);
    await expect(page.getByText('Ready')).toBeVisible();
    await page.goto('about:blank');
  } finally {
    await context.close();
    await server.close();
  }
});
