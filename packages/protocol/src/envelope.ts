import type { Dialect } from './dialect.ts';
import type { FrameError, FrameId } from './frame-error.ts';
import { isObject, type JsonObject } from './json.ts';
import type { Method } from './methods.ts';
import { err, ok, type Result } from './result.ts';

/** Longer ids are no ids of anybody known; the bound keeps what is echoed and stored small. */
const MAX_ID_LENGTH = 256;
const MAX_VOICE_SDK_ID_LENGTH = 4096;

export interface RpcError {
  /** 0 when the sender gave none (FreeSWITCH leaves it out of some errors). */
  readonly code: number;
  /** '' when the sender gave none. */
  readonly message: string;
  /** `error.data`, else whatever the error object holds besides `code` and `message`. */
  readonly data?: unknown;
}

/** An answer to a request of ours. */
export type Reply =
  | {
      readonly kind: 'reply';
      readonly id: FrameId;
      readonly ok: true;
      /** Never null: a `null` result becomes `{}`. */
      readonly result: unknown;
      readonly voiceSdkId?: string;
    }
  | {
      readonly kind: 'reply';
      readonly id: FrameId;
      readonly ok: false;
      readonly error: RpcError;
      readonly voiceSdkId?: string;
    };

/** A well-formed JSON object that is no message of the dialect, or none of this direction. */
export interface UnknownFrame {
  readonly kind: 'unknown';
  readonly id: FrameId | undefined;
  /** As on the wire, with its prefix. */
  readonly method: string | undefined;
  readonly params: unknown;
  readonly voiceSdkId?: string;
}

/** A request or notification whose method the dialect knows; its params are still to be checked. */
export interface Call {
  readonly kind: 'call';
  readonly id: FrameId | undefined;
  readonly method: Method;
  /** As on the wire. */
  readonly wireMethod: string;
  readonly params: unknown;
  readonly voiceSdkId?: string;
}

/**
 * Sorts a frame by its JSON-RPC envelope. `method` makes a request, whatever the id: the ids of the two directions may
 * collide. A missing `jsonrpc` is forgiven, another version is not.
 */
export function readEnvelope(
  frame: JsonObject,
  dialect: Dialect,
): Result<Call | Reply | UnknownFrame, FrameError> {
  const { jsonrpc, method } = frame;
  const id = readId(frame.id);
  if (id === null) {
    return bad('id is neither a string nor a number');
  }
  if (jsonrpc !== undefined && jsonrpc !== '2.0') {
    return bad('jsonrpc is not "2.0"', id);
  }
  const sticky = voiceSdkId(frame.voice_sdk_id);
  if (typeof method === 'string') {
    const known = dialect.fromWire.get(method);
    return known === undefined
      ? ok({ kind: 'unknown', id, method, params: frame.params, ...sticky })
      : ok({
          kind: 'call',
          id,
          method: known,
          wireMethod: method,
          params: frame.params,
          ...sticky,
        });
  }
  if (method !== undefined && method !== null) {
    return bad('method is not a string', id);
  }
  // A reply without an id answers nothing in particular (FreeSWITCH sends one for text it could not read).
  if (id === undefined || !('result' in frame || 'error' in frame)) {
    return ok({ kind: 'unknown', id, method: undefined, params: frame.params, ...sticky });
  }
  const { error, result } = frame;
  if (error !== undefined && error !== null) {
    return ok({ kind: 'reply', id, ok: false, error: readError(error), ...sticky });
  }
  return ok({ kind: 'reply', id, ok: true, result: result ?? {}, ...sticky });
}

/** `params` of a known method: absent and null mean empty, anything else but an object is an error. */
export function readParams(call: Call): Result<JsonObject, FrameError> {
  const params = call.params ?? {};
  return isObject(params) ? ok(params) : badParams(call.method, 'params is not an object', call.id);
}

export function badParams(
  method: string,
  message: string,
  id?: FrameId,
): { readonly ok: false; readonly error: FrameError } {
  return err({
    code: 'bad_params',
    message,
    method,
    rpcCode: -32602,
    ...(id === undefined ? {} : { id }),
  });
}

/** @returns undefined for no id, null for one that is no id. */
function readId(id: unknown): FrameId | undefined | null {
  if (id === undefined || id === null) {
    return undefined;
  }
  if (typeof id === 'string') {
    return id.length <= MAX_ID_LENGTH ? id : null;
  }
  return typeof id === 'number' && Number.isFinite(id) ? id : null;
}

function voiceSdkId(value: unknown): { readonly voiceSdkId?: string } {
  const present =
    typeof value === 'string' && value !== '' && value.length <= MAX_VOICE_SDK_ID_LENGTH;
  return present ? { voiceSdkId: value } : {};
}

function readError(error: unknown): RpcError {
  if (!isObject(error)) {
    return { code: 0, message: typeof error === 'string' ? error : '' };
  }
  const { code, message, data, ...rest } = error;
  const number = typeof code === 'string' ? Number(code) : code;
  const details = data ?? (Object.keys(rest).length > 0 ? rest : undefined);
  return {
    code: typeof number === 'number' && Number.isFinite(number) ? number : 0,
    message: typeof message === 'string' ? message : '',
    ...(details === undefined ? {} : { data: details }),
  };
}

function bad(message: string, id?: FrameId): { readonly ok: false; readonly error: FrameError } {
  return err({
    code: 'bad_envelope',
    message,
    rpcCode: -32600,
    ...(id === undefined ? {} : { id }),
  });
}
