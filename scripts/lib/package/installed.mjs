import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freePort } from '../gateway.mjs';
import { at, node } from '../paths.mjs';
import { environment, run } from '../run.mjs';
import { containerSteps } from './container.mjs';

/** One that a gateway does not run on. All other steps run on ours. */
const TOO_OLD_NODE = '20';

/** What a gateway may take on a disk, Node apart. */
const GATEWAY_MB = 120;
const START_MS = 180_000;
const STOP_MS = 15_000;

/** @param {string} folder */
const bytesOf = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

/**
 * The four packages in blank projects, installed from a registry.
 * @param {{
 *   folder: string,
 *   registry: Awaited<ReturnType<typeof import('../registry.mjs').startRegistry>>,
 *   tarballs: Record<string, string>,
 *   chromium: string,
 *   demoNode: string,
 * }} setting demoNode: the version of Node that the demo runs on
 * @returns {Record<string, () => Promise<string>>} each returns what is wrong, or an empty text
 */
export function installedSteps({ folder, registry, tarballs, chromium, demoNode }) {
  const { env } = registry;
  /** @param {string} name @param {...string} packages */
  const project = async (name, ...packages) => {
    const target = join(folder, name);
    mkdirSync(target);
    writeFileSync(join(target, 'package.json'), '{ "private": true, "type": "module" }');
    const { code, output } = await run('npm', ['install', '--prefix', target, ...packages], {
      quiet: true,
      env,
    });
    return { target, problem: code === 0 ? '' : output };
  };
  /** @param {string} version of Node, which comes as a package */
  const nodeOf = async (version) => {
    const name = `node-${process.platform}-${process.arch}`;
    const { target, problem } = await project(`node-${version}`, `${name}@${version}`);
    return { bin: join(target, 'node_modules', name, 'bin'), problem };
  };
  const ask = async (...args) => {
    const { code, output } = await run(node, args, { quiet: true });
    return code === 0 ? '' : output || `exit code ${code}`;
  };
  const gateway = join(folder, 'gateway');
  const command = join(gateway, 'node_modules/@offhook/gateway/dist/cli/offhook.js');

  return {
    [`@offhook/gateway takes less than ${GATEWAY_MB} MB`]: async () => {
      const { problem } = await project('gateway', '@offhook/gateway');
      if (problem) {
        return problem;
      }
      const megabytes = bytesOf(join(gateway, 'node_modules')) / 1e6;
      console.log(`     ${megabytes.toFixed(1)} MB`);
      return megabytes < GATEWAY_MB ? '' : `${megabytes} MB`;
    },
    [`npx @offhook/gateway demo on Node ${demoNode}: the phone is served, two users call each other`]:
      async () => {
        const { bin, problem } = await nodeOf(demoNode);
        return problem || demo(join(folder, 'empty'), bin, env, chromium);
      },
    'the steps of deploy/container/Containerfile: installed, healthy, stopped by its signal': () =>
      containerSteps(join(folder, 'container'), tarballs, env),
    'a load with audio says what it lacks, without its optional dependency': async () => {
      rmSync(join(gateway, 'node_modules/werift'), { recursive: true });
      const asked = [command, 'load', 'ws://127.0.0.1:9', '--demo', '--rtp'];
      const { code, output } = await run(node, [...asked, '--clients', '2'], { quiet: true });
      return code !== 0 && /npm install werift|demo/.test(output) ? '' : output;
    },
    [`Node ${TOO_OLD_NODE} is told which one is needed`]: async () => {
      const { bin, problem } = await nodeOf(TOO_OLD_NODE);
      if (problem) {
        return problem;
      }
      const { code, output } = await run(join(bin, 'node'), [command, '--version'], {
        quiet: true,
      });
      const isTold = code === 1 && /needs Node 22\.20 or later; this is v20\./.test(output);
      return isTold ? '' : `exit code ${code}: ${output}`;
    },
    ...Object.fromEntries(
      [18, 19].map((react) => [
        `@offhook/react on React ${react}: one client, hooks on a server, fakes, types`,
        async () => {
          const { target, problem } = await project(
            `react-${react}`,
            ...[`react@${react}`, `react-dom@${react}`, `@types/react@${react}`],
            ...['@offhook/react', '@offhook/client'],
          );
          return problem || (await useReact(target));
        },
      ]),
    ),
    publint: async () => {
      const { publint } = await import('publint');
      const { formatMessage } = await import('publint/utils');
      const found = [];
      for (const [name, tarball] of Object.entries(tarballs)) {
        const file = readFileSync(tarball);
        const { messages, pkg } = await publint({
          strict: true,
          pack: { tarball: file.buffer.slice(file.byteOffset, file.byteOffset + file.length) },
        });
        found.push(...messages.map((message) => `${name}: ${formatMessage(message, pkg)}`));
      }
      return found.join('\n');
    },
    // The client, which has CommonJS too, is looked at with its own steps.
    'are the types wrong': async () => {
      const found = [];
      for (const name of ['protocol', 'react', 'gateway']) {
        found.push(
          await ask(
            at('node_modules/.bin/attw'),
            tarballs[name],
            '--no-emoji',
            '--profile',
            'esm-only',
          ),
        );
      }
      return found.filter(Boolean).join('\n');
    },
  };
}

/** @param {string} target a project with both packages */
async function useReact(target) {
  const clients = readdirSync(join(target, 'node_modules'), {
    withFileTypes: true,
    recursive: true,
  }).filter((entry) => entry.name === 'client' && entry.parentPath.endsWith('@offhook'));
  if (clients.length !== 1) {
    return `${clients.length} copies of the client`;
  }
  writeFileSync(
    join(target, 'server.mjs'),
    `import { createElement } from 'react';
    import { renderToString } from 'react-dom/server';
    import { TelnyxRTCProvider, useCalls, useConnectionState } from '@offhook/react';
    import { FakeCall, FakeClient } from '@offhook/react/testing';
    function Phone() { return createElement('p', null, useConnectionState(), useCalls().length); }
    const html = renderToString(createElement(TelnyxRTCProvider,
      { credential: { login: 'a', password: 'b' }, options: { host: 'wss://phone.example.com' } }, createElement(Phone)));
    if (!html.includes('idle')) throw new Error(html);
    if (new FakeClient().listenerCount !== 0 || typeof FakeCall !== 'function') throw new Error('no fakes');`,
  );
  writeFileSync(
    join(target, 'app.tsx'),
    `import { TelnyxRTCProvider, useCall, useCalls, useClient } from '@offhook/react';
    import { FakeClient } from '@offhook/react/testing';
    import type { TelnyxRTC } from '@offhook/client';
    export const same = (client: TelnyxRTC): ReturnType<typeof useClient> => client;
    export const fake = new FakeClient();
    export function Phone() {
      const [first] = useCalls();
      const call = useCall(first?.id ?? '');
      return <button onClick={() => void call?.call.hangup()}>{call?.state}</button>;
    }
    export const App = () => (
      <TelnyxRTCProvider credential={{ login_token: 'x' }} options={{ host: 'wss://phone.example.com' }}><Phone /></TelnyxRTCProvider>
    );`,
  );
  const options = {
    ...{ target: 'ES2022', lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [], jsx: 'react-jsx' },
    ...{ strict: true, noEmit: true, skipLibCheck: false },
    ...{ module: 'ESNext', moduleResolution: 'bundler' },
  };
  writeFileSync(
    join(target, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['app.tsx'] }),
  );
  for (const args of [
    [join(target, 'server.mjs')],
    [at('node_modules/typescript/bin/tsc'), '-p', target],
    [at('node_modules/typescript-5/bin/tsc'), '-p', target],
  ]) {
    const { code, output } = await run(node, args, { quiet: true });
    if (code !== 0) {
      return output || `exit code ${code}`;
    }
  }
  return '';
}

/**
 * What the README of the gateway begins with, in an empty folder: npm fetches the gateway, and the demo's check goes through its phone.
 * @param {string} folder @param {string} bin where its Node is @param {Record<string, string>} env @param {string} chromium
 */
async function demo(folder, bin, env, chromium) {
  mkdirSync(folder);
  const port = await freePort();
  const child = spawn('npx', ['--yes', '@offhook/gateway', 'demo', '--port', String(port)], {
    cwd: folder,
    env: environment({ ...env, PATH: `${bin}${delimiter}${process.env.PATH}` }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // npx starts the gateway by a shell: all of them end together.
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => (said += text));
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  const late = new Promise((resolve) => setTimeout(resolve, START_MS).unref());
  const ready = new Promise((resolve) =>
    child.stdout.on('data', () => said.includes('is ready at') && resolve('ready')),
  );
  try {
    if ((await Promise.race([ready, ended, late])) !== 'ready') {
      return `No demo:\n${said}`;
    }
    const check = [at('e2e/check.ts'), `http://localhost:${port}`, chromium];
    const { code, output } = await run(node, check, { quiet: true });
    return code === 0 ? '' : `${output}\nThe gateway said:\n${said}`;
  } finally {
    // One that a signal ended has no exit code, and its number may be another's by now.
    const signal = (name) =>
      child.exitCode === null && child.signalCode === null && process.kill(-child.pid, name);
    signal('SIGTERM');
    const kill = setTimeout(() => signal('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(kill);
  }
}
