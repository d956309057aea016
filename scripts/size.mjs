/** `npm run size`: what a page loads of the packed client, built by Vite, esbuild and webpack, beside the reference. Over the limits: exit 1. */
import { BUNDLERS } from '../bench/lib/page-load.ts';
import { OURS, catalogueBytes, measurePages, phoneScriptBytes } from './lib/client-size.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { overLoad, printLoads } from './lib/load-table.mjs';
import { REFERENCE } from './lib/pack.mjs';
import { main } from './lib/run.mjs';
import { limits } from './limits.mjs';

main(async () => {
  await ensureInstalled();
  const catalogue = await catalogueBytes();
  const rows = await measurePages([OURS, REFERENCE], BUNDLERS);
  printLoads(rows);
  console.log(`\nTexts of errors and warnings: ${catalogue} bytes (${limits.catalogueBytes}).`);
  const phone = phoneScriptBytes();
  console.log(`offhook-phone.js: ${phone} bytes (${limits.phoneScriptBytes}).`);
  const problems = [
    ...overLoad(rows.filter(({ sdk }) => sdk === OURS)),
    ...(phone > limits.phoneScriptBytes ? ['offhook-phone.js is over its limit.'] : []),
    ...(catalogue > limits.catalogueBytes ? ['The texts of errors are over their limit.'] : []),
  ];
  for (const problem of problems) {
    console.error(problem);
  }
  return problems.length === 0 ? 0 : 1;
});
