/**
 * Faults against a cluster, measured: `npm run e2e:cluster [-- --row NAME]`. Exit code 0 only if every row that was asked for
 * holds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RowResult } from '../survival/sheet.ts';
import { render } from '../survival/sheet.ts';
import { runRow } from './row.ts';
import { rows } from './rows/index.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    row: { type: 'string', multiple: true },
    result: { type: 'string' },
    logs: { type: 'string' },
  },
});
const wanted = values.row ?? [];
const chosen = rows.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.startsWith(part)),
);
if (chosen.length === 0) {
  process.stderr.write(`No such row. There are: ${rows.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
const since = Date.now();
const results: RowResult[] = [];
for (const row of chosen) {
  const logs = values.logs === undefined ? undefined : join(values.logs, row.name);
  const result = await runRow(row, logs);
  results.push(result);
  say(`${row.name}: ${result.held ? 'held' : 'NOT HELD'} (${String(result.seconds)} s)`);
  for (const line of [...result.failures, ...result.notes]) {
    say(`  ${line}`);
  }
}
say(`\n${render(results)}`);
const held = results.filter((result) => result.held).length;
say(`\n${String(held)} of ${String(results.length)} rows hold.`);
if (values.result !== undefined) {
  mkdirSync(dirname(values.result), { recursive: true });
  const all = { at: new Date(since).toISOString(), rows: results };
  writeFileSync(values.result, `${JSON.stringify(all, null, 2)}\n`);
}
process.exitCode = held === results.length ? 0 : 1;
