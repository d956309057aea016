/**
 * `npm run bench`: measures Offhook beside the reference SDK and the floor; see bench/main.ts.
 * `npm run bench -- --docs`: makes docs/performance.md and its plots from bench/results/latest.json again.
 */
import { ensureChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { at, node } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';

main(async () => {
  const args = process.argv.slice(2);
  const docs = args.includes('--docs');
  await ensureInstalled();
  const env = docs ? {} : { OFFHOOK_CHROMIUM: await ensureChromium() };
  const script = docs ? 'bench/docs/main.ts' : 'bench/main.ts';
  const flags = ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'];
  const { code } = await run(node, [...flags, at(script), ...(docs ? [] : args)], { env });
  return code;
});
