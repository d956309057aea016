import type { Emitter } from '../emitter.ts';
import type { LegEvents } from './call-events.ts';
import { readSignal } from './given.ts';

/**
 * Resolves with what `read` gives once that is not undefined, which is asked now and whenever the call changes; rejects when it
 * throws, and with the signal's reason.
 */
export function until<T>(
  events: Emitter<LegEvents>,
  read: () => T | undefined,
  given: AbortSignal | null | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const signal = readSignal(given);
    const undo: (() => void)[] = [];
    const settle = (how: () => void): void => {
      signal?.removeEventListener('abort', abort);
      for (const stop of undo.splice(0)) {
        stop();
      }
      how();
    };
    const abort = (): void => settle(() => reject(signal?.reason as Error));
    const look = (): void => {
      let value;
      try {
        value = read();
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what `read` throws is its owner's choice
        settle(() => reject(error));
        return;
      }
      const reached = value;
      if (reached !== undefined) {
        settle(() => resolve(reached));
      }
    };
    for (const event of ['state', 'ringing', 'recovered', 'ended'] as const) {
      undo.push(events.on(event, look));
    }
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) {
      abort();
    } else {
      look();
    }
  });
}
