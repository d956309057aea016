import {
  encodeRequest,
  parseResult,
  type ClientMethod,
  type ClientParams,
  type ClientResults,
  type Dialect,
  type Reply,
} from '@offhook/protocol';
import { RequestError, type RequestErrorCode, type RequestOptions } from '../calls/ports.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

const TIMEOUT_MS = 10_000;
const MAX_AGE_MS = 30_000;

/** Requests of the session itself: they make the session ready, so they cannot wait for it. */
export interface RpcOptions extends RequestOptions {
  readonly urgent?: boolean;
  readonly voiceSdkId?: string | undefined;
}

/** How a request ended. Called once, in the same tick as the reply's arrival: the next frame may depend on it. */
export interface Outcome<T> {
  resolve(result: T): void;
  reject(error: RequestError): void;
}

interface Entry {
  readonly id: string;
  readonly method: ClientMethod;
  readonly params: ClientParams[ClientMethod];
  readonly options: RpcOptions;
  readonly timer: Timer;
  resolve(value: unknown): void;
  /** Ends it: out of every list, timer and abort listener freed. */
  fail(code: RequestErrorCode, message: string, serverCode?: number, retryAfterMs?: number): void;
}

const NO_SESSION_ID: ReadonlySet<ClientMethod> = new Set([
  'login',
  'anonymous_login',
  'gatewayState',
  'ping',
  'ai_conversation',
]);

/**
 * Requests in two lists: `waiting` (not yet sent, in order) and `pending` (sent, no reply yet). Each settles: by its reply, its
 * time-out, its signal, its age, the loss of the socket after it was sent, or the end of the session.
 *
 *   request ──▶ waiting ──ready──▶ pending ──reply──▶ settled
 *                  │ expired          │ timeout, connection_lost
 *                  └──────────────────┴─ aborted, closed ──▶ settled
 */
export class Rpc {
  readonly #platform: Platform;
  readonly #dialect: Dialect;
  readonly #sessionId: () => string;
  readonly #waiting = new Set<Entry>();
  readonly #pending = new Map<string, Entry>();
  /** Calls taken up again on this socket before it is ready: their frames need not wait (wire spec 13.2). */
  readonly #attached = new Set<string>();
  #send: ((text: string) => boolean) | undefined;
  #ready = false;
  #closed: string | undefined;

  /** When a request of ours was last answered, whatever the answer said. Milliseconds since the epoch. */
  answeredAt = 0;

  /** Hears every frame: debug reports while there are any. */
  tap: ((out: boolean, text: string) => void) | undefined;

  /**
   * @param sessionId stamped on a request at the moment it is sent: one that waited goes out under the session that is then
   * current
   */
  constructor(platform: Platform, dialect: Dialect, sessionId: () => string) {
    this.#platform = platform;
    this.#dialect = dialect;
    this.#sessionId = sessionId;
  }

  /** A socket is open. */
  get attached(): boolean {
    return this.#send !== undefined;
  }

  /** Requests waiting or under way. */
  get size(): number {
    return this.#waiting.size + this.#pending.size;
  }

  /** A socket is open; only urgent requests and those of attached calls pass it until {@link ready}. */
  attach(send: (text: string) => boolean): void {
    this.#send = send;
  }

  /** Text as it is: acknowledgements, and what is no JSON-RPC. False when there is no open socket. */
  send(text: string): boolean {
    this.tap?.(true, text);
    return this.#send?.(text) ?? false;
  }

  /** Sends what waited, in order. */
  ready(): void {
    this.#ready = true;
    for (const entry of [...this.#waiting]) this.#transmit(entry);
  }

  /** The socket is gone. What was sent fails; what was not goes on waiting. */
  detach(): void {
    this.#send = undefined;
    this.#ready = false;
    this.#attached.clear();
    for (const entry of [...this.#pending.values()]) {
      entry.fail('connection_lost', `Connection lost before ${entry.method} was answered`);
    }
  }

  /** Everything fails with `closed`, and so do later requests, until {@link reopen}. */
  close(reason: string): void {
    this.#closed = reason;
    for (const entry of [...this.#waiting, ...this.#pending.values()]) {
      entry.fail('closed', `${entry.method}: ${reason}`);
    }
  }

  reopen(): void {
    this.#closed = undefined;
  }

  request<M extends ClientMethod>(
    method: M,
    params: ClientParams[M],
    options: RpcOptions = {},
  ): Promise<ClientResults[M]> {
    return new Promise((resolve, reject) => {
      this.call(method, params, options, { resolve, reject });
    });
  }

  call<M extends ClientMethod>(
    method: M,
    params: ClientParams[M],
    options: RpcOptions,
    outcome: Outcome<ClientResults[M]>,
  ): void {
    const { signal } = options;
    const abort = (): void => {
      entry.fail('aborted', `${method} was aborted`);
    };
    const end = (): void => {
      entry.timer.stop();
      signal?.removeEventListener('abort', abort);
      this.#waiting.delete(entry);
      this.#pending.delete(entry.id);
    };
    const entry: Entry = {
      id: this.#platform.uuid(),
      method,
      params,
      options,
      timer: new Timer(this.#platform),
      resolve(value) {
        end();
        outcome.resolve(value as ClientResults[M]);
      },
      fail(code, message, serverCode, retryAfterMs) {
        end();
        outcome.reject(new RequestError(code, method, message, serverCode, retryAfterMs));
      },
    };
    if (signal?.aborted) {
      abort();
      return;
    }
    if (this.#closed !== undefined) {
      entry.fail('closed', `${method}: ${this.#closed}`);
      return;
    }
    signal?.addEventListener('abort', abort);
    if (this.#mayPass(entry)) this.#transmit(entry);
    else if (options.urgent || options.whenOffline === 'fail') {
      entry.fail('not_ready', `${method}: the session is not ready`);
    } else {
      this.#waiting.add(entry);
      const age = options.maxAgeMs ?? MAX_AGE_MS;
      entry.timer.start(age, () => {
        entry.fail('expired', `${method} waited ${age} ms for the session`);
      });
    }
  }

  notify<M extends ClientMethod>(method: M, params: ClientParams[M]): void {
    if (!this.#ready || !this.send(encodeRequest(this.#dialect, undefined, method, params))) {
      throw new RequestError('not_ready', method, `${method}: the session is not ready`);
    }
  }

  /** The method that the reply was for; undefined when nobody waits for it. */
  settle(reply: Reply): ClientMethod | undefined {
    const entry = this.#pending.get(String(reply.id));
    if (!entry) return undefined;
    this.answeredAt = this.#platform.now();
    if (reply.ok) {
      const result = parseResult(entry.method, reply.result);
      if (result.ok) entry.resolve(result.value);
      else entry.fail('rejected', result.error.message, result.error.rpcCode);
    } else {
      const { code, message, data } = reply.error;
      const { retryAfterMs } = (data ?? {}) as { readonly retryAfterMs?: unknown };
      entry.fail('rejected', message || 'Refused', code, Number(retryAfterMs) || undefined);
    }
    return entry.method;
  }

  #mayPass({ method, params, options }: Entry): boolean {
    if (!this.#send) return false;
    if (this.#ready || options.urgent || method === 'attach') return true;
    const callID = callIdOf(params);
    return callID !== undefined && this.#attached.has(callID);
  }

  #transmit(entry: Entry): void {
    const { method, params, options, id } = entry;
    const sessionId = this.#sessionId();
    const stamped =
      sessionId && !NO_SESSION_ID.has(method) ? { ...params, sessid: sessionId } : params;
    const text = encodeRequest(this.#dialect, id, method, stamped, options.voiceSdkId);
    // A socket that stopped taking frames reports its close presently; until then the request waits like any other.
    if (!this.send(text)) {
      if (options.urgent) entry.fail('connection_lost', `${method}: the socket is closing`);
      else this.#waiting.add(entry);
      return;
    }
    this.#waiting.delete(entry);
    this.#pending.set(id, entry);
    const callID = callIdOf(params);
    if (method === 'attach' && callID !== undefined) this.#attached.add(callID);
    const ms = options.timeoutMs ?? TIMEOUT_MS;
    entry.timer.start(ms, () => {
      entry.fail('timeout', `${method} was not answered within ${ms} ms`);
    });
  }
}

function callIdOf(params: ClientParams[ClientMethod]): string | undefined {
  const { dialogParams } = params as { dialogParams?: { callID?: string } };
  return dialogParams?.callID;
}
