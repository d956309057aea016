import type { DebugFrame } from './debug-report.ts';
import type { ClientMethod, GatewayMethod } from './methods.ts';
import type { ClientParams } from './schemas/client-params.ts';
import type { GatewayParams } from './schemas/gateway-params.ts';
import type { SpeedTestFrame } from './speed-test.ts';

/** The reference client uses UUIDs, gateways use integers. The two directions count apart. */
export type FrameId = string | number;

/** What a client asks of a gateway. Without an `id` it is a notification and gets no reply. */
export type ClientRequest = {
  [M in ClientMethod]: {
    readonly kind: 'request';
    readonly id: FrameId | undefined;
    readonly method: M;
    readonly params: ClientParams[M];
    readonly voiceSdkId?: string;
    /** Where parts were left out that did not fit, and without which the request means the same: `cause: expected text`. */
    readonly leftOut?: readonly string[];
  };
}[ClientMethod];

/** What a gateway tells or asks a client. */
export type GatewayRequest = {
  [M in GatewayMethod]: {
    readonly kind: 'request';
    readonly id: FrameId | undefined;
    readonly method: M;
    readonly params: GatewayParams[M];
    readonly voiceSdkId?: string;
  };
}[GatewayMethod];

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

/** What a gateway receives. */
export type ClientFrame = ClientRequest | Reply | DebugFrame | SpeedTestFrame | UnknownFrame;

/** What a client receives. */
export type GatewayFrame = GatewayRequest | Reply | SpeedTestFrame | UnknownFrame;

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
