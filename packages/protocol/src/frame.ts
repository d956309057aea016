import type { DebugFrame } from './debug-report.ts';
import type { Reply, UnknownFrame } from './envelope.ts';
import type { FrameId } from './frame-error.ts';
import type { ClientMethod, GatewayMethod } from './methods.ts';
import type { ClientParams } from './schemas/client-params.ts';
import type { GatewayParams } from './schemas/gateway-params.ts';
import type { SpeedTestFrame } from './speed-test.ts';

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

/** What a gateway receives. */
export type ClientFrame = ClientRequest | Reply | DebugFrame | SpeedTestFrame | UnknownFrame;

/** What a client receives. */
export type GatewayFrame = GatewayRequest | Reply | SpeedTestFrame | UnknownFrame;
