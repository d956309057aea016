/**
 * `npm run e2e:survival`: faults against real calls, measured; prints the table and exits 0 only if every row holds.
 *
 *   npm run e2e:survival -- --row socket      only rows whose names begin so; may be given again
 *   npm run e2e:survival -- --repeat 3        instead of each row's own number of repeats
 *   npm run e2e:survival -- --quick           once each, outages of 5 s at most, as in npm test
 */
import { join } from 'node:path';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureFirefox } from './lib/firefox.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ensureNetworkTools } from './lib/network-tools.mjs';
import { at, cache, node } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';

main(async () => {
  await ensureInstalled();
  const chromium = await ensureChromium();
  await ensureFirefox();
  await ensureNetworkTools();
  const { code } = await run(
    node,
    [
      '--conditions=offhook-source',
      '--disable-warning=ExperimentalWarning',
      at('e2e/survival/run.ts'),
      '--result',
      join(cache, 'survival.json'),
      ...process.argv.slice(2),
    ],
    { env: { OFFHOOK_CHROMIUM: chromium } },
  );
  return code;
});
