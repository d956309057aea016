import { expect, test } from '@playwright/test';
import { runRow } from './cluster/row.ts';
import { rows } from './cluster/rows/index.ts';
import { render } from './survival/sheet.ts';

/** The rows of `npm run e2e:cluster` that are short. */
test.describe.configure({ timeout: 180_000 });

for (const row of rows.filter(({ suite }) => suite)) {
  test(`${row.name}: ${row.title}`, async () => {
    const result = await runRow(row);
    expect(result.held, [...result.failures, ...result.notes, render([result])].join('\n')).toBe(
      true,
    );
  });
}
