/**
 * `npm run fuzz`: looks for inputs that make a parser throw, hang, cost too much or keep too much.
 *
 *   npm run fuzz -- --minutes 20               20 minutes each target (default: 1)
 *   npm run fuzz -- --seconds 60 --total       a minute for all of them together
 *   npm run fuzz -- --seconds 60 --cpu         of CPU time, not of the clock's
 *   npm run fuzz -- --target sdp               only that one; may be given again
 *   npm run fuzz -- --seed 7                   the same inputs again (default: drawn, and printed)
 *   npm run fuzz -- --fresh                    without what earlier runs on this machine found
 *   npm run fuzz -- --unreached                also prints the lines that no input reached
 *   npm run fuzz -- --target sdp --reproduce FILE ...   runs these inputs only, and says what they cost
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuCost, heapCost, heapLimit, outcomeOf } from './budget.ts';
import { campaign } from './campaign.ts';
import { FINDINGS, keep } from './corpus.ts';
import { TARGETS, loadTarget } from './targets/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    total: { type: 'boolean', default: false },
    cpu: { type: 'boolean', default: false },
    target: { type: 'string', multiple: true },
    seed: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    unreached: { type: 'boolean', default: false },
    reproduce: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new Error(`--${name} is to be a number above 0, not "${text}"`);
  }
  return value;
}

const names = values.target ?? [...TARGETS];

process.exitCode = values.reproduce ? await reproduce() : await fuzz();

async function reproduce(): Promise<number> {
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new Error('--reproduce takes one --target');
  }
  const target = await loadTarget(name);
  let broken = 0;
  for (const file of positionals) {
    const input = readFileSync(file);
    say(`${file}: ${String(input.length)} bytes`);
    try {
      await outcomeOf(target, input);
    } catch (error) {
      broken += 1;
      say(error instanceof Error ? (error.stack ?? error.message) : String(error));
      continue;
    }
    const heap = await heapCost(target, input);
    const ratio = await cpuCost(target, input);
    const isOver = heap > heapLimit(target, input.length) || ratio > target.budget.cpuRatio;
    if (isOver) {
      broken += 1;
    }
    say(
      `  keeps ${String(heap)} bytes (at most ${String(heapLimit(target, input.length))}), ` +
        `costs ${ratio.toFixed(1)} times a plain scan (at most ${String(target.budget.cpuRatio)})`,
    );
  }
  return broken > 0 ? 1 : 0;
}

async function fuzz(): Promise<number> {
  const asked = values.seconds
    ? positive('seconds', values.seconds)
    : 60 * positive('minutes', values.minutes ?? '1');
  const seconds = values.total ? asked / names.length : asked;
  const seed = values.seed ? Number(values.seed) : randomBytes(4).readUInt32BE();
  say(`seed ${String(seed)}, ${seconds.toFixed(1)} s each of ${String(names.length)} targets`);
  let found = 0;
  let runs = 0;
  let cpuSeconds = 0;
  for (const name of names) {
    const outcome = await campaign(name, seed, seconds, {
      remembers: !values.fresh,
      ofCpu: values.cpu,
    });
    const { progress } = outcome;
    const figures = progress
      ? `${String(progress.runs)} runs, ${(progress.runs / outcome.seconds).toFixed(0)} a second, ` +
        `${String(progress.blocks.reached)} of ${String(progress.blocks.known)} blocks, ` +
        `corpus ${String(progress.corpus)}`
      : 'ended before its time';
    const cpu = `${outcome.cpuSeconds.toFixed(1)} s of CPU time`;
    say(`${name}: ${figures}, ${cpu}, findings ${String(outcome.findings.length)}`);
    cpuSeconds += outcome.cpuSeconds;
    runs += progress?.runs ?? 0;
    if (values.unreached) {
      for (const line of outcome.unreached) {
        say(`  not reached: ${line}`);
      }
    }
    for (const { kind, detail, input } of outcome.findings) {
      found += 1;
      const file = relative(process.cwd(), keep(FINDINGS, name, input, `${kind}-`));
      say(`  ${kind}: ${detail}`);
      say(`  again: npm run fuzz -- --target ${name} --reproduce ${file}`);
    }
  }
  say(`${String(runs)} runs, ${cpuSeconds.toFixed(1)} s of CPU time in all`);
  say(found === 0 ? 'no findings' : `${String(found)} findings`);
  return found === 0 ? 0 : 1;
}
