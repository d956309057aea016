/**
 * `npm run release -- --dry-run`: builds and packs what would be published, says what it is, and asks npm for the rest of its checks.
 * `npm run release -- --pack <folder>`: writes the tarballs there, to be installed as files.
 * `npm run release`: publishes them, in the order in which the packages need each other. What the registry has in this version is left out, so one
 * that broke off is run again. In a CI run that can sign (an OIDC token of the host), npm
 * adds where the tarball was built (provenance).
 * Versions and their notes come before: `npm ci --prefix scripts/publishing` brings the tool (scripts/publishing/node_modules/.bin/changeset),
 * `npm run changeset` for each change, `npm run changeset -- version` before a release (CONTRIBUTING.md, Publishing).
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { pack, published } from './lib/pack.mjs';
import { at } from './lib/paths.mjs';
import { StepError, main, run } from './lib/run.mjs';

/** @param {string} name of the folder */
const manifestOf = (name) => JSON.parse(readFileSync(at('packages', name, 'package.json'), 'utf8'));

/** One version for all four, and each needs the others in it. */
function sameVersion() {
  const manifests = published.map(manifestOf);
  const [{ version }] = manifests;
  for (const { name, version: own, dependencies, peerDependencies } of manifests) {
    const needs = Object.entries({ ...dependencies, ...peerDependencies });
    const others = needs.filter(([other]) => other.startsWith('@offhook/'));
    for (const [what, found] of [['itself', own], ...others]) {
      if (found === version) {
        continue;
      }
      throw new StepError(`${name} says ${what} is ${found}; the others are ${version}.`);
    }
  }
  return version;
}

/**
 * Whether the registry has a package in this version.
 * @param {string} name @param {string} version
 */
async function isPublished(name, version) {
  const { code, output } = await run('npm', ['view', `${name}@${version}`, 'version'], {
    quiet: true,
  });
  if (code !== 0 && !output.includes('E404')) {
    throw new StepError(`npm view failed:\n${output}`);
  }
  return code === 0 && output.split('\n').some((line) => line.trim() === version);
}

function asked() {
  const usage = 'Usage: npm run release [-- --dry-run | --pack <folder>]';
  const options = { 'dry-run': { type: 'boolean' }, pack: { type: 'string' } };
  try {
    const { values } = parseArgs({ options });
    return { dry: values['dry-run'] === true, packTo: values.pack };
  } catch (error) {
    throw new StepError(`${error.message}\n${usage}`, 2);
  }
}

main(async () => {
  const { dry, packTo } = asked();
  await ensureInstalled();
  const version = sameVersion();
  const { output: dirty } = await run('git', ['status', '--porcelain'], { quiet: true });
  if (dirty && !dry && packTo === undefined) {
    throw new StepError(`Not committed yet:\n${dirty}`);
  }
  await build();
  if (packTo !== undefined) {
    mkdirSync(packTo, { recursive: true });
    for (const name of published) {
      console.log(await pack(name, resolve(packTo)));
    }
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'offhook-release-'));
  try {
    for (const name of published) {
      if (await isPublished(`@offhook/${name}`, version)) {
        console.log(`there already: @offhook/${name} ${version}`);
        continue;
      }
      const tarball = await pack(name, folder);
      const provenance = process.env.ACTIONS_ID_TOKEN_REQUEST_URL ? ['--provenance'] : [];
      const asked = [
        'publish',
        tarball,
        '--access',
        'public',
        ...provenance,
        ...(dry ? ['--dry-run'] : []),
      ];
      const { code, output } = await run('npm', asked, { quiet: true });
      if (code !== 0) {
        throw new StepError(`npm publish failed:\n${output}`);
      }
      const kilobytes = (statSync(tarball).size / 1000).toFixed(0);
      console.log(
        `${dry ? 'would publish' : 'published'} @offhook/${name} ${version} (${kilobytes} kB)`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
