import type { FrameError, FrameErrorCode } from './frame-error.ts';
import { brokenLimit, type FrameLimits } from './limits.ts';
import { err, ok, type Result } from './result.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const LIMIT_MESSAGES: Partial<Record<FrameErrorCode, string>> = {
  too_large: 'Frame too large',
  too_deep: 'Frame nested too deeply',
  field_too_long: 'A string of the frame is too long',
  too_many_fields: 'Frame has too many fields',
};

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks the limits, parses, and takes `__proto__` members out. */
export function readObject(text: string, limits: FrameLimits): Result<JsonObject, FrameError> {
  const limit = brokenLimit(text, limits);
  if (limit !== undefined) {
    return err({ code: limit, message: LIMIT_MESSAGES[limit] ?? limit, rpcCode: -32600 });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may hold a password.
    return err({ code: 'not_json', message: 'Frame is not JSON', rpcCode: -32700 });
  }
  if (!isObject(value)) {
    return err({ code: 'not_object', message: 'Frame is not a JSON object', rpcCode: -32600 });
  }
  // JSON.parse makes an own member of `__proto__`, which pollutes whoever copies it by assignment. It can only be
  // there if the text has it, plainly or behind a \u escape.
  if (text.includes('__proto__') || text.includes('\\u')) {
    removeProto(value);
  }
  return ok(value);
}

function removeProto(root: object): void {
  const pending = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    Reflect.deleteProperty(value, '__proto__');
    for (const member of Object.values(value) as unknown[]) {
      if (typeof member === 'object' && member !== null) {
        pending.push(member);
      }
    }
  }
}
