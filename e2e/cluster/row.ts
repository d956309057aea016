import type { RowResult } from '../survival/sheet.ts';
import { Sheet } from '../survival/sheet.ts';
import { Cluster } from './cluster.ts';
import type { ClusterOptions } from './cluster.ts';
import { People } from './people.ts';

/** One fault of the table, in a cluster of its own. */
export interface Row {
  readonly name: string;
  /** A sentence of the guide. */
  readonly title: string;
  /** What has to be there. */
  readonly needs: ClusterOptions;
  /** Part of `npm test`. */
  readonly suite: boolean;
  run(cluster: Cluster, people: People, sheet: Sheet): Promise<void>;
}

/** @param logs a folder for what all processes said */
export async function runRow(row: Row, logs?: string): Promise<RowResult> {
  const since = Date.now();
  const sheet = new Sheet();
  let cluster: Cluster | null = null;
  let people: People | null = null;
  try {
    people = await People.start();
    cluster = await Cluster.start({ ...row.needs, origins: [people.origin] });
    people.cluster = cluster;
    await row.run(cluster, people, sheet);
  } catch (error) {
    sheet.failures.push(error instanceof Error ? error.message : String(error));
  } finally {
    await people?.stop();
    await cluster?.stop();
    if (logs !== undefined) {
      cluster?.saveLogs(logs);
    }
  }
  const figures = sheet.results();
  return {
    name: row.name,
    title: row.title,
    figures,
    failures: sheet.failures,
    notes: sheet.notes,
    held: sheet.failures.length === 0 && figures.every(({ held }) => held),
    seconds: Math.round((Date.now() - since) / 1000),
  };
}
