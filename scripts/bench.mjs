/**
 * `npm run bench`: measures Offhook beside the reference SDK and the floor; see bench/main.ts.
 * `npm run bench -- --docs`: makes docs/performance.md and its plots from bench/results/latest.json again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './lib/build.mjs';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { linkReference, packClient } from './lib/pack.mjs';
import { at, node } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';

main(async () => {
  const args = process.argv.slice(2);
  const docs = args.includes('--docs');
  await ensureInstalled();
  const script = docs ? 'bench/docs/main.ts' : 'bench/main.ts';
  const flags = ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'];
  const bench = (env = {}) =>
    run(node, [...flags, at(script), ...(docs ? [] : args)], { env }).then(({ code }) => code);
  if (docs) {
    return bench();
  }
  const chromium = await ensureChromium();
  const packed = mkdtempSync(join(tmpdir(), 'offhook-bench-'));
  try {
    await build(['client'], { kind: 'quick' });
    await packClient(packed);
    linkReference(packed);
    return await bench({ OFFHOOK_CHROMIUM: chromium, OFFHOOK_PACKED: packed });
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
});
