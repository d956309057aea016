/** The lock file names no registry host, so that it installs from whichever registry the machine is set to. */
import { readFileSync } from 'node:fs';
import { at } from './lib/paths.mjs';
import { main } from './lib/run.mjs';

main(async () => {
  const { packages } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'));
  const hosts = Object.entries(packages).filter(([, { resolved }]) =>
    /^[a-z+]+:/.test(resolved ?? ''),
  );
  const unpinned = Object.entries(packages).filter(
    ([path, { link, integrity }]) => /node_modules\//.test(path) && !link && !integrity,
  );
  for (const [path, { resolved }] of hosts) console.error(`${path} is resolved from ${resolved}`);
  for (const [path] of unpinned) console.error(`${path} has no integrity hash`);
  console.log(`Lock file: ${Object.keys(packages).length} entries, ${hosts.length} with a host.`);
  return hosts.length + unpinned.length === 0 ? 0 : 1;
});
