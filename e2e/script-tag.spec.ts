import type * as Sdk from '@offhook/client';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from './lib/test.ts';
import { serve } from './lib/web-server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface ScriptTag {
  TelnyxWebRTC: typeof Sdk;
}

test('a script tag on a page with a strict content security policy signs in', async ({
  gateway,
  browserOf,
}) => {
  execFileSync(process.execPath, ['scripts/build.mjs', 'client'], { cwd: root });
  const script = readFileSync(`${root}/packages/client/dist/offhook.global.js`);
  const server = await serve((request, response) => {
    if (request.url === '/offhook.global.js') {
      response.setHeader('content-type', 'text/javascript').end(script);
      return;
    }
    response
      .setHeader('content-type', 'text/html')
      .setHeader(
        'content-security-policy',
        `default-src 'none'; script-src 'self'; connect-src ${gateway.host} ${gateway.url}`,
      )
      .end('<!doctype html><script src="/offhook.global.js"></script>');
  });
  const context = await (await browserOf(440)).newContext();
  try {
    const page = await context.newPage();
    const refused: string[] = [];
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) {
        refused.push(message.text());
      }
    });
    await page.goto(`${server.origin}/`);
    const signedIn = await page.evaluate(
      async ([host, token]) => {
        const { TelnyxRTC } = (window as unknown as ScriptTag).TelnyxWebRTC;
        const client = new TelnyxRTC({ host, login_token: token });
        await client.connect({ signal: AbortSignal.timeout(10_000) });
        const registered = await client.getIsRegistered();
        await client.disconnect();
        return registered;
      },
      [gateway.host, await gateway.token('1001')] as const,
    );
    expect(signedIn).toBe(true);
    expect(refused).toEqual([]);
  } finally {
    await context.close();
    await server.close();
  }
});
