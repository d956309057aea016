/**
 * `npm run e2e:parity`: the option tests and the differential run against the reference SDK, and what docs/compatibility.md
 * claims. Ends with one line of counts; exit code 0 only if nothing of it is missing.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureCoturn } from './lib/coturn.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { at, cache, node } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';

/** Of the option document. */
const PROPERTIES = 21;
/** The title of the tests that show each. */
const OPTIONS = {
  login: 'login and password',
  password: 'login and password',
  login_token: 'login_token',
  anonymous_login: 'anonymous_login',
  env: 'env, region and canary without host',
  region: 'region and useCanaryRtcServer',
  useCanaryRtcServer: 'region and useCanaryRtcServer',
  rtcIp: 'rtcIp and rtcPort',
  rtcPort: 'rtcIp and rtcPort',
  iceServers: 'iceServers and forceRelayCandidate',
  forceRelayCandidate: 'iceServers and forceRelayCandidate',
  trickleIce: 'trickleIce',
  prefetchIceCandidates: 'prefetchIceCandidates',
  mutedMicOnStart: 'mutedMicOnStart',
  ringtoneFile: 'ringtoneFile and ringbackFile',
  ringbackFile: 'ringtoneFile and ringbackFile',
  enableCallReports: 'enableCallReports',
  callReportInterval: 'callReportInterval',
  debug: 'debug and debugOutput',
  debugOutput: 'debug and debugOutput',
  // What it does under every fault: docs/survival.md.
  keepConnectionAliveOnSocketClose: 'keepConnectionAliveOnSocketClose',
};

main(async () => {
  await ensureInstalled();
  const chromium = await ensureChromium();
  await ensureCoturn();
  const report = join(cache, 'parity.json');
  rmSync(report, { force: true });
  const { code } = await run(
    node,
    [
      '--conditions=offhook-source',
      at('node_modules/@playwright/test/cli.js'),
      'test',
      '--config',
      at('e2e/parity/playwright.config.ts'),
      ...process.argv.slice(2),
    ],
    {
      env: {
        OFFHOOK_CHROMIUM: chromium,
        OFFHOOK_TEST_REPORT: report,
        NODE_OPTIONS: '--conditions=offhook-source',
      },
    },
  );
  const tests = existsSync(report) ? flatten(JSON.parse(readFileSync(report, 'utf8')).suites) : [];
  const holds = (title) => {
    const found = tests.filter((test) => test.title.includes(title));
    return found.length > 0 && found.every((test) => test.ok);
  };
  const options = Object.keys(OPTIONS).filter((name) => holds(OPTIONS[name]));
  const scenarios = tests.filter(({ title }) => title.includes('differs only where it should'));
  const passed = scenarios.filter(({ ok }) => ok);
  const claims = compatibility();
  const exported = await exports();
  console.log(
    [
      `options ${options.length}/${PROPERTIES}`,
      // Passed on, and shown nowhere.
      `wired ${PROPERTIES - Object.keys(OPTIONS).length}`,
      `scenarios ${passed.length}/${scenarios.length}`,
      `unexplained differences ${scenarios.length - passed.length}`,
      `defects ${claims.shown}/${claims.defects}`,
      `not applicable ${claims.notApplicable}`,
      `exports ${exported}/23`,
    ].join(', '),
  );
  for (const problem of claims.problems) {
    console.error(problem);
  }
  const whole =
    code === 0 &&
    options.length === PROPERTIES &&
    scenarios.length >= 25 &&
    claims.problems.length === 0 &&
    exported === 23;
  return whole ? 0 : 1;
});

/** Every test with its full title. */
function flatten(suites, prefix = '') {
  return suites.flatMap((suite) => {
    const title = `${prefix} ${suite.title}`;
    return [
      ...(suite.specs ?? []).map((spec) => ({ title: `${title} ${spec.title}`, ok: spec.ok })),
      ...flatten(suite.suites ?? [], title),
    ];
  });
}

/** The rows of docs/compatibility.md whose tests exist under the names that it gives. */
function compatibility() {
  const rows = readFileSync(at('docs/compatibility.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| (API|Wire) \d+ /.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((part) => part.trim()));
  const claims = rows.filter((row) => row.length === 6);
  const problems = claims.flatMap(([, id, , , tests]) =>
    (tests ?? '').split('<br>').flatMap((test) => {
      const [, path = '', title = ''] = /^`([^`]+)`(?: › (.*))?$/.exec(test.trim()) ?? [];
      if (!path || !existsSync(at(path))) {
        return [`${id}: there is no ${path || test}`];
      }
      return readFileSync(at(path), 'utf8').includes(title)
        ? []
        : [`${id}: ${path} has no "${title}"`];
    }),
  );
  const broken = new Set(problems.map((problem) => problem.split(':')[0]));
  return {
    defects: claims.length,
    shown: claims.length - broken.size,
    notApplicable: rows.length - claims.length,
    problems,
  };
}

/** How many of the reference's runtime exports ours has. */
async function exports() {
  const source = [
    "const r = await import('@telnyx/webrtc').catch(() => require('@telnyx/webrtc'));",
    "const o = await import('@offhook/client');",
    'const names = Object.keys(r.default && !r.TelnyxRTC ? r.default : r).filter((n) => n !== "default" && n !== "module.exports");',
    'console.log(names.filter((n) => n in o).length);',
  ].join('\n');
  const { execFileSync } = await import('node:child_process');
  const text = execFileSync(
    node,
    [
      '--conditions=offhook-source',
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      source,
    ],
    { cwd: at('.'), encoding: 'utf8' },
  );
  return Number(text.trim().split('\n').at(-1));
}
