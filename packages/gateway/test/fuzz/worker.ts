/** A thread that fuzzes one target until its time is over. Its sources are imported behind the start of coverage. */
import { parentPort, workerData } from 'node:worker_threads';
import { outcomeOf } from './budget.ts';
import { COMMITTED, FOUND, keep, readCorpus } from './corpus.ts';
import { BlockCoverage } from './coverage.ts';
import { Fuzzer } from './fuzzer.ts';
import type { Progress } from './fuzzer.ts';
import { minimise } from './minimise.ts';
import { sourcesOf } from './targets/index.ts';
import { loadTarget } from './targets/index.ts';
import type { Finding } from './target.ts';

export interface WorkerSettings {
  readonly target: string;
  readonly seed: number;
  readonly seconds: number;
  /** The seconds are of this thread's CPU time: as much is tried on a machine that does much else. */
  readonly ofCpu: boolean;
  /** Begins with what earlier runs on this machine found, too, and adds to it. */
  readonly remembers: boolean;
  /** The input that is being run: its number, its length, its bytes. */
  readonly current: SharedArrayBuffer;
}

export type FromWorker =
  | { readonly type: 'finding'; readonly finding: Finding }
  | {
      readonly type: 'done';
      readonly progress: Progress;
      /** Seconds of CPU time that this thread took: on a busy machine fewer than it was given. */
      readonly cpuSeconds: number;
      /** Where the lines are that no input reached. */
      readonly unreached: readonly string[];
      readonly suspects: readonly Buffer[];
    };

const MINIMISE_TRIES = 2_000;

const settings = workerData as WorkerSettings;
const coverage = new BlockCoverage(sourcesOf(settings.target));
coverage.start();
const target = await loadTarget(settings.target);

const words = new Int32Array(settings.current, 0, 2);
const bytes = new Uint8Array(settings.current, 8);
const post = (message: FromWorker): void => {
  parentPort?.postMessage(message);
};
const pending: Promise<void>[] = [];

/** For whoever watches: which input runs now, also while one is made smaller. */
function begins(input: Buffer): void {
  bytes.set(input);
  Atomics.store(words, 1, input.length);
  Atomics.add(words, 0, 1);
}

/** Whether it still fails in the same way. */
async function throws(candidate: Buffer): Promise<boolean> {
  begins(candidate);
  try {
    await outcomeOf(target, candidate);
    return false;
  } catch {
    return true;
  }
}

async function report(finding: Finding): Promise<void> {
  const input =
    finding.kind === 'throw'
      ? await minimise(finding.input, throws, MINIMISE_TRIES)
      : finding.input;
  post({ type: 'finding', finding: { ...finding, input } });
}

const fuzzer = new Fuzzer(target, coverage, settings.seed, {
  begins,
  found: (finding) => {
    pending.push(report(finding));
  },
  kept: (input) => {
    if (settings.remembers) {
      keep(FOUND, settings.target, input);
    }
  },
});

/** Seconds since the start. */
function spent(): number {
  if (!settings.ofCpu) {
    return performance.now() / 1000;
  }
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}

const until = spent() + settings.seconds;
const folders = settings.remembers ? [COMMITTED, FOUND] : [COMMITTED];
const files = folders.flatMap((folder) => readCorpus(folder, settings.target));
await fuzzer.seed([...(target.seeds?.() ?? []), ...files.map(({ input }) => input)]);
for (let round = 0; spent() < until; round += 1) {
  if (!(await fuzzer.step(round))) {
    break;
  }
  await Promise.all(pending.splice(0));
}
await Promise.all(pending);
const { user, system } = process.threadCpuUsage();
post({
  type: 'done',
  progress: fuzzer.progress,
  cpuSeconds: (user + system) / 1e6,
  unreached: coverage.unreached,
  suspects: fuzzer.suspects,
});
coverage.stop();
