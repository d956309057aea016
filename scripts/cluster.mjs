/**
 * `npm run e2e:cluster`: gateways behind an HAProxy, with Redis, PostgreSQL and media nodes, and what happens when one of them
 * dies; prints the table and exits 0 only if every row holds. What all processes said is in the cache folder, under cluster/.
 *
 *   npm run e2e:cluster -- --row gateway      only rows whose names begin so; may be given again
 */
import { join } from 'node:path';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureCluster } from './lib/cluster.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { at, cache, node } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';

main(async () => {
  await ensureInstalled();
  const chromium = await ensureChromium();
  await ensureCluster();
  const { code } = await run(
    node,
    [
      '--conditions=offhook-source',
      '--disable-warning=ExperimentalWarning',
      at('e2e/cluster/run.ts'),
      ...['--result', join(cache, 'cluster.json'), '--logs', join(cache, 'cluster')],
      ...process.argv.slice(2),
    ],
    { env: { OFFHOOK_CHROMIUM: chromium } },
  );
  return code;
});
