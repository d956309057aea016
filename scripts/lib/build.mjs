import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { at, cache, node, root } from './paths.mjs';
import { must, seconds } from './run.mjs';

/**
 * What is built from what. `needs` are built first, and a change in them builds this again.
 * @typedef {{ needs: string[], inputs: string[], output: string, build: () => Promise<void> }} Target
 */

const tsc = (name) => async () => {
  rmSync(at('packages', name, 'dist'), { recursive: true, force: true });
  await must(`Building packages/${name}`, node, [
    at('node_modules/typescript/bin/tsc'),
    '-p',
    at('packages', name, 'tsconfig.build.json'),
  ]);
};

const packageInputs = (name, more = []) =>
  ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json', ...more].map((file) =>
    join('packages', name, file),
  );

/** @type {Record<string, Target>} */
const targets = {
  protocol: {
    needs: [],
    inputs: packageInputs('protocol'),
    output: 'packages/protocol/dist/index.js',
    build: tsc('protocol'),
  },
  client: {
    needs: ['protocol'],
    inputs: packageInputs('client'),
    output: 'packages/client/dist/offhook.global.js',
    build: async () => {
      await tsc('client')();
      const { buildSync } = await import('esbuild');
      buildSync({
        entryPoints: [at('packages/client/src/index.ts')],
        outfile: at('packages/client/dist/offhook.global.js'),
        bundle: true,
        minify: true,
        sourcemap: true,
        format: 'iife',
        globalName: 'TelnyxWebRTC',
        target: 'es2022',
        conditions: ['offhook-source'],
        logLevel: 'error',
      });
    },
  },
  react: {
    needs: ['client'],
    inputs: packageInputs('react'),
    output: 'packages/react/dist/index.js',
    build: tsc('react'),
  },
  gateway: {
    needs: ['protocol'],
    inputs: packageInputs('gateway', ['assets']),
    output: 'packages/gateway/dist/cli/offhook.js',
    build: tsc('gateway'),
  },
  // Bundled from the sources, so it waits for no other target.
  softphone: {
    needs: [],
    inputs: [
      ...['src', 'public', 'index.html', 'package.json', 'vite.config.ts'].map((file) =>
        join('apps/softphone', file),
      ),
      ...['protocol', 'client', 'react'].map((name) => join('packages', name, 'src')),
    ],
    output: 'apps/softphone/dist/index.html',
    build: () =>
      must('Building apps/softphone', node, [
        at('node_modules/vite/bin/vite.js'),
        'build',
        '--logLevel',
        'warn',
        at('apps/softphone'),
      ]),
  },
};

const isTest = (path) => /\.(test|contract|fixture)\.tsx?$|\/testing\//.test(path);

/** @param {string} path @returns {string[]} */
function filesOf(path) {
  if (!existsSync(path)) return [];
  /** @type {string[]} */
  const files = [];
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  for (const entry of entries) {
    if (entry.isFile()) files.push(join(entry.parentPath ?? entry.path, entry.name));
  }
  return files.filter((file) => !isTest(file)).sort();
}

/** By content, so that a fresh checkout or a branch switched back and forth builds nothing again. @param {string} name */
function hashOf(name) {
  const hash = createHash('sha256');
  const add = (file) => hash.update(relative(root, file)).update('\0').update(readFileSync(file));
  const { needs, inputs } = targets[name];
  for (const file of [at('package-lock.json'), at('tsconfig.base.json')]) add(file);
  for (const input of inputs.map((path) => at(path))) {
    if (/\.[a-z]+$/.test(input)) existsSync(input) && add(input);
    else filesOf(input).forEach(add);
  }
  for (const need of needs) hash.update(hashOf(need));
  return hash.digest('hex');
}

const stampOf = (name) => join(cache, `build-${name}`);

/** @param {string} name */
function upToDate(name) {
  const stamp = stampOf(name);
  return (
    existsSync(at(targets[name].output)) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === hashOf(name)
  );
}

/**
 * Builds what is out of date among the named targets and what they need.
 * @param {string[]} names
 * @param {{ force?: boolean }} [options]
 */
export async function build(names = Object.keys(targets), { force = false } = {}) {
  /** @type {Map<string, Promise<void>>} */
  const started = new Map();
  const start = (name) => {
    let promise = started.get(name);
    if (!promise) {
      promise = one(name);
      started.set(name, promise);
    }
    return promise;
  };
  const one = async (name) => {
    const { needs, build: work } = targets[name];
    await Promise.all(needs.map(start));
    if (!force && upToDate(name)) return;
    const since = Date.now();
    const hash = hashOf(name);
    await work();
    mkdirSync(cache, { recursive: true });
    writeFileSync(stampOf(name), hash);
    console.log(`Built ${name} in ${seconds(since)}.`);
  };
  const results = await Promise.allSettled(names.map(start));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

export const targetNames = Object.keys(targets);
