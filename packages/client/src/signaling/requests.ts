import {
  encodeRequest,
  parseGatewayFrame,
  parseResult,
  telnyxDialect,
  type ClientMethod,
  type ClientParams,
  type ClientResults,
  type GatewayRequest,
  type Reply,
} from '@offhook/protocol';
import { RequestError, type RequestErrorCode, type RequestOptions } from '../calls/ports.ts';
import { Emitter } from '../emitter.ts';
import { asError } from '../errors/telnyx-error.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

const TIMEOUT_MS = 10_000;
const MAX_AGE_MS = 30_000;

/** Requests of the session itself: they make the session ready, so they cannot wait for it. */
export interface SessionRequestOptions extends RequestOptions {
  readonly urgent?: boolean;
  /** Who asks judges by itself when it took too long: no time-out once it is sent. */
  readonly unlimited?: boolean;
  readonly voiceSdkId?: string | undefined;
}

/** How a request ended. Called once, in the same tick as the reply's arrival: the next frame may depend on it. */
export interface Outcome<T> {
  resolve(result: T): void;
  reject(error: RequestError): void;
}

export interface RequestsEvents {
  /** The gateway's routing token, from whatever frame carried one. */
  routed: [voiceSdkId: string];
  /** A frame that applications may see (`telnyx.socket.message`): the gateway's own, and replies that nobody waited for. */
  visible: [text: string];
  /** A request or notification of the gateway. */
  request: [frame: GatewayRequest];
  speedTest: [step: string, ms: number];
  malformed: [code: string, method: string | undefined];
  /** Every frame, as text, for debug reports. */
  traffic: [out: boolean, text: string];
}

interface Entry {
  readonly id: string;
  readonly method: ClientMethod;
  readonly params: ClientParams[ClientMethod];
  readonly options: SessionRequestOptions;
  readonly timer: Timer;
  resolve(value: unknown): void;
  /** Ends it: out of every list, timer and abort listener freed. */
  fail(
    code: RequestErrorCode,
    message: string,
    serverCode?: number,
    retryAfterMs?: number,
    data?: unknown,
  ): void;
}

const NO_SESSION_ID: ReadonlySet<ClientMethod> = new Set([
  'login',
  'anonymous_login',
  'gatewayState',
  'ping',
  'ai_conversation',
]);

/**
 * Text of a socket → replies to requests of ours, and requests of the gateway. Ours stand in two lists: `waiting` (not yet sent, in
 * order) and `pending` (sent, no reply yet). Each settles: by its reply, being no JSON, its time-out, its signal, its age, the loss of the socket
 * after it was sent, or the end of the session.
 *
 *   request ──▶ waiting ──ready──▶ pending ──reply──▶ settled
 *                  │ expired          │ timeout, connection_lost
 *                  └──────────────────┴─ aborted, closed ──▶ settled
 */
export class Requests {
  readonly events: Emitter<RequestsEvents>;
  readonly #platform: Platform;
  readonly #sessionId: () => string;
  readonly #waiting = new Set<Entry>();
  readonly #pending = new Map<string, Entry>();
  /** Calls taken up again on this socket before it is ready: their frames need not wait (wire spec 13.2). */
  readonly #attached = new Set<string>();
  #send: ((text: string) => boolean) | undefined;
  #ready = false;
  #closed: string | undefined;
  #answeredAt = 0;

  /**
   * @param sessionId stamped on a request at the moment it is sent: one that waited goes out under the session that is then
   * current
   */
  constructor(platform: Platform, sessionId: () => string) {
    this.events = new Emitter((error) => {
      platform.reportError(error);
    });
    this.#platform = platform;
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

  /** When a request of ours was last answered, whatever the answer said, by `elapsed()`. */
  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** A socket is open; only urgent requests and those of attached calls pass it until {@link ready}. */
  attach(send: (text: string) => boolean): void {
    this.#send = send;
  }

  /** Text as it is: acknowledgements, and what is no JSON-RPC. False when there is no open socket. */
  send(text: string): boolean {
    this.events.emit('traffic', true, text);
    return this.#send?.(text) ?? false;
  }

  /** Text from the socket. Never throws. */
  receive(text: string): void {
    const { events } = this;
    events.emit('traffic', false, text);
    const parsed = parseGatewayFrame(text, telnyxDialect);
    if (!parsed.ok) {
      events.emit('malformed', parsed.error.code, parsed.error.method);
      return;
    }
    const frame = parsed.value;
    if (frame.kind === 'speedtest') {
      events.emit('speedTest', frame.step, frame.value ?? 0);
      return;
    }
    if (frame.voiceSdkId) {
      events.emit('routed', frame.voiceSdkId);
    }
    if (frame.kind === 'reply') {
      const method = this.settle(frame);
      if (method === undefined || method === 'gatewayState') {
        events.emit('visible', text);
      }
      return;
    }
    events.emit('visible', text);
    if (frame.kind === 'request') {
      events.emit('request', frame);
    }
  }

  /** Sends what waited, in order. */
  ready(): void {
    this.#ready = true;
    for (const entry of [...this.#waiting]) {
      this.#transmit(entry);
    }
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
    options: SessionRequestOptions = {},
  ): Promise<ClientResults[M]> {
    return new Promise((resolve, reject) => {
      this.call(method, params, options, { resolve, reject });
    });
  }

  call<M extends ClientMethod>(
    method: M,
    params: ClientParams[M],
    options: SessionRequestOptions,
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
      fail(code, message, serverCode, retryAfterMs, data) {
        end();
        outcome.reject(new RequestError(code, method, message, serverCode, retryAfterMs, data));
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
    // A socket that is closing takes no frames any more, and reports its close presently: as good as none.
    if (this.#mayPass(entry) && this.#transmit(entry)) {
      return;
    }
    if (options.urgent || options.whenOffline === 'fail') {
      entry.fail('not_ready', `${method}: the session is not ready`);
      return;
    }
    this.#waiting.add(entry);
    const age = options.maxAgeMs ?? MAX_AGE_MS;
    entry.timer.start(age, () => {
      entry.fail('expired', `${method} waited ${age} ms for the session`);
    });
  }

  notify<M extends ClientMethod>(method: M, params: ClientParams[M]): void {
    if (!this.#ready || !this.send(encodeRequest(telnyxDialect, undefined, method, params))) {
      throw new RequestError('not_ready', method, `${method}: the session is not ready`);
    }
  }

  /** The method that the reply was for; undefined when nobody waits for it. */
  settle(reply: Reply): ClientMethod | undefined {
    const entry = this.#pending.get(String(reply.id));
    if (!entry) {
      return undefined;
    }
    this.#answeredAt = this.#platform.elapsed();
    if (reply.ok) {
      const result = parseResult(entry.method, reply.result);
      if (result.ok) {
        entry.resolve(result.value);
      } else {
        entry.fail('rejected', result.error.message, result.error.rpcCode);
      }
    } else {
      const { code, message, data } = reply.error;
      const { retryAfterMs } = (data ?? {}) as { readonly retryAfterMs?: unknown };
      entry.fail('rejected', message || 'Refused', code, Number(retryAfterMs) || undefined, data);
    }
    return entry.method;
  }

  #mayPass({ method, params, options }: Entry): boolean {
    if (!this.#send) {
      return false;
    }
    if (this.#ready || options.urgent || method === 'attach') {
      return true;
    }
    const callID = callIdOf(params);
    return callID !== undefined && this.#attached.has(callID);
  }

  /** False when the socket did not take it: its place and its timer stay as they were. */
  #transmit(entry: Entry): boolean {
    const { method, params, options, id } = entry;
    const sessionId = this.#sessionId();
    const stamped =
      sessionId && !NO_SESSION_ID.has(method) ? { ...params, sessid: sessionId } : params;
    let text: string;
    try {
      text = encodeRequest(telnyxDialect, id, method, stamped, options.voiceSdkId);
    } catch (error) {
      entry.fail('invalid', `${method} cannot be sent: ${asError(error).message}`);
      return true;
    }
    if (!this.send(text)) {
      return false;
    }
    this.#waiting.delete(entry);
    this.#pending.set(id, entry);
    const callID = callIdOf(params);
    if (method === 'attach' && callID !== undefined) {
      this.#attached.add(callID);
    }
    const ms = options.timeoutMs ?? TIMEOUT_MS;
    if (options.unlimited) {
      entry.timer.stop();
    } else {
      entry.timer.start(ms, () => {
        entry.fail('timeout', `${method} was not answered within ${ms} ms`);
      });
    }
    return true;
  }
}

function callIdOf(params: ClientParams[ClientMethod]): string | undefined {
  const { dialogParams } = params as { dialogParams?: { callID?: string } };
  return dialogParams?.callID;
}
