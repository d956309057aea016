import { setImmediate as nextTask } from 'node:timers/promises';

let pending = 0;

/**
 * Runs `deliver` as a task of its own, in the order of posting. A browser delivers each WebSocket event so: between two frames every
 * promise that can settle has settled.
 */
export function post(deliver: () => void): void {
  pending++;
  setImmediate(() => {
    pending--;
    deliver();
  });
}

/** Lets every promise that can settle do so, and delivers every event that is on its way. */
export async function settle(): Promise<void> {
  do {
    await nextTask();
  } while (pending > 0);
}
