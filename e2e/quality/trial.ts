import type { World } from '../survival/world.ts';
import type { TrialResult } from './ledger.ts';
import { Ledger } from './ledger.ts';

/** How much of a trial to run. */
export interface Effort {
  /** `npm test`: shorter stretches. */
  readonly quick: boolean;
}

/** Something is done to calls, and what is reported of them is held against it. */
export interface Trial {
  readonly name: string;
  /** A sentence of the guide. */
  readonly title: string;
  /** Part of `npm test`. */
  readonly suite: boolean;
  readonly needsNamespace?: true;
  run(world: World, ledger: Ledger, effort: Effort): Promise<void>;
}

/** What the gateway of the trials is told beside what the survival tests tell it. */
export const SETTINGS = {
  LIMITS_CALLS_PER_USER: '120',
  LIMITS_FRAMES_PER_SECOND: '1000',
  LIMITS_FRAME_BURST: '5000',
} as const;

export async function runTrial(trial: Trial, world: World, effort: Effort): Promise<TrialResult> {
  const since = Date.now();
  const ledger = new Ledger();
  const skipped =
    trial.needsNamespace && !world.network.namespace
      ? `no namespace: ${world.limited ?? ''}`
      : undefined;
  if (skipped === undefined) {
    try {
      await trial.run(world, ledger, effort);
    } catch (error) {
      ledger.failures.push(error instanceof Error ? error.message : String(error));
    }
    await world.tidy();
  }
  const { name, title } = trial;
  const { entries, failures, notes } = ledger;
  return {
    name,
    title,
    entries,
    failures,
    notes,
    agrees: skipped === undefined && failures.length === 0 && entries.every(({ agrees }) => agrees),
    ...(skipped === undefined ? {} : { skipped }),
    seconds: Math.round((Date.now() - since) / 1000),
  };
}
