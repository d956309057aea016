/**
 * The table of docs/quality.md, measured: `npm run e2e:quality [-- --trial NAME] [-- --quick]`. Prints what was injected beside what
 * was reported; exit code 0 only if they agree.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { World } from '../survival/world.ts';
import type { TrialResult } from './ledger.ts';
import { render } from './ledger.ts';
import { runTrial, SETTINGS } from './trial.ts';
import { trials } from './trials/index.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    trial: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    result: { type: 'string' },
  },
});

const wanted = values.trial ?? [];
const chosen = trials.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.startsWith(part)),
);
if (chosen.length === 0) {
  process.stderr.write(`No such trial. There are: ${trials.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

const since = Date.now();
const world = await World.start(SETTINGS);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void world.stop().then(() => process.exit(130)));
}
const results: TrialResult[] = [];
try {
  for (const trial of chosen) {
    const result = await runTrial(trial, world, { quick: values.quick });
    results.push(result);
    const verdict =
      result.skipped === undefined ? (result.agrees ? 'agrees' : 'DOES NOT AGREE') : 'not run';
    say(`${trial.name}: ${verdict} (${String(result.seconds)} s)`);
    for (const line of [...result.failures, ...result.notes]) {
      say(`  ${line}`);
    }
  }
} finally {
  await world.stop();
}
say(`\n${render(results)}`);
const agree = results.filter(({ agrees, skipped }) => agrees || skipped !== undefined).length;
say(
  `\n${String(agree)} of ${String(results.length)} agree. Took ${String(Math.round((Date.now() - since) / 1000))} s.`,
);
if (values.result !== undefined) {
  mkdirSync(dirname(values.result), { recursive: true });
  const all = { at: new Date(since).toISOString(), trials: results };
  writeFileSync(values.result, `${JSON.stringify(all, null, 2)}\n`);
}
process.exitCode = agree === results.length ? 0 : 1;
