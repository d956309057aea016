/**
 * `npm run e2e:assistants`: visitors talk to an assistant of each engine in Chromium; prints how long they waited; then the element and
 * the demo's page. Exits 0 only if everything held.
 *
 *   npm run e2e:assistants -- --quick      fewer turns, as in npm test
 */
import { build } from './lib/build.mjs';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { at, node } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';
import { ensureSpeech } from './lib/speech.mjs';

main(async () => {
  await ensureInstalled();
  const chromium = await ensureChromium();
  await ensureSpeech();
  const talks = await run(
    node,
    [
      '--conditions=offhook-source',
      '--disable-warning=ExperimentalWarning',
      at('e2e/assistants/run.ts'),
      ...process.argv.slice(2),
    ],
    { env: { OFFHOOK_CHROMIUM: chromium } },
  );
  await build(['client', 'softphone'], { kind: 'quick' });
  const pages = await run(
    node,
    [
      at('node_modules/@playwright/test/cli.js'),
      'test',
      ...['--config', at('e2e/playwright.config.ts'), 'e2e/assistants'],
    ],
    { env: { OFFHOOK_CHROMIUM: chromium } },
  );
  return talks.code || pages.code;
});
