import { Worker } from 'node:worker_threads';
import { cpuCost, heapCost, heapLimit } from './budget.ts';
import type { Progress } from './fuzzer.ts';
import { minimise } from './minimise.ts';
import type { Finding, FuzzTarget } from './target.ts';
import { loadTarget } from './targets/index.ts';
import type { FromWorker, WorkerSettings } from './worker.ts';

export interface Outcome {
  readonly findings: readonly Finding[];
  readonly progress: Progress | undefined;
  readonly seconds: number;
  /** Seconds of CPU time of the fuzzing thread, without what its most expensive inputs are measured by afterwards. */
  readonly cpuSeconds: number;
  readonly unreached: readonly string[];
}

/** CPU time, not the clock's: a busy machine makes nothing hang. */
const HANG_US = 10_000_000;
const LOOK_MS = 500;
const HEAP_MIB = 1024;
const MINIMISE_TRIES = 24;

/** Fuzzes one target in a thread of its own, watches that thread, and measures its most expensive inputs where no coverage slows them. */
export async function campaign(
  name: string,
  seed: number,
  seconds: number,
  { remembers, ofCpu }: Pick<WorkerSettings, 'remembers' | 'ofCpu'>,
): Promise<Outcome> {
  const since = performance.now();
  const target = await loadTarget(name);
  const findings: Finding[] = [];
  const current = new SharedArrayBuffer(8 + target.maxLength);
  const workerData: WorkerSettings = {
    target: name,
    seed,
    seconds,
    ofCpu,
    remembers,
    current,
  };
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  const end = await watched(worker, name, current, findings);
  await worker.terminate();
  for (const suspect of end.done?.suspects ?? []) {
    const finding = await judge(target, Buffer.from(suspect));
    if (!finding) {
      continue;
    }
    findings.push(finding);
    break;
  }
  return {
    findings,
    progress: end.done?.progress,
    seconds: (performance.now() - since) / 1000,
    cpuSeconds: end.cpuSeconds,
    unreached: end.done?.unreached ?? [],
  };
}

type Done = Extract<FromWorker, { type: 'done' }>;

interface End {
  /** Not there where the thread ended before its time. */
  readonly done: Done | undefined;
  readonly cpuSeconds: number;
}

function watched(
  worker: Worker,
  target: string,
  current: SharedArrayBuffer,
  findings: Finding[],
): Promise<End> {
  const words = new Int32Array(current, 0, 2);
  const find = (kind: Finding['kind'], detail: string): void => {
    const input = Buffer.from(new Uint8Array(current, 8, Atomics.load(words, 1)));
    findings.push({ target, kind, detail, input: Buffer.from(input) });
  };
  return new Promise((resolve) => {
    let number = -1;
    let since = 0;
    let used = 0;
    const look = async (): Promise<void> => {
      const { user, system } = await worker.cpuUsage();
      used = user + system;
      const now = Atomics.load(words, 0);
      if (now !== number) {
        number = now;
        since = used;
      } else if (used - since > HANG_US) {
        find('hang', `runs for more than ${String(HANG_US / 1e6)} s of CPU time`);
        finish(undefined);
      }
    };
    const timer = setInterval(() => {
      // It ended meanwhile.
      look().catch(() => undefined);
    }, LOOK_MS);
    const finish = (done: Done | undefined): void => {
      clearInterval(timer);
      resolve({ done, cpuSeconds: done?.cpuSeconds ?? used / 1e6 });
    };
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'done') {
        finish(message);
      } else {
        const { finding } = message;
        findings.push({ ...finding, input: Buffer.from(finding.input) });
      }
    });
    worker.on('error', (error: Error & { code?: string }) => {
      const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      find(isMemory ? 'memory' : 'throw', `ends the thread: ${error.stack ?? error.message}`);
      finish(undefined);
    });
    worker.on('exit', () => {
      finish(undefined);
    });
  });
}

/** Whether an input keeps more than it may, or costs more CPU time, so measured that noise does not count. */
async function judge(target: FuzzTarget, input: Buffer): Promise<Finding | undefined> {
  const heap = await heapCost(target, input);
  const allowed = heapLimit(target, input.length);
  if (heap > allowed) {
    const detail = `keeps ${String(heap)} bytes; ${String(allowed)} are allowed`;
    return { target: target.name, kind: 'heap', detail, input };
  }
  const { cpuRatio: limit } = target.budget;
  const ratio = await cpuCost(target, input);
  if (ratio <= limit) {
    return undefined;
  }
  const small = await minimise(
    input,
    async (candidate) => (await cpuCost(target, candidate)) > limit,
    MINIMISE_TRIES,
  );
  const detail = `costs ${ratio.toFixed(0)} times a plain scan; ${String(limit)} times are allowed`;
  return { target: target.name, kind: 'slow', detail, input: small };
}
