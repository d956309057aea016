export interface RpcFailure {
  /** Never -32000: it makes the reference client sign in over and over (wire spec 4.4). */
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Every request gets exactly one. `after` runs when the reply is on its way, for what must not overtake it. */
export type Outcome<R> =
  | {
      readonly ok: true;
      readonly result: R;
      readonly after?: () => void;
      /** Only where the reference may learn it: in replies to a bye it would outlive the page (wire spec 2.3). */
      readonly voiceSdkId?: string;
    }
  | { readonly ok: false; readonly error: RpcFailure; readonly after?: () => void };

/** Call-level failures, in the numbering of the field (wire spec 3.6). */
export const CALL_ERROR = -32002;

export function failure(
  code: number,
  message: string,
  data?: unknown,
): { readonly ok: false; readonly error: RpcFailure } {
  return { ok: false, error: data === undefined ? { code, message } : { code, message, data } };
}

/** Not yours, or not there: which of the two is nobody's business. */
export function noSuchCall(callID: string): { readonly ok: false; readonly error: RpcFailure } {
  return failure(CALL_ERROR, 'CALL DOES NOT EXIST', { callID });
}
