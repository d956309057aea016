import type {
  ClientMethod,
  ClientParams,
  ClientResults,
  GatewayRequest,
  OffhookFeatures,
} from '@offhook/protocol';

/**
 * The seam between the calls floor and signalling. `signaling/session.ts` implements {@link SignalingPort};
 * `calls/registry.ts` implements {@link CallsPort}. `client.ts` introduces one to the other.
 */
export interface RequestOptions {
  /** From the moment the frame is on the wire. Default 10 000. */
  readonly timeoutMs?: number;
  /** Aborts the wait; a frame that is not yet sent is not sent. */
  readonly signal?: AbortSignal;
  /**
   * What happens while the session is not ready. `wait` (default): kept in order and sent after the session is ready or
   * resumed, at most `maxAgeMs` old (default 30 000, then it fails with `RequestError` `expired`). `fail`: `RequestError`
   * `not_ready` at once.
   */
  readonly whenOffline?: 'wait' | 'fail';
  readonly maxAgeMs?: number;
}

export type RequestErrorCode =
  | 'timeout'
  | 'aborted'
  | 'not_ready'
  | 'expired'
  /** The socket went away after the frame was sent; whether the gateway saw it is unknown. */
  | 'connection_lost'
  /** The client was disconnected. */
  | 'closed'
  /** It holds what JSON cannot: a BigInt, or an object that contains itself. Nothing was sent. */
  | 'invalid'
  /** The gateway answered with a JSON-RPC error; `serverCode` and `message` are the gateway's. */
  | 'rejected';

export class RequestError extends Error {
  readonly code: RequestErrorCode;
  readonly method: string;
  readonly serverCode: number | undefined;
  /** How long the gateway wants to be left alone, when it said so. */
  readonly retryAfterMs: number | undefined;
  /** `error.data` of the refusal, as it came. */
  readonly data: unknown;
  constructor(
    code: RequestErrorCode,
    method: string,
    message: string,
    serverCode?: number,
    retryAfterMs?: number,
    data?: unknown,
  ) {
    super(message);
    this.data = data;
    this.retryAfterMs = retryAfterMs;
    this.name = 'RequestError';
    this.code = code;
    this.method = method;
    this.serverCode = serverCode;
  }
}

/** The socket went before the reply: the gateway may have done it or not. */
export const isLost = (error: unknown): boolean =>
  error instanceof RequestError && error.code === 'connection_lost';

export interface SignalingPort {
  /** '' before the first login. */
  readonly sessionId: string;
  /** What the gateway announced at login; all off before it, and against foreign gateways. */
  readonly features: OffhookFeatures;
  /** True from ready until the socket is lost. */
  readonly ready: boolean;
  request<M extends ClientMethod>(
    method: M,
    params: ClientParams[M],
    options?: RequestOptions,
  ): Promise<ClientResults[M]>;
  /** A JSON-RPC notification (no id). Throws RequestError `not_ready` when it cannot be sent now. */
  notify<M extends ClientMethod>(method: M, params: ClientParams[M]): void;
  /** How long our oldest unanswered ping is overdue, as the one before went. Milliseconds; 0 when none is out. */
  readonly unansweredMs: number;
  /** Asks the gateway for a sign of life, unless it is being asked. */
  probe(): void;
  /** The page is awake: a question that is due soon goes out now, and needs no waking of its own. */
  seize(): void;
  /**
   * Signs in on another socket, which takes this one's place when it has resumed the session: the path may have changed, or a
   * call needs a fresh offer. Where the gateway cannot do that, the socket is closed and opened again.
   */
  renew(): void;
  /** The gateway's `ice_servers`, refreshed when less than 10 minutes are left; null when it gave none. */
  gatewayIceServers(signal?: AbortSignal): Promise<RTCIceServer[] | null>;
}

/** Call-scoped requests from the gateway. */
export type GatewayCallRequest = Extract<
  GatewayRequest,
  {
    method:
      | 'invite'
      | 'ringing'
      | 'media'
      | 'answer'
      | 'bye'
      | 'attach'
      | 'candidate'
      | 'endOfCandidates'
      | 'display'
      | 'info'
      | 'event'
      | 'ai_conversation'
      | 'offhook';
  }
>;

export interface CallsPort {
  /** A call talks, or is being recovered: signalling matters now. */
  readonly inCall: boolean;
  /**
   * Ends every call. `bye: false` ends them here only. `purge: true` shows the state `purge` first (disconnect, punt).
   * Resolves when all are `destroy`; never rejects.
   */
  endAll(options: {
    readonly bye: boolean;
    readonly purge: boolean;
    readonly initiator: string;
  }): Promise<void>;
  /** Never throws. Signalling acknowledges the frame after this returns. */
  onGatewayRequest(message: GatewayCallRequest): void;
  /** `clientReady` arrived, with the callIDs the gateway kept. */
  onReattachedSessions(callIDs: readonly string[]): void;
  /**
   * For `login.offhook.calls`: calls that should survive, and whether their peer does. `renewing`: signalling was not lost,
   * so whatever peer lives goes on.
   */
  survivors(
    renewing?: boolean,
  ): readonly { readonly callID: string; readonly peer: 'live' | 'gone' }[];
  /** What the page that comes after this one needs to know of the calls, as JSON. */
  markers(): readonly unknown[];
  /** What the page before this one left. */
  restore(markers: readonly unknown[]): void;
  onSignalingReady(): void;
  onSignalingLost(): void;
  /** Another socket took over while the one before was still there. */
  onSignalingRenewed(): void;
  /** The page woke, or is shown again. */
  onWake(): void;
}
