import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildClient } from './client-package.mjs';
import { at, cache, node, root } from './paths.mjs';
import { must, seconds } from './run.mjs';

/**
 * What is built from what. `needs` are built first, and a change in them builds this again.
 * `full` is what packages publish. `quick` has the same JavaScript, but neither checks types nor writes them, which takes a
 * third of the time and needs no other target: enough to run it.
 * @typedef {'full' | 'quick'} Kind
 * @typedef {{ needs: string[], inputs: string[], output: string, build: (kind: Kind) => Promise<void> }} Target
 */

const quickly = ['--noCheck', '--declaration', 'false', '--declarationMap', 'false'];

/** @param {string} name @returns {Target['build']} */
const tsc = (name) => async (kind) => {
  rmSync(at('packages', name, 'dist'), { recursive: true, force: true });
  await must(`Building packages/${name}`, node, [
    at('node_modules/typescript/bin/tsc'),
    '-p',
    at('packages', name, 'tsconfig.build.json'),
    ...(kind === 'quick' ? quickly : []),
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
    build: buildClient,
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
      ...['src', 'assistant', 'public', 'index.html', 'package.json', 'vite.config.ts'].map(
        (file) => join('apps/softphone', file),
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

/** Nothing that is published, but for the fakes that applications test with. */
const isTest = (path) =>
  /\.(test|contract|fixture)\.tsx?$|(?<!packages\/react\/src)\/testing\//.test(path);

/** @param {string} path @returns {string[]} */
function filesOf(path) {
  if (!existsSync(path)) {
    return [];
  }
  /** @type {string[]} */
  const files = [];
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  for (const entry of entries) {
    if (entry.isFile()) {
      files.push(join(entry.parentPath ?? entry.path, entry.name));
    }
  }
  return files.filter((file) => !isTest(file)).sort();
}

/** By content, so that a fresh checkout or a branch switched back and forth builds nothing again. @param {string} name */
function hashOf(name) {
  const hash = createHash('sha256');
  const add = (file) => hash.update(relative(root, file)).update('\0').update(readFileSync(file));
  const { needs, inputs } = targets[name];
  for (const file of [at('package-lock.json'), at('tsconfig.base.json')]) {
    add(file);
  }
  for (const input of inputs.map((path) => at(path))) {
    if (/\.[a-z]+$/.test(input)) {
      existsSync(input) && add(input);
    } else {
      filesOf(input).forEach(add);
    }
  }
  for (const need of needs) {
    hash.update(hashOf(need));
  }
  return hash.digest('hex');
}

const stampOf = (name) => join(cache, `build-${name}`);

/** @param {string} name @param {Kind} kind @param {string} hash */
function upToDate(name, kind, hash) {
  const stamp = stampOf(name);
  if (!existsSync(at(targets[name].output)) || !existsSync(stamp)) {
    return false;
  }
  const [builtFrom, builtAs] = readFileSync(stamp, 'utf8').split(' ');
  return builtFrom === hash && (builtAs === 'full' || kind === 'quick');
}

/**
 * Builds what is out of date among the named targets and what they need.
 * @param {string[]} [names] all of them by default
 * @param {{ kind?: Kind, force?: boolean }} [options]
 */
export async function build(names = Object.keys(targets), { kind = 'full', force = false } = {}) {
  /** @type {Map<string, Promise<void>>} */
  const started = new Map();
  const start = (name) => {
    const running = started.get(name) ?? one(name);
    started.set(name, running);
    return running;
  };
  const one = async (name) => {
    const needs = Promise.all(targets[name].needs.map(start));
    if (kind === 'full') {
      await needs;
    }
    const hash = hashOf(name);
    if (force || !upToDate(name, kind, hash)) {
      const since = Date.now();
      rmSync(stampOf(name), { force: true });
      await targets[name].build(kind);
      mkdirSync(cache, { recursive: true });
      writeFileSync(stampOf(name), `${hash} ${kind}`);
      console.log(`Built ${name} in ${seconds(since)}.`);
    }
    await needs;
  };
  const results = await Promise.allSettled(names.map(start));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    throw failed.reason;
  }
}

export const targetNames = Object.keys(targets);
