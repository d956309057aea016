/** Settles after `ms`, or as soon as the signal is aborted. Never rejects. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/**
 * Calls `work` so many times, evenly at `perSecond`: the n-th call is due at a time of its own, so that a late timer makes up
 * for what it missed. Settles after the last one, or when the signal is aborted.
 */
export async function repeat(
  perSecond: number,
  times: number,
  signal: AbortSignal,
  work: (index: number) => void,
): Promise<void> {
  const from = performance.now();
  for (let index = 0; index < times; index += 1) {
    const due = from + (index * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 0) {
      await wait(early, signal);
    }
    if (signal.aborted) {
      return;
    }
    work(index);
  }
}
