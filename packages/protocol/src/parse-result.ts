import { check } from './check.ts';
import type { FrameError } from './frame-error.ts';
import { isObject } from './json.ts';
import type { ClientMethod } from './methods.ts';
import { err, ok, type Result } from './result.ts';
import { type ClientResults, CLIENT_RESULTS } from './schemas/results.ts';

/** More envelopes inside one another than any relay chain has. */
const MAX_ENVELOPES = 8;
const SUCCESS = 200;

/**
 * Reads the result of a reply to `method`. Never throws. Fails with `relay_rejected` when a relay envelope says that the
 * request failed, with `bad_params` when a needed member is missing.
 */
export function parseResult<M extends ClientMethod>(
  method: M,
  result: unknown,
): Result<ClientResults[M], FrameError> {
  const unwrapped = unwrap(method, result ?? {});
  if (!unwrapped.ok) {
    return unwrapped;
  }
  const checked = check(CLIENT_RESULTS[method], unwrapped.value, method);
  // The schemas of CLIENT_RESULTS are what ClientResults is inferred from, method by method.
  return checked as Result<ClientResults[M], FrameError>;
}

/** The relay envelope of wire spec 3.3: `result.result`, perhaps with a `code`, perhaps once more inside. */
function unwrap(method: string, result: unknown): Result<unknown, FrameError> {
  let value = result;
  for (let i = 0; i < MAX_ENVELOPES && isObject(value); i++) {
    const inner = value.result;
    if (inner === undefined || inner === null) {
      break;
    }
    const failure = isObject(inner) ? relayCode(inner.code) : SUCCESS;
    if (isObject(inner) && failure !== SUCCESS && failure !== 0) {
      return rejected(method, failure, inner.message);
    }
    value = inner;
  }
  return ok(value);
}

/** NaN for a code that is no number. Objects are not converted: theirs may have a `valueOf` that is no function. */
function relayCode(code: unknown): number {
  if (code === undefined || code === null) {
    return SUCCESS;
  }
  return typeof code === 'number' || typeof code === 'string' ? Number(code) : Number.NaN;
}

/** A code that is no number at all counts as 0 in the error. */
function rejected(method: string, code: number, message: unknown): Result<never, FrameError> {
  return err({
    code: 'relay_rejected',
    message: typeof message === 'string' ? message : 'The relay refused the request',
    method,
    rpcCode: Number.isNaN(code) ? 0 : code,
  });
}
