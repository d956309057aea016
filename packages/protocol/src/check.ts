import * as v from 'valibot';
import type { FrameError, FrameId } from './frame.ts';
import { badParams } from './envelope.ts';
import { ok, type Result } from './result.ts';

/** Runs a schema. The message names the member and what was expected of it, never its value: it may be a password. */
export function check<const S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  method: string,
  id?: FrameId,
): Result<v.InferOutput<S>, FrameError> {
  const checked = v.safeParse(schema, value, { abortEarly: true });
  if (checked.success) return ok(checked.output);
  const [issue] = checked.issues;
  const path = issue.path?.map((item) => String(item.key)).join('.') ?? method;
  return badParams(method, `${path.slice(0, 100)}: expected ${issue.expected ?? issue.type}`, id);
}
