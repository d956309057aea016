import type { FrameError, FrameId } from './frame-error.ts';
import { badParams } from './envelope.ts';
import { ok, type Result } from './result.ts';

/**
 * What a value that came from outside is to be: gives what it means, or says why it does not fit. Made by the functions of
 * `schemas/tools.ts`; the types of all messages are inferred from these. A few hundred bytes, so that a browser and a gateway
 * can read with the same ones.
 */
export type Check<T> = (value: unknown) => T | Misfit;

/** What a check gives of a value that fits. */
export type Checked<C> = C extends (value: unknown) => infer R ? Exclude<R, Misfit> : never;

/** Where a value does not fit, and what was expected there. Holds nothing of the value: it may be a password. */
export class Misfit {
  readonly expected: string;
  readonly path: string;

  constructor(expected: string, path = '') {
    this.expected = expected;
    this.path = path;
  }

  /** The same, seen from the object or list that holds the value. */
  under(key: string | number): Misfit {
    return new Misfit(this.expected, this.path ? `${key}.${this.path}` : `${key}`);
  }
}

/** Checks, and words what does not fit as an error of the frame. */
export function check<T>(
  schema: Check<T>,
  value: unknown,
  method: string,
  id?: FrameId,
): Result<T, FrameError> {
  const checked = schema(value);
  if (!(checked instanceof Misfit)) {
    return ok(checked);
  }
  const { expected, path } = checked;
  return badParams(method, `${(path || method).slice(0, 100)}: expected ${expected}`, id);
}
