import type { CallCore } from './core.ts';

/** How long each step of setting a call up took. Milliseconds. */
export interface ICallEstablishmentTimings {
  mode: 'trickle' | 'non-trickle';
  direction: 'outbound' | 'inbound';
  /** In the order of time; `delta` is since the step before. */
  steps: { label: string; fromStart: number; delta: number }[];
}

/** Undefined before the call began to be set up. */
export function establishmentTimings(core: CallCore): ICallEstablishmentTimings | undefined {
  const marks = [...core.marks].sort(([, a], [, b]) => a - b);
  const start = marks[0]?.[1];
  if (start === undefined || !core.peer) {
    return undefined;
  }
  let last = start;
  return {
    mode: core.trickle ? 'trickle' : 'non-trickle',
    direction: core.direction,
    steps: marks.map(([label, at]) => {
      const step = { label: label.replaceAll('-', ' '), fromStart: at - start, delta: at - last };
      last = at;
      return step;
    }),
  };
}
