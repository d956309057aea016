import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import * as v from 'valibot';
import type { LoadUser } from './credentials.ts';
import { LoadError } from './load-error.ts';

/** A frame of the gateway, as far as the load looks at it. */
const FrameSchema = v.looseObject({
  id: v.optional(v.nullable(v.union([v.string(), v.number()]))),
  method: v.optional(v.string()),
  params: v.optional(
    v.looseObject({ callID: v.optional(v.string()), sdp: v.optional(v.string()) }),
  ),
  result: v.optional(v.looseObject({ params: v.optional(v.looseObject({})) })),
  error: v.optional(v.looseObject({ code: v.number(), message: v.string() })),
});

type Frame = v.InferOutput<typeof FrameSchema>;
export type Params = Readonly<Record<string, unknown>> & {
  readonly callID?: string | undefined;
  readonly sdp?: string | undefined;
};

interface Pending {
  readonly resolve: (result: Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: LoadError) => void;
}

/**
 *     new -> opening -> signing -> ready -> closed
 *                \---------\--------------/
 */
type ClientState = 'new' | 'opening' | 'signing' | 'ready' | 'closed';

export interface LoadClientEvents {
  /** A message about a call: `invite`, `ringing`, `media`, `answer`, `bye`. */
  readonly onCall: (event: string, params: Params) => void;
  /** The socket went without being asked to. */
  readonly onLost: (code: number) => void;
}

const SIGN_IN_MS = 30_000;

/** One signed-in client: the frames of a softphone without the softphone. Nothing of it outlives {@link close}. */
export class LoadClient {
  readonly user: string;
  readonly #target: URL;
  readonly #credentials: LoadUser;
  readonly #events: LoadClientEvents;
  readonly #pending = new Map<string, Pending>();
  readonly #methods = new Map<string, () => void>();
  #socket: WebSocket | null = null;
  #state: ClientState = 'new';

  constructor(target: URL, credentials: LoadUser, events: LoadClientEvents) {
    this.user = credentials.name;
    this.#target = target;
    this.#credentials = credentials;
    this.#events = events;
  }

  get ready(): boolean {
    return this.#state === 'ready';
  }

  /** Opens a socket, signs in, and settles when an application would be told `telnyx.ready`. @throws {LoadError} */
  async signIn(): Promise<void> {
    if (this.#state !== 'new') {
      throw new LoadError('state', 'A client signs in once');
    }
    const late = setTimeout(() => {
      this.#end(new LoadError('timeout', `${this.user}: no answer to the sign-in in 30 s`));
    }, SIGN_IN_MS);
    try {
      await this.#open();
      this.#state = 'signing';
      const told = this.#once('telnyx_rtc.clientReady');
      // When the login fails first, that is the error.
      told.catch(() => undefined);
      await this.request('login', this.#login());
      await told;
      const { params } = await this.request('telnyx_rtc.gatewayState', {});
      const state = (params as { readonly state?: unknown } | undefined)?.state;
      if (state !== 'REGED') {
        throw new LoadError('not_registered', `${this.user}: not registered`);
      }
      this.#state = 'ready';
    } catch (error) {
      this.close();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  #login(): object {
    const who =
      'password' in this.#credentials
        ? { login: this.#credentials.name, passwd: this.#credentials.password }
        : { login_token: this.#credentials.loginToken };
    return {
      ...who,
      userVariables: {},
      reconnection: false,
      loginParams: {},
      'User-Agent': { sdkVersion: 'offhook-load', data: 'offhook-load' },
    };
  }

  /** Sends a request; settles with its result. @throws {LoadError} when it is refused, or the socket goes first */
  request(method: string, params: object): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      const id = randomUUID();
      this.#pending.set(id, { resolve, reject });
      if (!this.#send({ jsonrpc: '2.0', id, method, params })) {
        this.#pending.delete(id);
        reject(new LoadError('closed', `${this.user}: the socket is closed`));
      }
    });
  }

  /** Idempotent. What still waits fails. */
  close(): void {
    this.#end(new LoadError('closed', `${this.user}: closed`));
  }

  #open(): Promise<void> {
    this.#state = 'opening';
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#target, { perMessageDeflate: false });
      this.#socket = socket;
      socket.on('open', resolve);
      socket.on('unexpected-response', (request, response) => {
        request.destroy();
        const status = response.statusCode ?? 0;
        reject(new LoadError(`http_${status}`, `${this.user}: refused with HTTP ${status}`));
      });
      socket.on('error', (error) => {
        const code = (error as NodeJS.ErrnoException).code ?? 'socket';
        reject(new LoadError(code, `${this.user}: ${error.message}`));
      });
      socket.on('message', (data: Buffer) => {
        this.#onText(data.toString('utf8'));
      });
      socket.on('close', (code) => {
        reject(new LoadError(`closed_${code}`, `${this.user}: closed with ${code}`));
        if (this.#state === 'closed') {
          return;
        }
        this.#end(new LoadError(`closed_${code}`, `${this.user}: closed with ${code}`));
        this.#events.onLost(code);
      });
    });
  }

  #end(error: LoadError): void {
    if (this.#state === 'closed') {
      return;
    }
    this.#state = 'closed';
    this.#socket?.terminate();
    for (const { reject } of this.#pending.values()) {
      reject(error);
    }
    this.#pending.clear();
    this.#methods.clear();
  }

  /** Waits for a request of the gateway; rejects when the socket goes first. */
  #once(method: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#methods.set(method, resolve);
      this.#pending.set(method, { resolve: () => undefined, reject });
    });
  }

  #send(frame: object): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      return false;
    }
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #onText(text: string): void {
    const frame = parse(text);
    if (frame === null) {
      return;
    }
    const { id, method } = frame;
    if (method === undefined) {
      if (typeof id === 'string') {
        this.#settle(id, frame);
      }
      return;
    }
    // As the reference does: a ping is answered with a ping, everything else with its own name.
    if (method === 'telnyx_rtc.ping') {
      this.request('telnyx_rtc.ping', {}).catch(() => undefined);
    } else if (id != null) {
      this.#send({ jsonrpc: '2.0', id, result: { method } });
    }
    this.#methods.get(method)?.();
    this.#methods.delete(method);
    this.#pending.delete(method);
    if (frame.params?.callID !== undefined) {
      this.#events.onCall(method.replace('telnyx_rtc.', ''), frame.params);
    }
  }

  #settle(id: string, { error, result }: Frame): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) {
      pending?.resolve(result ?? {});
    } else {
      pending?.reject(
        new LoadError(`rpc_${error.code}`, `${this.user}: ${error.message.slice(0, 200)}`),
      );
    }
  }
}

/** Null for what is no frame: a load looks at answers, and counts those that do not come. */
function parse(text: string): Frame | null {
  try {
    const checked = v.safeParse(FrameSchema, JSON.parse(text));
    return checked.success ? checked.output : null;
  } catch {
    return null;
  }
}
