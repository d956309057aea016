import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { at } from './paths.mjs';
import { StepError, environment, run } from './run.mjs';

const START_MS = 60_000;
const STOP_MS = 10_000;

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** What comes of building and installing, and stays out of a copy. */
const MADE = /(^|\/)(node_modules|dist|\.next|\.svelte-kit)(\/|$)/;

/** The examples, by the names of their folders. @returns {string[]} */
export const exampleNames = () => readJson(at('examples/package.json')).workspaces;

/**
 * The examples in a folder of their own, where `@offhook/*` comes from our registry and everything else from the one that this machine
 * is set to.
 * @param {string} folder that does not exist yet @param {{ url: string }} registry
 */
export function copyExamples(folder, registry) {
  const source = at('examples');
  cpSync(source, folder, {
    recursive: true,
    filter: (path) => !MADE.test(path.slice(source.length)),
  });
  writeFileSync(
    join(folder, '.npmrc'),
    `@offhook:registry=${registry.url}\nomit-lockfile-registry-resolved=true\n`,
  );
}

/** @param {string} folder @param {string[]} args of npm */
async function npm(folder, args) {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier'];
  const { code, output } = await run('npm', ['--prefix', folder, ...args, ...quiet], {
    quiet: true,
  });
  if (code !== 0) {
    throw new StepError(`npm ${args.join(' ')} failed:\n${output}`);
  }
}

/** What the lock file asks for. @param {string} folder */
export const installExamples = (folder) => npm(folder, ['ci']);

/**
 * Writes the lock file of all examples anew. Ours stand in it without a hash: they are packed afresh each time.
 * @param {string} folder with a copy of the examples
 */
export async function lockExamples(folder) {
  await npm(folder, ['install', '--package-lock-only']);
  const lock = readJson(join(folder, 'package-lock.json'));
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (/node_modules\/@offhook\//.test(path)) {
      delete entry.integrity;
      delete entry.resolved;
    }
  }
  writeFileSync(at('examples/package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
}

/**
 * Its `npm run build`, where it has one.
 * @param {string} folder @param {string} name of the example @param {Record<string, string>} env
 * @returns {Promise<string>} what is wrong, or an empty text
 */
export async function buildExample(folder, name, env) {
  const args = ['--prefix', join(folder, name), 'run', 'build', '--if-present'];
  const { code, output } = await run('npm', args, { quiet: true, env });
  return code === 0 ? '' : output;
}

/**
 * Serves an example: by its `npm start`, in a process group of its own, or as it lies, where there is nothing to start.
 * @param {string} folder @param {string} name @param {number} port @param {Record<string, string>} env
 * @param {{ user: string, password: string }} account that a page without a sign-in of its own is set to
 */
export async function serveExample(folder, name, port, env, account) {
  if (readJson(join(folder, name, 'package.json')).scripts === undefined) {
    return servePage(join(folder, name), port, env.GATEWAY, account);
  }
  const args = ['--prefix', join(folder, name), 'start', '--', '--port', String(port)];
  const child = spawn('npm', args, {
    cwd: join(folder, name),
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => (said += text));
  }
  const running = () => child.exitCode === null && child.signalCode === null;
  const ended = new Promise((resolve) => child.once('close', resolve));
  const signal = (kind) => {
    try {
      process.kill(-child.pid, kind);
    } catch {
      // Nobody of the group is left.
    }
  };
  const stop = async () => {
    signal('SIGTERM');
    const late = setTimeout(() => signal('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(late);
  };
  const url = `http://localhost:${port}/`;
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const answers = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) {
      return { url, stop };
    }
    if (!running() || Date.now() - since > START_MS) {
      await stop();
      throw new StepError(`${name} did not start:\n${said}`);
    }
  }
}

/** The file of a script tag that the page asks for. */
const SCRIPT = 'offhook-phone.js';

/**
 * Serves a page that nothing builds, as its README says: with the script of the package beside it, and the gateway and the password put in.
 * Beyond that the script tag says which bytes it takes (W3C Subresource Integrity).
 * @param {string} folder @param {number} port @param {string} gateway @param {{ user: string, password: string }} account
 */
async function servePage(folder, port, gateway, { user, password }) {
  const dist = join(folder, '../node_modules/@offhook/client/dist');
  const script = readFileSync(join(dist, SCRIPT));
  const hash = readJson(join(dist, 'integrity.json'))[SCRIPT];
  let page = readFileSync(join(folder, 'index.html'), 'utf8');
  for (const [written, put] of [
    ['host="ws://localhost:8080"', `host="${gateway}"`],
    ['login="1002" password=""', `login="${user}" password="${password}"`],
    [`<script src="${SCRIPT}"`, `<script src="${SCRIPT}" integrity="${hash}"`],
  ]) {
    if (page.split(written).length !== 2) {
      throw new StepError(`${folder}/index.html does not say ${written} once.`);
    }
    page = page.replace(written, () => put);
  }
  const server = createServer(({ url }, response) => {
    const body = { '/': page, [`/${SCRIPT}`]: script }[url ?? ''];
    const type = url === '/' ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8';
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type }).end(body);
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  const stop = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://localhost:${port}/`, stop };
}
