/**
 * `npm run e2e:background`: a tab is in the background for ten minutes, with Chromium's own throttling of timers, and then called 20 times.
 *
 *   npm run e2e:background -- 30      for so many minutes
 */
import { node, at } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';

main(async () => {
  const minutes = Number(process.argv[2] ?? 10);
  if (!(minutes >= 6 && minutes <= 600)) {
    throw new Error('Give 6 to 600 minutes: Chromium throttles after five.');
  }
  process.env['OFFHOOK_TEST_BACKGROUND_SECONDS'] = String(minutes * 60);
  const { code } = await run(node, [at('scripts/test.mjs'), 'e2e/background.spec.ts']);
  return code;
});
