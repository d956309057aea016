/**
 * `npm run fuzz`: looks for inputs that make a parser of outside bytes throw, hang, cost too much or keep too much. The
 * arguments are those of packages/gateway/test/fuzz/run.ts.
 *
 *   npm run fuzz -- --minutes 20 --target sdp
 */
import { ensureInstalled } from './lib/install.mjs';
import { at, node } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';

main(async () => {
  await ensureInstalled();
  const { code } = await run(node, [
    '--conditions=offhook-source',
    '--disable-warning=ExperimentalWarning',
    at('packages/gateway/test/fuzz/run.ts'),
    ...process.argv.slice(2),
  ]);
  return code;
});
