/**
 * `npm run demo`: installs and builds what is missing or out of date, then serves the web phone with two users.
 * `npm run demo -- --check`: does the same on a free port, lets two browsers call each other and measures what they hear.
 */
import { build } from './lib/build.mjs';
import { ensureChromium } from './lib/chromium.mjs';
import { freePort, portFree, startDemoGateway } from './lib/gateway.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { at, node } from './lib/paths.mjs';
import { StepError, main, run } from './lib/run.mjs';
import { offerSpeech } from './lib/speech.mjs';

const CHECK = '--check';

main(async () => {
  const args = process.argv.slice(2);
  const unknown = args.find((arg) => arg !== CHECK);
  if (unknown !== undefined) {
    throw new StepError(`Unknown argument ${unknown}. Usage: npm run demo [-- ${CHECK}]`, 2);
  }
  const check = args.includes(CHECK);
  const port = check ? await freePort() : await chosenPort();
  await ensureInstalled();
  const chromium = check ? await ensureChromium() : undefined;
  await offerSpeech();
  await build(['gateway', 'softphone'], { kind: 'quick' });
  return chromium === undefined ? await serve(port) : await runCheck(port, chromium);
});

async function chosenPort() {
  const text = process.env.PORT ?? '8080';
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new StepError(`PORT is "${text}"; it must be a number from 1 to 65535.`, 2);
  }
  if (!(await portFree(port))) {
    throw new StepError(
      `Port ${port} is in use. Stop what uses it, or choose another: PORT=${port + 1} npm run demo`,
    );
  }
  return port;
}

/** @param {number} port */
async function serve(port) {
  const stopping = stopSignals();
  const gateway = await startDemoGateway({ port, onLine: (line) => console.error(line) });
  const names = gateway.users.map(({ user }) => user).join(' and ');
  console.log(`
  The web phone is at  ${gateway.url}
  The assistant is at  ${gateway.url}/assistant

  Open the phone in two windows. Sign in as one of ${names} in each (one click),
  then call one from the other. No second person needed: dial "echo" to hear yourself.
  The assistant needs no sign-in: it books a table with you, offline, by voice or by what you type.

  The calls and their quality (this link signs you in, once):
  ${gateway.adminLink}

  Ctrl-C ends it.
`);
  stopping.again(() => gateway.kill());
  const first = await Promise.race([gateway.ended.then(() => 'ended'), stopping.first]);
  if (first === 'ended') throw new StepError('The gateway ended by itself: see above.');
  return await gateway.stop();
}

/**
 * One Ctrl-C arrives twice: from the terminal, and from npm, which passes it on. Only what comes later is a second one.
 */
function stopSignals() {
  let since = 0;
  /** @type {() => void} */
  let onSecond = () => process.exit(1);
  const first = new Promise((resolve) => {
    const onSignal = () => {
      if (since === 0) {
        since = Date.now();
        resolve('stop');
      } else if (Date.now() - since > 1000) onSecond();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
  });
  return { first, again: (/** @type {() => void} */ listener) => (onSecond = listener) };
}

/** @param {number} port @param {string} chromium */
async function runCheck(port, chromium) {
  /** @type {string[]} */
  const log = [];
  const gateway = await startDemoGateway({ port, onLine: (line) => log.push(line) });
  try {
    const { code } = await run(node, [at('e2e/check.ts'), gateway.url, chromium]);
    if (code !== 0 && log.length > 0) console.error(`\nThe gateway's log:\n${log.join('\n')}`);
    return code;
  } finally {
    await gateway.stop();
  }
}
