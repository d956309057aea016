/** `npm run build [-- target ...] [--force]`: writes dist/ of the packages and of the phone. */
import { build, targetNames } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { StepError, main } from './lib/run.mjs';

main(async () => {
  const args = process.argv.slice(2);
  const force = args.includes('--force');
  const names = args.filter((arg) => arg !== '--force');
  const unknown = names.find((name) => !targetNames.includes(name));
  if (unknown) {
    throw new StepError(`There is no target "${unknown}". Targets: ${targetNames.join(', ')}.`);
  }
  await ensureInstalled();
  await build(names.length > 0 ? names : undefined, { force });
});
