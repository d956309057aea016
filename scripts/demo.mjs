/**
 * `npm run demo`: installs and builds what is missing or out of date, then serves the web phone with two users.
 * `npm run demo -- --check`: does the same on a free port, lets two browsers call each other and measures what they hear.
 * `npm run demo -- --sip`: adds a telephone network, which is Kamailio and a phone from Debian. With `--check` the web phone and that phone
 * call each other, and both are measured.
 */
import { build } from './lib/build.mjs';
import { ensureChromium } from './lib/chromium.mjs';
import { datagramPortFree, freePort, portFree, startDemoGateway } from './lib/gateway.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { at, node } from './lib/paths.mjs';
import { startPhoneNetwork } from './lib/phone-network.mjs';
import { StepError, main, run } from './lib/run.mjs';
import { ensurePhoneNetwork } from './lib/sip.mjs';
import { offerSpeech } from './lib/speech.mjs';

const CHECK = '--check';
const SIP = '--sip';

main(async () => {
  const args = process.argv.slice(2);
  const unknown = args.find((arg) => arg !== CHECK && arg !== SIP);
  if (unknown !== undefined) {
    throw new StepError(`Unknown argument ${unknown}. Usage: npm run demo [-- ${SIP} ${CHECK}]`, 2);
  }
  const check = args.includes(CHECK);
  const sip = args.includes(SIP);
  const port = check ? await freePort() : await chosenPort('PORT', 8080);
  const sipPort = sip && !check ? await chosenPort('SIP_PORT', 5060) : undefined;
  await ensureInstalled();
  const chromium = check ? await ensureChromium() : undefined;
  if (sip) {
    await ensurePhoneNetwork();
  }
  await offerSpeech();
  await build(['gateway', 'softphone'], { kind: 'quick' });
  if (chromium === undefined) {
    return await serve(port, sipPort);
  }
  return sip ? await runSipCheck(port, chromium) : await runCheck(port, chromium);
});

/** @param {string} name of the environment variable @param {number} usual */
async function chosenPort(name, usual) {
  const text = process.env[name] ?? String(usual);
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new StepError(`${name} is "${text}"; it must be a number from 1 to 65535.`, 2);
  }
  if (!(await portFree(port)) || (name === 'SIP_PORT' && !(await datagramPortFree(port)))) {
    const again = name === 'PORT' ? 'npm run demo' : `npm run demo -- ${SIP}`;
    throw new StepError(
      `Port ${port} is in use. Stop what uses it, or choose another: ${name}=${port + 1} ${again}`,
    );
  }
  return port;
}

/** @param {number} port @param {number} [sipPort] of the registrar; without it there is no telephone network */
async function serve(port, sipPort) {
  const stopping = stopSignals();
  const network =
    sipPort === undefined
      ? undefined
      : await startPhoneNetwork('e2e/sip/network.ts', [String(sipPort)]);
  try {
    return await serveWith(port, stopping, network);
  } finally {
    await network?.stop();
  }
}

/** @param {number} port @param {ReturnType<typeof stopSignals>} stopping @param {Awaited<ReturnType<typeof startPhoneNetwork>>} [network] */
async function serveWith(port, stopping, network) {
  const settings = network ? { OFFHOOK_SIP: network.said.setting } : {};
  const gateway = await startDemoGateway({
    port,
    onLine: (line) => console.error(line),
    settings,
  });
  const names = gateway.users.map(({ user }) => user).join(' and ');
  const passwords = gateway.users.map(({ user, password }) => `${user} ${password}`).join(', ');
  console.log(`
  The web phone is at  ${gateway.url}
  The assistant is at  ${gateway.url}/assistant

  Open the phone in two windows. Sign in as one of ${names} in each (one click),
  then call one from the other. No second person needed: dial "echo" to hear yourself.
  The assistant needs no sign-in: it books a table with you, offline, by voice or by what you type.
  A page of your own on localhost signs in at ${gateway.url.replace(/^http/, 'ws')}; users and passwords, until this ends: ${passwords}

  The calls and their quality (this link signs you in, once):
  ${gateway.adminLink}
${network ? phoneHelp(network.said) : ''}
  Ctrl-C ends it.
`);
  stopping.again(() => gateway.kill());
  if (network) {
    process.stdin.on('data', (data) => network.tell(String(data).trim()));
  }
  const first = await Promise.race([
    gateway.ended.then(() => 'The gateway'),
    ...(network ? [network.ended.then(() => 'The telephone network')] : []),
    stopping.first,
  ]);
  process.stdin.pause();
  const code = await gateway.stop();
  if (first !== undefined) {
    throw new StepError(`${first} ended by itself: see above.`);
  }
  return code;
}

/** @param {Record<string, any>} said */
function phoneHelp({ registrar, domain, page }) {
  return `
  The telephone network: a registrar (Kamailio) at ${registrar}, UDP and TCP, and two phones (baresip).
    In the web phone dial  2001  a phone that picks up and says what it hears
                           2002  a phone that rings until you give up
                           2999  no number
    Here type              dial 1001  and the phone 2001 calls whoever is signed in as 1001 (then: press 5, hold, resume, hangup)
    A phone of your own    signs in at ${registrar}, or a page by SIP over ws://${registrar}, as
                           ${page.user}@${domain} with the password ${page.password}; a page is called by ${page.user}
`;
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
        resolve(undefined);
      } else if (Date.now() - since > 1000) {
        onSecond();
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, onSignal);
    }
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
    if (code !== 0 && log.length > 0) {
      console.error(`\nThe gateway's log:\n${log.join('\n')}`);
    }
    return code;
  } finally {
    await gateway.stop();
  }
}

/** @param {number} port @param {string} chromium */
async function runSipCheck(port, chromium) {
  const network = await startPhoneNetwork('e2e/check-sip.ts', [chromium]);
  /** @type {string[]} */
  const log = [];
  try {
    const gateway = await startDemoGateway({
      port,
      onLine: (line) => log.push(line),
      settings: { OFFHOOK_SIP: network.said.setting, OFFHOOK_CALLS_NO_ANSWER_SECONDS: '5' },
    });
    try {
      network.tell(gateway.url);
      const code = await network.ended;
      if (code !== 0 && log.length > 0) {
        console.error(`\nThe gateway's log:\n${log.join('\n')}`);
      }
      return code;
    } finally {
      await gateway.stop();
    }
  } finally {
    await network.stop();
  }
}
