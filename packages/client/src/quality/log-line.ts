import type { LineLevel } from '../logger.ts';

/** A line of the client's log. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: LineLevel;
  readonly args: readonly unknown[];
}

const OF_A_CALL = /^Call (.+?):/;

/** The id of the call that the line is about; undefined when it is about the client. */
export function aboutCall({ args: [first] }: LogLine): string | undefined {
  return typeof first === 'string' ? OF_A_CALL.exec(first)?.[1] : undefined;
}
