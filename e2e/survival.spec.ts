import { test as base, expect } from '@playwright/test';
import { runRow } from './survival/row.ts';
import { rows } from './survival/rows/index.ts';
import { render } from './survival/sheet.ts';
import { World } from './survival/world.ts';

/** The rows of `npm run e2e:survival` that hold, once each, with outages of 5 s at most. */
const test = base.extend<object, { world: World }>({
  world: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const world = await World.start();
      await use(world);
      await world.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});

test.describe.configure({ timeout: 120_000 });

for (const row of rows.filter(({ suite }) => suite === true)) {
  test(`${row.name}: ${row.title}`, async ({ world }) => {
    const result = await runRow(row, world, { quick: true });
    // Only where network namespaces cannot be made; the row says so itself.
    test.skip(result.skipped !== undefined, result.skipped);
    expect(result.held, [...result.failures, ...result.notes, render([result])].join('\n')).toBe(
      true,
    );
  });
}
