import type { RowResult } from './sheet.ts';
import { Sheet } from './sheet.ts';
import type { World } from './world.ts';

/** How much of a row to run. */
export interface Effort {
  /** `npm test`: once, outages of 5 s at most. */
  readonly quick: boolean;
  /** Instead of the row's own number of repeats. */
  readonly repeat?: number;
}

/** One fault of the table. */
export interface Row {
  readonly name: string;
  /** A sentence of the guide. */
  readonly title: string;
  /** Part of `npm test`. A row that does not hold yet has its reason here. */
  readonly suite: true | string;
  readonly needsNamespace?: true;
  run(world: World, sheet: Sheet, effort: Effort): Promise<void>;
}

export async function runRow(row: Row, world: World, effort: Effort): Promise<RowResult> {
  const since = Date.now();
  const sheet = new Sheet();
  const skipped =
    row.needsNamespace && !world.network.namespace
      ? `no namespace: ${world.limited ?? ''}`
      : undefined;
  if (skipped === undefined) {
    try {
      await row.run(world, sheet, effort);
    } catch (error) {
      sheet.failures.push(error instanceof Error ? error.message : String(error));
    }
    await world.tidy();
  }
  const figures = sheet.results();
  return {
    name: row.name,
    title: row.title,
    figures,
    failures: sheet.failures,
    notes: sheet.notes,
    held: skipped === undefined && sheet.failures.length === 0 && figures.every(({ held }) => held),
    ...(skipped === undefined ? {} : { skipped }),
    seconds: Math.round((Date.now() - since) / 1000),
  };
}
