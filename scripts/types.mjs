/** `npm run types [-- folder ...]`: type-checks every package against the others' sources, two at a time. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { at, cache, node } from './lib/paths.mjs';
import { main, run, seconds } from './lib/run.mjs';

const folders = [
  'packages/gateway',
  'packages/client',
  'apps/softphone',
  'e2e',
  'packages/react',
  'packages/protocol',
  'bench',
  // One application against the reference's types and against ours, and theirs against ours member by member.
  'packages/client/test/drop-in/tsconfig.offhook.json',
  'packages/client/test/drop-in/tsconfig.reference.json',
];

main(async () => {
  const asked = process.argv.slice(2).map((folder) => folder.replace(/\/$/, ''));
  const queue =
    asked.length > 0
      ? asked
      : folders.filter((f) => f.endsWith('.json') || existsSync(at(f, 'tsconfig.json')));
  let failed = 0;
  const worker = async () => {
    for (let folder = queue.shift(); folder; folder = queue.shift()) {
      const since = Date.now();
      const tsc = at('node_modules/typescript/bin/tsc');
      // What the compiler found last time: only files that changed, and those that use them, are checked again.
      const found = join(cache, 'types', `${folder.replaceAll('/', '-')}.tsbuildinfo`);
      const { code, output } = await run(
        node,
        [tsc, '--noEmit', '--incremental', '--tsBuildInfoFile', found, '-p', at(folder)],
        { quiet: true },
      );
      // TS18003: a folder that holds no sources yet.
      const ok = code === 0 || output.includes('TS18003');
      console.log(`${ok ? 'ok  ' : 'FAIL'} ${folder} (${seconds(since)})`);
      if (ok) {
        continue;
      }
      failed += 1;
      process.stdout.write(output);
    }
  };
  await Promise.all([worker(), worker()]);
  return failed === 0 ? 0 : 1;
});
