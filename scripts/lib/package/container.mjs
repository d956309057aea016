import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../gateway.mjs';
import { at, node } from '../paths.mjs';
import { environment, run } from '../run.mjs';

const START_MS = 180_000;
const STOP_MS = 60_000;
const HOME = '/opt/offhook';

/** @param {string} text of a Containerfile @returns {{ name: string, value: string }[]} its instructions, in order */
const instructions = (text) =>
  text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => /^([A-Z]+) +(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, value]) => ({ name, value }));

/**
 * The steps of deploy/container/Containerfile in a plain folder, without a container engine: its npm install of the tarballs, its command
 * with its environment, its health check, its signal to stop.
 * @param {string} folder an empty one @param {Record<string, string>} tarballs @param {Record<string, string>} env of npm
 * @returns {Promise<string>} what is wrong, or an empty text
 */
export async function containerSteps(folder, tarballs, env) {
  const steps = instructions(readFileSync(at('deploy/container/Containerfile'), 'utf8'));
  const last = (name) => steps.findLast((step) => step.name === name)?.value ?? '';
  /** @param {string} text */
  const here = (text) => text.replaceAll(HOME, folder);

  mkdirSync(join(folder, 'tarballs'), { recursive: true });
  for (const name of ['protocol', 'gateway']) {
    copyFileSync(tarballs[name], join(folder, 'tarballs', basename(tarballs[name])));
  }
  const install = steps.find(({ name, value }) => name === 'RUN' && value.startsWith('npm '));
  if (install === undefined) {
    return 'The Containerfile has no step that installs the packages.';
  }
  const inFolder = ['-c', `cd "$0" && ${install.value}`, folder];
  const installed = await run('sh', inFolder, { quiet: true, env });
  if (installed.code !== 0) {
    return installed.output;
  }
  copyFileSync(at('deploy/container/health.mjs'), join(folder, 'health.mjs'));

  const variables = Object.fromEntries(
    last('ENV')
      .split(' ')
      .map((pair) => pair.split('=')),
  );
  const own = {
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    ...variables,
    OFFHOOK_PORT: String(await freePort()),
    OFFHOOK_DATA_DIR: join(folder, 'data'),
  };
  const [program, ...args] = [...JSON.parse(last('ENTRYPOINT')), ...JSON.parse(last('CMD'))];
  const [asker, ...question] = JSON.parse(last('HEALTHCHECK').replace(/^.* CMD /, ''));
  const health = () => run(asker, question.map(here), { quiet: true, env: own });

  if ((await health()).code === 0) {
    return 'The health check says yes to a gateway that does not run.';
  }
  const child = spawn(program, args.map(here), {
    cwd: folder,
    env: environment(own),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => (said += text));
  }
  const ended = new Promise((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  try {
    const until = Date.now() + START_MS;
    while ((await health()).code !== 0) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > until) {
        return `It is not healthy:\n${said}`;
      }
      await delay(200);
    }
    child.kill(last('STOPSIGNAL'));
    const late = delay(STOP_MS, 'nothing', { ref: false });
    const end = await Promise.race([ended, late]);
    return end === 0 ? '' : `${last('STOPSIGNAL')} ended it with ${end}:\n${said}`;
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
    }
    await ended;
  }
}
