/** The lock files name no registry host, so that they install from whichever registry the machine is set to. */
import { readFileSync } from 'node:fs';
import { at } from './lib/paths.mjs';
import { main } from './lib/run.mjs';

main(async () => {
  const packages = Object.fromEntries(
    ['', 'scripts/publishing/', 'site/', 'examples/'].flatMap((folder) =>
      Object.entries(
        JSON.parse(readFileSync(at(`${folder}package-lock.json`), 'utf8')).packages,
      ).map(([path, entry]) => [folder + path, entry]),
    ),
  );
  const hosts = Object.entries(packages).filter(([, { resolved }]) =>
    /^[a-z+]+:/.test(resolved ?? ''),
  );
  // Those of ours that the examples install are packed afresh each time.
  const isOurs = (path) => /^examples\/node_modules\/@offhook\//.test(path);
  const unpinned = Object.entries(packages).filter(
    ([path, { link, integrity }]) =>
      /node_modules\//.test(path) && !link && !integrity && !isOurs(path),
  );
  for (const [path, { resolved }] of hosts) {
    console.error(`${path} is resolved from ${resolved}`);
  }
  for (const [path] of unpinned) {
    console.error(`${path} has no integrity hash`);
  }
  console.log(`Lock file: ${Object.keys(packages).length} entries, ${hosts.length} with a host.`);
  return hosts.length + unpinned.length === 0 ? 0 : 1;
});
