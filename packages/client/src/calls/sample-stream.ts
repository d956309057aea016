import type { QualitySample } from '../quality/sampler.ts';
import type { CallCore } from './core.ts';
import { readSignal } from './given.ts';

/** Samples that wait for a slow reader; then the oldest go. */
const MOST_WAITING = 60;

/** Samples from now to the end of the call, whichever object it goes on in. Ends, without an error, also by the signal. */
export async function* samplesOf(
  first: CallCore,
  given?: AbortSignal | null,
): AsyncGenerator<QualitySample, void, undefined> {
  const signal = readSignal(given);
  const waiting: QualitySample[] = [];
  const undo: (() => void)[] = [];
  let wake = (): void => undefined;
  let over = signal?.aborted ?? false;
  const end = (): void => {
    over = true;
    wake();
  };
  const follow = (core: CallCore): void => {
    for (const stop of undo.splice(0)) stop();
    if (core.isOver) {
      end();
      return;
    }
    undo.push(
      core.events.on('ended', end),
      core.events.on('recovered', () => {
        if (core.successor) follow(core.successor);
      }),
    );
    undo.push(
      core.monitor.quality.add((sample) => {
        waiting.push(sample);
        if (waiting.length > MOST_WAITING) waiting.shift();
        wake();
      }),
    );
  };
  signal?.addEventListener('abort', end);
  try {
    follow(first);
    while (!over || waiting.length > 0) {
      const sample = waiting.shift();
      if (sample) {
        yield sample;
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener('abort', end);
    for (const stop of undo.splice(0)) stop();
  }
}
