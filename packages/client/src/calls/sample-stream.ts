import type { QualitySample } from '../quality/sampler.ts';
import type { Listener } from '../emitter.ts';
import type { LegEvents } from './call-events.ts';
import { readSignal } from './given.ts';

/** Samples that wait for a slow reader; then the oldest go. */
const MOST_WAITING = 60;

/** What is read of: a call, which goes on through recoveries. */
interface Sampled {
  on<K extends 'sample' | 'ended'>(event: K, listener: Listener<LegEvents[K]>): () => void;
  readonly end: object | null;
}

/** Samples from now to the end of the call. Ends, without an error, also by the signal. */
export async function* samplesOf(
  call: Sampled,
  given?: AbortSignal | null,
): AsyncGenerator<QualitySample, void, undefined> {
  const signal = readSignal(given);
  const waiting: QualitySample[] = [];
  let wake = (): void => undefined;
  let over = call.end !== null || (signal?.aborted ?? false);
  const end = (): void => {
    over = true;
    wake();
  };
  const undo = [
    call.on('ended', end),
    call.on('sample', (sample) => {
      waiting.push(sample);
      if (waiting.length > MOST_WAITING) {
        waiting.shift();
      }
      wake();
    }),
  ];
  signal?.addEventListener('abort', end);
  try {
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
    for (const stop of undo) {
      stop();
    }
  }
}
