/**
 * `npm run simulate`: who owns a call while gateways die, freeze and lose messages, over a million steps (packages/gateway/src/cluster).
 * The argument is another number of steps.
 */
import { ensureInstalled } from './lib/install.mjs';
import { at, node } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';

main(async () => {
  await ensureInstalled();
  process.env.OFFHOOK_SIM_STEPS = process.argv[2] ?? '1000000';
  const test = 'packages/gateway/src/cluster/ownership.test.ts';
  const { code } = await run(node, [at('node_modules/vitest/vitest.mjs'), 'run', test]);
  return code;
});
