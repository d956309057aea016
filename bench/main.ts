/**
 * `npm run bench`: Offhook, the reference SDK and the floor, in one run.
 *
 *     npm run bench                        everything; writes bench/results/latest.json and docs/performance.md
 *     npm run bench -- --quick             fewer repetitions; says what a whole run would, less exactly
 *     npm run bench -- --only set-up,media these rows anew, the others stay
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { writeDocs } from './docs/write.ts';
import { machine } from './lib/machine.ts';
import type { Row } from './lib/measure.ts';
import { save } from './lib/results.ts';
import type { RowResult } from './lib/results.ts';
import { printed } from './lib/table.ts';
import { bundle } from './rows/bundle.ts';
import { connect } from './rows/connect.ts';
import { gatewayCalls } from './rows/gateway-calls.ts';
import { iceTcp } from './rows/ice-tcp.ts';
import { idle } from './rows/idle.ts';
import { inCall } from './rows/in-call.ts';
import { media } from './rows/media.ts';
import { memory } from './rows/memory.ts';
import { recovery } from './rows/recovery.ts';
import { setUp } from './rows/set-up.ts';
import { signIns } from './rows/sign-ins.ts';
import { trunk } from './rows/trunk.ts';

const ROWS: readonly Row[] = [
  bundle,
  connect,
  setUp,
  recovery,
  inCall,
  memory,
  signIns,
  gatewayCalls,
  media,
  iceTcp,
  trunk,
  idle,
];

const { values } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
const names = values.only?.split(',');
const unknown = names?.find((name) => !ROWS.some((row) => row.name === name));
if (unknown !== undefined) {
  console.error(`There is no row ${unknown}. Rows: ${ROWS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const rows: RowResult[] = [];
const failed: string[] = [];
for (const row of ROWS) {
  if (names && !names.includes(row.name)) {
    continue;
  }
  console.log(`\n${row.title} (${row.name})`);
  const load = loadavg()[0] ?? 0;
  const from = performance.now();
  try {
    const measures = await row.run({
      quick: values.quick,
      log: (text) => {
        console.log(`  ... ${text}`);
      },
    });
    const seconds = (performance.now() - from) / 1000;
    rows.push({ name: row.name, title: row.title, at: today(), seconds, load, measures });
    for (const measure of measures) {
      console.log(printed(measure));
    }
    console.log(`  (${seconds.toFixed(0)} s)`);
  } catch (error) {
    // One row that does not work must not cost the others.
    failed.push(row.name);
    console.error(error);
  }
}

const kept = save({
  at: today(),
  quick: values.quick,
  machine: machine(),
  reference: referenceVersion(),
  rows,
});
if (!values.quick) {
  await writeDocs(kept);
  console.log('\nWritten to bench/results/latest.json and docs/performance.md');
}
if (failed.length > 0) {
  console.error(`Rows that failed: ${failed.join(', ')}`);
}
process.exit(failed.length === 0 ? 0 : 1);

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function referenceVersion(): string {
  const path = createRequire(import.meta.url).resolve('@telnyx/webrtc/package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
