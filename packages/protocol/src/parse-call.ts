import { check, type Check } from './check.ts';
import { type Call, readParams } from './envelope.ts';
import type { UnknownFrame } from './envelope.ts';
import type { FrameError, FrameId } from './frame-error.ts';
import { leftOut } from './schemas/tools.ts';
import { ok, type Result } from './result.ts';

interface CheckedCall {
  readonly kind: 'request';
  readonly id: FrameId | undefined;
  readonly method: string;
  readonly params: unknown;
  readonly voiceSdkId?: string;
  readonly leftOut?: readonly string[];
}

/** Checks a call against the schemas of one direction. A method of the other direction is unknown here. */
export function parseCall(
  call: Call,
  schemas: Readonly<Partial<Record<string, Check<unknown>>>>,
): Result<CheckedCall | UnknownFrame, FrameError> {
  const { id, method, wireMethod } = call;
  const sticky = call.voiceSdkId === undefined ? {} : { voiceSdkId: call.voiceSdkId };
  const schema = schemas[method];
  if (schema === undefined) {
    return ok({ kind: 'unknown', id, method: wireMethod, params: call.params, ...sticky });
  }
  const params = readParams(call);
  if (!params.ok) {
    return params;
  }
  const checked = check(schema, params.value, method, id);
  if (!checked.ok) {
    return checked;
  }
  const notes = leftOut(checked.value).map(({ path, expected }) => `${path}: expected ${expected}`);
  const loss = notes.length > 0 ? { leftOut: notes } : {};
  return ok({ kind: 'request', id, method, params: checked.value, ...sticky, ...loss });
}
