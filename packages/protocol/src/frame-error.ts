/** The reference client uses UUIDs, gateways use integers. The two directions count apart. */
export type FrameId = string | number;

export type FrameErrorCode =
  | 'too_large'
  | 'too_deep'
  | 'field_too_long'
  | 'too_many_fields'
  | 'not_json'
  | 'not_object'
  | 'bad_envelope'
  | 'bad_params'
  /** Only from `parseResult`: a relay envelope (wire spec 3.3) said that the request failed. */
  | 'relay_rejected';

/** Why a frame was not taken. Holds nothing of the frame's values, so it can be logged and sent back. */
export interface FrameError {
  readonly code: FrameErrorCode;
  readonly message: string;
  /** Present when it could be read, so that the receiver can answer. */
  readonly id?: FrameId;
  /** Without prefix for a known method. */
  readonly method?: string;
  /** JSON-RPC code for the answer: -32700, -32600 or -32602; for `relay_rejected` the code in the envelope. */
  readonly rpcCode: number;
}
