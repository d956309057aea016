/**
 * `npm run examples`: installs all examples from the packages as they are published, builds each, serves each, and drives each by browsers.
 * `npm run examples -- react-vite next`: only these.
 * `npm run examples -- --serve react-vite`: builds one, and serves it with a demo gateway until Ctrl-C.
 * `npm run examples -- --pictures FOLDER`: takes pictures of their pages.
 * `npm run examples -- --lock`: writes examples/package-lock.json anew.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './lib/build.mjs';
import { ensureChromium } from './lib/chromium.mjs';
import {
  buildExample,
  copyExamples,
  exampleNames,
  installExamples,
  lockExamples,
  serveExample,
} from './lib/examples.mjs';
import { freePort, startDemoGateway } from './lib/gateway.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { pack } from './lib/pack.mjs';
import { at, node } from './lib/paths.mjs';
import { startRegistry } from './lib/registry.mjs';
import { StepError, main, run, seconds } from './lib/run.mjs';

const USAGE = `Usage: npm run examples [-- [name ...] [--serve] [--pictures <folder>] [--lock]]
Examples: ${exampleNames().join(', ')}`;
/** What the examples need of us. */
const PACKAGES = ['client', 'react'];
/** Who calls whom: see e2e/examples. */
const USERS = '4';

function asked() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        serve: { type: 'boolean', default: false },
        lock: { type: 'boolean', default: false },
        pictures: { type: 'string' },
      },
    });
    const unknown = positionals.find((name) => !exampleNames().includes(name));
    if (unknown !== undefined) {
      throw new Error(`There is no example ${unknown}.`);
    }
    if (values.serve && positionals.length !== 1) {
      throw new Error('Name the one example to serve.');
    }
    return { ...values, names: positionals.length > 0 ? positionals : exampleNames() };
  } catch (error) {
    throw new StepError(`${error.message}\n${USAGE}`, 2);
  }
}

main(async () => {
  const { serve, lock, pictures, names } = asked();
  await ensureInstalled();
  const chromium = serve || lock ? '' : await ensureChromium();
  await build(lock ? PACKAGES : [...PACKAGES, 'gateway', 'softphone']);
  /** What is undone at the end, last first. @type {(() => unknown)[]} */
  const undo = [];
  let interrupted = () => {};
  const untilInterrupted = new Promise((resolve) => (interrupted = () => resolve(undefined)));
  // One Ctrl-C arrives twice, from the terminal and from npm: the second one must not end us before our children.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, interrupted);
  }
  const work = async () => {
    const base = mkdtempSync(join(tmpdir(), 'offhook-examples-'));
    undo.push(() => rmSync(base, { recursive: true, force: true, maxRetries: 3 }));
    const folder = join(base, 'examples');
    await installed(base, folder, lock, undo);
    if (lock) {
      return 0;
    }
    return await used({ folder, names, serve, pictures, chromium, undo, untilInterrupted });
  };
  try {
    return (await Promise.race([work(), serve ? new Promise(() => {}) : untilInterrupted])) ?? 130;
  } finally {
    for (const step of undo.reverse()) {
      await step();
    }
  }
});

/** @param {string} base @param {string} folder @param {boolean} lock @param {(() => unknown)[]} undo */
async function installed(base, folder, lock, undo) {
  const since = Date.now();
  const registry = await startRegistry(join(base, 'registry'));
  undo.push(registry.stop);
  for (const name of PACKAGES) {
    await registry.publish(await pack(name, base));
  }
  copyExamples(folder, registry);
  await (lock ? lockExamples(folder) : installExamples(folder));
  console.log(`ok   ${lock ? 'lock file' : 'installed from the packages'} (${seconds(since)})`);
}

async function used({ folder, names, serve, pictures, chromium, undo, untilInterrupted }) {
  /** Of the gateway and of the examples that have a backend. */
  const secret = randomBytes(32).toString('hex');
  const gateway = await startDemoGateway({
    port: await freePort(),
    onLine: (line) => console.error(line),
    settings: { OFFHOOK_DEMO_USERS: USERS, OFFHOOK_AUTH_JWT_SECRETS: secret },
  });
  undo.push(gateway.stop);
  const address = gateway.url.replace(/^http/, 'ws');
  const env = {
    ...{ VITE_GATEWAY: address, GATEWAY: address, TOKEN_SECRET: secret },
    NEXT_TELEMETRY_DISABLED: '1',
    USERS: gateway.users.map(({ user, password }) => `${user}:${password}`).join(),
  };
  const urls = {};
  let failed = 0;
  for (const name of names) {
    const since = Date.now();
    const problem = await buildExample(folder, name, env);
    console.log(
      `${problem ? 'FAIL' : 'ok  '} ${name} is built (${seconds(since)})\n${problem}`.trimEnd(),
    );
    if (problem) {
      failed += 1;
      continue;
    }
    // The second one: with the first account the example is called, and calls.
    const example = await serveExample(folder, name, await freePort(), env, gateway.users[1]);
    undo.push(example.stop);
    urls[name] = example.url;
  }
  if (serve && failed === 0) {
    const users = gateway.users.map(({ user, password }) => `${user} (password ${password})`);
    console.log(
      `\n  ${names[0]} is at ${Object.values(urls)[0]}\n  Users: ${users.join(', ')}\n\n  Ctrl-C ends it.`,
    );
    await untilInterrupted;
    return 0;
  }
  const setting = {
    ...{ chromium, urls, accounts: gateway.users, gateway: gateway.url },
    ...(pictures === undefined ? {} : { pictures: resolve(pictures) }),
  };
  const { code } = await run(node, [at('e2e/examples/run.ts'), JSON.stringify(setting)]);
  return failed > 0 ? 1 : code;
}
