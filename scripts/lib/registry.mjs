import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './gateway.mjs';
import { ensureFolder } from './install.mjs';
import { at, node } from './paths.mjs';
import { StepError, environment, run } from './run.mjs';

const START_MS = 60_000;

/** Installs what only publishing needs, where it is missing or another version. */
export const ensurePublishing = () =>
  ensureFolder('scripts/publishing', 'Installing what publishing needs');

/**
 * A registry of npm packages of its own on loopback (Verdaccio): ours are published to it, all others come from the registry that this
 * machine is set to.
 * @param {string} folder where it keeps what it has
 */
export async function startRegistry(folder) {
  await ensurePublishing();
  mkdirSync(folder, { recursive: true });
  const { output } = await run('npm', ['config', 'get', 'registry'], { quiet: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const config = {
    storage: join(folder, 'storage'),
    uplinks: { above: { url: output.trim(), timeout: '60s', max_fails: 100 } },
    packages: {
      '@offhook/*': { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'above' },
    },
    max_body_size: '50mb',
    web: { enable: false },
    log: { type: 'stdout', format: 'json', level: 'warn' },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
  // A user's own settings may name other registries; npm sends nothing to one without some token.
  const npmrc = join(folder, 'npmrc');
  writeFileSync(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=nobody\n`);
  const env = {
    npm_config_userconfig: npmrc,
    npm_config_registry: url,
    npm_config_cache: join(folder, 'cache'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  const child = spawn(
    node,
    [
      at('scripts/publishing/node_modules/verdaccio/bin/verdaccio'),
      ...['--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`],
    ],
    { cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => (log += text));
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill();
    await ended;
  };
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const answers = await fetch(`${url}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) {
      break;
    }
    if (child.exitCode === null && Date.now() - since < START_MS) {
      continue;
    }
    await stop();
    throw new StepError(`The registry did not start:\n${log}`);
  }
  return {
    url,
    /** For children that install from it. */
    env,
    /** @param {string} tarball */
    publish: async (tarball) => {
      const { code, output } = await run('npm', ['publish', tarball, '--access', 'public'], {
        quiet: true,
        env,
      });
      if (code !== 0) {
        throw new StepError(`Publishing ${tarball} failed:\n${output}\n${log}`);
      }
    },
    stop,
  };
}
