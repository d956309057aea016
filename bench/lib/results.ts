import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';
import type { Measure } from './measure.ts';

export interface RowResult {
  readonly name: string;
  readonly title: string;
  readonly at: string;
  readonly seconds: number;
  /** Runnable processes beside ours just before it: near 0 on a machine that does nothing else. */
  readonly load: number;
  readonly measures: readonly Measure[];
}

/** One run of the bench. */
export interface Results {
  readonly at: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly reference: string;
  readonly rows: readonly RowResult[];
}

const folder = fileURLToPath(new URL('../results/', import.meta.url));

/** What docs/performance.md is made of. */
export const LATEST = `${folder}latest.json`;
/** Not kept in the repository. */
const QUICK = `${folder}quick.json`;

/**
 * Keeps a run. Rows that were measured replace their former selves; the others stay as they were. A quick run is kept apart.
 * @returns what is kept now
 */
export function save(results: Results): Results {
  mkdirSync(folder, { recursive: true });
  const measured = new Map(results.rows.map((row) => [row.name, row]));
  const former = results.quick ? [] : (loadLatest()?.rows ?? []);
  const rows = [
    ...former.map((row) => measured.get(row.name) ?? row),
    ...results.rows.filter(({ name }) => !former.some((row) => row.name === name)),
  ];
  const kept = { ...results, rows };
  writeFileSync(results.quick ? QUICK : LATEST, `${JSON.stringify(kept, rounded)}\n`);
  return kept;
}

export function loadLatest(): Results | null {
  if (!existsSync(LATEST)) {
    return null;
  }
  return JSON.parse(readFileSync(LATEST, 'utf8')) as Results;
}

/** Four digits are more than any of it is good for. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}
