import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, node } from './paths.mjs';
import { StepError, must, run, seconds } from './run.mjs';

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes what it installed into a lock file of its own;
 * comparing the two costs milliseconds and needs no stamp that could lie.
 */
export function installed() {
  const hidden = at('node_modules', '.package-lock.json');
  if (!existsSync(hidden) || !existsSync(node)) {
    return false;
  }
  const wanted = readJson(at('package-lock.json')).packages;
  const present = readJson(hidden).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!/(^|\/)node_modules\//.test(path)) {
      return true;
    }
    const found = present[path];
    if (!found) {
      return entry.optional === true || entry.peer === true;
    }
    return entry.link ? found.resolved === entry.resolved : found.version === entry.version;
  });
}

/** `npm ci` when node_modules is missing or older than the lock file. */
export async function ensureInstalled() {
  if (installed()) {
    return;
  }
  const since = Date.now();
  console.log('Installing the npm packages (npm ci) ...');
  const { code, output } = await run('npm', ['ci', '--no-fund', '--no-audit'], { quiet: true });
  if (code !== 0) {
    process.stderr.write(output);
    throw new StepError('npm ci failed: see above.');
  }
  console.log(`Installed in ${seconds(since)}.`);
}

/**
 * Installs the packages of a folder that is no workspace and has a lock file of its own, where one is missing or another version.
 * @param {string} name of the folder @param {string} what for the message of a failure
 */
export async function ensureFolder(name, what) {
  const folder = at(name);
  const read = (path) => readJson(join(folder, path)).packages;
  const there = join('node_modules', '.package-lock.json');
  if (existsSync(join(folder, there))) {
    const [wanted, present] = [read('package-lock.json'), read(there)];
    const same = ([path, { version, optional }]) =>
      path === '' || optional === true || present[path]?.version === version;
    if (Object.entries(wanted).every(same)) {
      return;
    }
  }
  await must(what, 'npm', ['ci', '--prefix', folder]);
}
