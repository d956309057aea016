import { CallEndedError, type CallEnd } from './call-events.ts';
import { hasMedia } from './call-state.ts';
import type { CallCore } from './core.ts';
import { readSignal } from './given.ts';

/** Resolves when it is true of the call; rejects with `CallEndedError` when the call ended first, or with the signal's reason. */
function whenTrue(
  core: CallCore,
  reached: (core: CallCore) => boolean,
  given: AbortSignal | null | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const signal = readSignal(given);
    let current = core;
    const done = (settle: () => void): void => {
      current.waiters.delete(waiter);
      signal?.removeEventListener('abort', abort);
      settle();
    };
    const abort = (): void => done(() => reject(signal?.reason as Error));
    const waiter = {
      check: (): void => {
        // A recovered call goes on in another object.
        while (current.successor) {
          current.waiters.delete(waiter);
          current = current.successor;
          current.waiters.add(waiter);
        }
        const { end } = current;
        if (reached(current)) {
          done(resolve);
        } else if (end) {
          done(() => reject(new CallEndedError(end)));
        }
      },
    };
    core.waiters.add(waiter);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) {
      abort();
    } else {
      waiter.check();
    }
  });
}

export const whenRinging = (core: CallCore, signal?: AbortSignal | null): Promise<void> =>
  whenTrue(core, (c) => c.ringing || c.phase === 'ringing' || hasMedia(c.phase), signal);

export const whenActive = (core: CallCore, signal?: AbortSignal | null): Promise<void> =>
  whenTrue(core, ({ phase }) => phase === 'active' || phase === 'held', signal);

export async function whenEnded(core: CallCore, signal?: AbortSignal | null): Promise<CallEnd> {
  let last = core;
  await whenTrue(
    core,
    (current) => {
      last = current;
      return current.end !== null;
    },
    signal,
  );
  return last.end as CallEnd;
}
