import type { Page } from '@playwright/test';
import type { Sdk } from '../../lib/site.ts';
import { pause } from '../../survival/seat.ts';
import { talk } from '../../survival/talk.ts';
import type { World } from '../../survival/world.ts';
import type { Ledger } from '../ledger.ts';
import type { Trial } from '../trial.ts';
import { weigh } from '../weight.ts';

const MEASURE_MS = 30_000;
const MINUTE = 60_000;

/** Milliseconds that the page's main thread worked in a minute of a call. */
async function busy(world: World, sdk: Sdk, enableCallReports: boolean): Promise<number> {
  const { near } = await talk(world, { sdk, options: { enableCallReports } });
  const { page } = near.page as unknown as { readonly page: Page };
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const worked = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  };
  await pause(2_000);
  const before = await worked();
  await pause(MEASURE_MS);
  const spent = ((await worked()) - before) * (MINUTE / MEASURE_MS);
  await world.tidy();
  return spent;
}

async function run(world: World, ledger: Ledger): Promise<void> {
  const { near } = await talk(world);
  await pause(2_000);
  const second = await near.page.evaluate<Record<string, unknown>[]>(
    'ear.peers.at(-1).getStats().then((report) => JSON.parse(JSON.stringify([...report.values()])))',
  );
  await world.tidy();
  for (const [name, seconds] of [
    ['a minute', 60],
    ['an hour', 3_600],
    ['four hours', 14_400],
  ] as const) {
    const { segments, bytes, gzipped, largest, dropped } = await weigh(seconds, second);
    const kib = (value: number): string => `${(value / 1024).toFixed(0)} KiB`;
    ledger.note(
      `report of a call of ${name}: ${kib(bytes)} (${kib(gzipped)} packed) in ${String(segments)} segments, ${kib(largest)} the largest`,
    );
    ledger.check(dropped === 0, `a call of ${name} lost ${String(dropped)} entries`);
    ledger.check(
      largest <= 61_440,
      `a segment of ${String(largest)} bytes is too long for keepalive`,
    );
  }
  const figures: number[] = [];
  for (const sdk of ['reference', 'offhook'] as const) {
    const without = await busy(world, sdk, false);
    const spent = await busy(world, sdk, true);
    figures.push(spent);
    const own = (spent - without).toFixed(0);
    ledger.note(
      `${sdk}: ${spent.toFixed(0)} ms of main thread a minute of call with reports, ${without.toFixed(0)} without: ${own} ms for them`,
    );
  }
  const [theirs = Number.NaN, ours = Number.NaN] = figures;
  ledger.compare('main thread a minute, reference and ours', 'ms', theirs, ours);
}

export const cost: Trial = {
  name: 'cost',
  title: 'what reports weigh, and what it takes to make them',
  suite: false,
  run,
};
