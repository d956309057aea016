import { test as base, expect } from '@playwright/test';
import { render } from './quality/ledger.ts';
import { runTrial, SETTINGS } from './quality/trial.ts';
import { trials } from './quality/trials/index.ts';
import { World } from './survival/world.ts';

/** The trials of `npm run e2e:quality` that are quick enough, in short. */
const test = base.extend<object, { world: World }>({
  world: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const world = await World.start(SETTINGS);
      await use(world);
      await world.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});

test.describe.configure({ timeout: 120_000 });

for (const trial of trials.filter(({ suite }) => suite)) {
  test(`${trial.name}: ${trial.title}`, async ({ world }) => {
    const result = await runTrial(trial, world, { quick: true });
    // Only where network namespaces cannot be made; the row says so itself.
    test.skip(result.skipped !== undefined, result.skipped);
    expect(result.agrees, [...result.failures, render([result])].join('\n')).toBe(true);
  });
}
