/**
 * `npm run e2e:quality`: calls through shaped links; prints what was injected beside what was reported, and exits 0 only if
 * they agree.
 *
 *   npm run e2e:quality -- --trial loss      only trials whose names begin so; may be given again
 *   npm run e2e:quality -- --quick           shorter stretches, as in npm test
 */
import { join } from 'node:path';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ensureNetworkTools } from './lib/network-tools.mjs';
import { at, cache, node } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';

main(async () => {
  await ensureInstalled();
  const chromium = await ensureChromium();
  await ensureNetworkTools();
  const { code } = await run(
    node,
    [
      '--conditions=offhook-source',
      '--disable-warning=ExperimentalWarning',
      at('e2e/quality/run.ts'),
      '--result',
      join(cache, 'quality.json'),
      ...process.argv.slice(2),
    ],
    { env: { OFFHOOK_CHROMIUM: chromium } },
  );
  return code;
});
