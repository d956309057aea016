/**
 * `npm test`: unit, property and integration tests (Vitest), then the browser tests (Playwright's runner on Chromium).
 *
 *   npm test -- packages/client/src/calls      only what Vitest finds there
 *   npm test -- e2e/calls.spec.ts              only those browser tests
 *   npm test -- -t "hold"                      by title, in both
 *   npm test -- --unit | --browser  [...]      one runner; all further arguments are that runner's own
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './lib/build.mjs';
import { ensureChromium } from './lib/chromium.mjs';
import {
  ensureCaddy,
  ensureCluster,
  ensureHaproxy,
  ensurePostgres,
  ensureRedis,
} from './lib/cluster.mjs';
import { ensureCoturn } from './lib/coturn.mjs';
import { ensureFirefox } from './lib/firefox.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ensureNetworkTools } from './lib/network-tools.mjs';
import { ensurePromtool } from './lib/monitoring.mjs';
import { at, cache, node } from './lib/paths.mjs';
import { StepError, main, run, seconds } from './lib/run.mjs';
import { ensureLinphone, ensurePhoneNetwork, ensureRtpengine, ensureSip } from './lib/sip.mjs';
import { ensureSpeech } from './lib/speech.mjs';
import { ensureTlsClients } from './lib/tls-clients.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

main(async () => {
  const since = Date.now();
  const plan = planOf(process.argv.slice(2));
  await ensureInstalled();
  mkdirSync(cache, { recursive: true });
  /** @type {Count[]} */
  const counts = [];
  if (plan.unit) {
    counts.push(await unit(plan.unit));
  }
  if (plan.browser) {
    counts.push(await browser(plan.browser));
  }
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  const skipped = sum('skipped');
  console.log(`\n${skipped > 0 ? `${skipped} skipped. ` : ''}Took ${seconds(since)}.`);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
});

/** @param {string[]} args @returns {{ unit?: string[], browser?: string[] }} */
function planOf(args) {
  const rest = args.filter((arg) => arg !== '--unit' && arg !== '--browser');
  if (args.includes('--unit') && !args.includes('--browser')) {
    return { unit: rest };
  }
  if (args.includes('--browser') && !args.includes('--unit')) {
    return { browser: rest };
  }

  const titled = rest.findIndex((arg) => arg === '-t' || arg === '-g');
  const title = titled < 0 ? [] : rest.splice(titled, 2).slice(1);
  const option = rest.find((arg) => arg.startsWith('-'));
  if (option) {
    throw new StepError(`For ${option}, choose a runner: --unit or --browser.`, 2);
  }
  const specs = rest.filter((arg) => /^(\.\/)?e2e\b|\.spec\.ts/.test(arg));
  const units = rest.filter((arg) => !specs.includes(arg));
  return {
    ...(units.length > 0 || specs.length === 0
      ? { unit: [...units, ...title.flatMap((text) => ['-t', text, '--passWithNoTests'])] }
      : {}),
    ...(specs.length > 0 || units.length === 0
      ? { browser: [...specs, ...title.flatMap((text) => ['-g', text, '--pass-with-no-tests'])] }
      : {}),
  };
}

/** @param {string[]} args @returns {Promise<Count>} */
async function unit(args) {
  await ensureHaproxy();
  await ensureCaddy();
  await ensurePromtool();
  await ensureSip();
  await ensureRtpengine();
  await ensurePhoneNetwork();
  await ensureTlsClients();
  await ensureRedis();
  await ensurePostgres();
  const report = join(cache, 'vitest.json');
  rmSync(report, { force: true });
  const vitest = [
    ...[node, at('node_modules/vitest/vitest.mjs'), 'run'],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ...args,
  ];
  // A test process that faults leaves its memory (see lib/test-processes.mjs).
  const { code } = await run('sh', [
    ...['-c', 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', 'sh'],
    ...vitest,
  ]);
  const json = read(report);
  return settle(code, {
    passed: json?.numPassedTests ?? 0,
    failed: json?.numFailedTests ?? 0,
    skipped: (json?.numPendingTests ?? 0) + (json?.numTodoTests ?? 0),
  });
}

/** @param {string[]} args @returns {Promise<Count>} */
async function browser(args) {
  const chromium = await ensureChromium();
  await ensureFirefox();
  await ensureCoturn();
  await ensureCluster();
  await ensureNetworkTools();
  await ensureTlsClients();
  await ensureSpeech();
  await ensurePhoneNetwork();
  await ensureLinphone();
  await build(['softphone']);
  const report = join(cache, 'playwright.json');
  rmSync(report, { force: true });
  const { code } = await run(
    node,
    [
      at('node_modules/@playwright/test/cli.js'),
      'test',
      '--config',
      at('e2e/playwright.config.ts'),
      ...args,
    ],
    { env: { OFFHOOK_CHROMIUM: chromium, OFFHOOK_TEST_REPORT: report } },
  );
  const stats = read(report)?.stats;
  return settle(code, {
    passed: stats?.expected ?? 0,
    failed: (stats?.unexpected ?? 0) + (stats?.flaky ?? 0),
    skipped: stats?.skipped ?? 0,
  });
}

/** A runner that failed without a failed test (it crashed, or a file did not load) counts as one. */
const settle = (code, count) =>
  code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;

/** @param {string} path */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
