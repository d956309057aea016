import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { at, node, root } from './paths.mjs';
import { StepError, environment } from './run.mjs';

const START_MS = 60_000;

/**
 * A telephone network on loopback, a registrar and phones, as a child that ends with us.
 * @param {string} program that begins with a line of JSON: e2e/sip/network.ts, e2e/check-sip.ts
 * @param {string[]} args of it
 */
export async function startPhoneNetwork(program, args) {
  const child = spawn(
    node,
    [
      '--conditions=offhook-source',
      '--disable-warning=ExperimentalWarning',
      '--import',
      at('scripts/lib/end-with-parent.mjs'),
      at(program),
      ...args,
    ],
    { cwd: root, env: environment(), stdio: ['pipe', 'pipe', 'pipe', 'ipc'], detached: true },
  );
  /** @type {string[]} */
  const complaints = [];
  const ended = new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
    }
    await ended;
  };
  let isReady = false;
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (isReady) {
      console.error(line);
    } else {
      complaints.push(line);
    }
  });
  const ready = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!isReady && line.startsWith('{')) {
        resolve(JSON.parse(line));
      } else {
        console.log(line);
      }
    });
  });
  let late;
  const inTime = new Promise((resolve) => (late = setTimeout(resolve, START_MS)));
  const said = await Promise.race([ready, ended.then(() => undefined), inTime]);
  clearTimeout(late);
  if (!said) {
    await stop();
    throw new StepError(`The telephone network did not start:\n${complaints.join('\n')}`);
  }
  isReady = true;
  return {
    /** What it said of itself; `setting` is the gateway's. @type {Record<string, any>} */
    said,
    /** Tells it something. @param {string} line */
    tell: (line) => child.stdin.write(`${line}\n`),
    /** Its exit code. */
    ended,
    stop,
  };
}
