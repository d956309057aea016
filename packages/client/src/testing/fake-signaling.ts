import {
  NO_FEATURES,
  type ClientMethod,
  type ClientParams,
  type ClientResults,
  type OffhookFeatures,
} from '@offhook/protocol';
import { RequestError, type RequestOptions, type SignalingPort } from '../calls/ports.ts';

export interface FakeRequest {
  readonly method: ClientMethod;
  readonly params: Record<string, unknown>;
  readonly options: RequestOptions;
  settled: boolean;
  reply(result?: Record<string, unknown>): void;
  /** `data`: of the gateway's refusal. */
  fail(code: RequestError['code'], data?: unknown): void;
}

/** Signalling in the hands of a test: requests wait for their reply until the test gives it. */
export class FakeSignaling implements SignalingPort {
  sessionId = 'session-1';
  features: OffhookFeatures = NO_FEATURES;
  ready = true;
  iceServers: RTCIceServer[] | null = null;
  /** How long a ping has been without an answer. */
  unansweredMs = 0;
  probes = 0;
  renewals = 0;
  /** Everything that was asked, in order. */
  readonly requests: FakeRequest[] = [];
  readonly notifications: { method: ClientMethod; params: unknown }[] = [];
  /** Methods that are answered at once. */
  readonly auto = new Map<ClientMethod, Record<string, unknown>>([
    ['candidate', {}],
    ['endOfCandidates', {}],
  ]);

  request<M extends ClientMethod>(
    method: M,
    params: ClientParams[M],
    options: RequestOptions = {},
  ): Promise<ClientResults[M]> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        request.settled = true;
        settle();
      };
      const request: FakeRequest = {
        method,
        // As it would stand on the wire.
        params: JSON.parse(JSON.stringify(params)) as Record<string, unknown>,
        options,
        settled: false,
        reply: (result = {}) => done(() => resolve(result as unknown as ClientResults[M])),
        fail: (code, data) =>
          done(() =>
            reject(
              new RequestError(
                code,
                method,
                code,
                code === 'rejected' ? -32002 : undefined,
                undefined,
                data,
              ),
            ),
          ),
      };
      this.requests.push(request);
      options.signal?.addEventListener('abort', () => request.fail('aborted'), { once: true });
      if (options.whenOffline === 'fail' && !this.ready) {
        request.fail('not_ready');
      }
      const result = this.auto.get(method);
      if (result) {
        request.reply(result);
      }
    });
  }

  notify<M extends ClientMethod>(method: M, params: ClientParams[M]): void {
    if (!this.ready) {
      throw new RequestError('not_ready', method, 'not ready');
    }
    this.notifications.push({ method, params });
  }

  seize(): void {
    // Asks nothing by itself.
  }
  probe(): void {
    this.probes += 1;
  }
  renew(): void {
    this.renewals += 1;
  }

  gatewayIceServers(): Promise<RTCIceServer[] | null> {
    return Promise.resolve(this.iceServers);
  }

  of(method: ClientMethod): FakeRequest[] {
    return this.requests.filter((request) => request.method === method);
  }

  /** The latest request of this method. */
  last(method: ClientMethod): FakeRequest {
    const request = this.of(method).at(-1);
    if (!request) {
      throw new Error(`No ${method} was sent`);
    }
    return request;
  }

  get open(): FakeRequest[] {
    return this.requests.filter(({ settled }) => !settled);
  }
}
