/**
 * The table of docs/survival.md, measured: `npm run e2e:survival [-- --row NAME] [-- --repeat N] [-- --quick]`. Exit code 0 only
 * if every row that was asked for holds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { runRow } from './row.ts';
import { rows } from './rows/index.ts';
import type { RowResult } from './sheet.ts';
import { render } from './sheet.ts';
import { World } from './world.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    row: { type: 'string', multiple: true },
    repeat: { type: 'string' },
    quick: { type: 'boolean', default: false },
    result: { type: 'string' },
  },
});

const wanted = values.row ?? [];
const chosen = rows.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.startsWith(part)),
);
if (chosen.length === 0) {
  complain(`No such row. There are: ${rows.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const repeat = values.repeat === undefined ? undefined : Number(values.repeat);
if (repeat !== undefined && !(Number.isInteger(repeat) && repeat > 0)) {
  complain('--repeat takes a whole number above 0.');
  process.exit(2);
}

const since = Date.now();
const world = await World.start();
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopping = true;
    void world.stop().then(() => process.exit(130));
  });
}
if (world.limited !== undefined) {
  say(
    `Network namespaces are not allowed here (${world.limited}): the relay alone injects faults.`,
  );
}
const results: RowResult[] = [];
try {
  for (const row of chosen) {
    if (stopping) {
      break;
    }
    const effort = { quick: values.quick, ...(repeat === undefined ? {} : { repeat }) };
    const result = await runRow(row, world, effort);
    results.push(result);
    const verdict = result.skipped === undefined ? (result.held ? 'held' : 'NOT HELD') : 'not run';
    say(`${row.name}: ${verdict} (${String(result.seconds)} s)`);
    for (const line of [...result.failures, ...result.notes]) {
      say(`  ${line}`);
    }
  }
} finally {
  await world.stop();
}
say(`\n${render(results)}`);
const held = results.filter((result) => result.held || result.skipped !== undefined).length;
say(
  `\n${String(held)} of ${String(results.length)} rows hold. Took ${String(Math.round((Date.now() - since) / 1000))} s.`,
);
if (values.result !== undefined) {
  mkdirSync(dirname(values.result), { recursive: true });
  const all = {
    at: new Date(since).toISOString(),
    namespace: world.network.namespace,
    rows: results,
  };
  writeFileSync(values.result, `${JSON.stringify(all, null, 2)}\n`);
}
process.exitCode = held === results.length ? 0 : 1;
