import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';

export interface WireFrame {
  readonly jsonrpc?: string;
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  readonly voice_sdk_id?: string;
}

export interface WireReply {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  readonly voice_sdk_id?: string;
}

/** Methods that the reference acknowledges (wire spec 3.4). */
const ACKED = new Set(
  ['invite', 'ringing', 'media', 'answer', 'bye', 'display', 'candidate', 'attach'].map(
    (name) => `telnyx_rtc.${name}`,
  ),
);

/** Speaks the wire as the reference client does: UUIDs as ids, acknowledgements, a ping for a ping. */
export class WireClient {
  /** Everything that came, in order; texts that are no JSON as they are. */
  readonly received: (WireFrame | string)[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Whether requests of the gateway are acknowledged. */
  acks = true;
  sessid = '';
  voiceSdkId: string | undefined;
  readonly #socket: WebSocket;
  readonly #replies = new Map<string, (reply: WireReply) => void>();
  readonly #unread: WireFrame[] = [];
  readonly #waiting: { readonly method: string; readonly resolve: (frame: WireFrame) => void }[] =
    [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.#onText(data.toString('utf8'));
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        for (const settle of this.#replies.values()) {
          settle({ error: { code: 0, message: 'closed' } });
        }
        this.#replies.clear();
        resolve({ code, reason: reason.toString('utf8') });
      });
    });
  }

  static async connect(url: string): Promise<WireClient> {
    const socket = new WebSocket(url);
    const client = new WireClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => undefined);
    return client;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Requests of the gateway that came, by their short names. */
  get methods(): string[] {
    return this.received.flatMap((frame) =>
      typeof frame === 'string' || frame.method === undefined
        ? []
        : [frame.method.replace('telnyx_rtc.', '')],
    );
  }

  sendRaw(text: string | Buffer): void {
    this.#socket.send(text);
  }

  /** Settles with the reply, whatever it says. */
  request(method: string, params: Record<string, unknown>): Promise<WireReply> {
    return this.send({ method: wireName(method), params });
  }

  send(members: Record<string, unknown>): Promise<WireReply> {
    if (!this.isOpen) {
      return Promise.resolve({ error: { code: 0, message: 'closed' } });
    }
    const id = randomUUID();
    const reply = new Promise<WireReply>((resolve) => this.#replies.set(id, resolve));
    this.sendRaw(JSON.stringify({ jsonrpc: '2.0', id, ...members }));
    return reply;
  }

  async login(params: Record<string, unknown>): Promise<WireReply> {
    const reply = await this.request('login', {
      userVariables: {},
      reconnection: params['sessid'] !== undefined,
      loginParams: { early_sdp_answer: false },
      'User-Agent': { sdkVersion: '2.27.10', data: 'test' },
      ...params,
    });
    const sessid = reply.result?.['sessid'];
    if (typeof sessid === 'string') {
      this.sessid = sessid;
    }
    this.voiceSdkId = reply.voice_sdk_id ?? this.voiceSdkId;
    return reply;
  }

  /** Signs in and waits until the client would raise `telnyx.ready`. */
  async register(user: string, extra: Record<string, unknown> = {}): Promise<this> {
    await this.login({ login: user, passwd: `secret-${user}`, ...extra });
    await this.next('clientReady');
    const state = await this.request('gatewayState', {});
    const params = state.result?.['params'] as { state?: string } | undefined;
    if (params?.state !== 'REGED') {
      throw new Error(`not registered: ${JSON.stringify(state)}`);
    }
    return this;
  }

  /** The next request of the gateway with this method that no `next` has returned yet. */
  next(method: string): Promise<WireFrame> {
    const name = wireName(method);
    const index = this.#unread.findIndex((frame) => frame.method === name);
    const [frame] = index === -1 ? [] : this.#unread.splice(index, 1);
    if (frame) {
      return Promise.resolve(frame);
    }
    return new Promise((resolve) => this.#waiting.push({ method: name, resolve }));
  }

  /** Settles when all that the gateway has sent so far is here. */
  async barrier(): Promise<void> {
    await this.request('ping', {});
  }

  /** Whether a request with this method is here and unread. */
  has(method: string): boolean {
    return this.#unread.some((frame) => frame.method === wireName(method));
  }

  /** Stops reading, as a page that hangs does. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.close();
  }

  /** As when a network goes: no close frame. */
  async drop(): Promise<void> {
    this.#socket.terminate();
    await this.closed;
  }

  #onText(text: string): void {
    if (!text.startsWith('{')) {
      this.received.push(text);
      return;
    }
    const frame = JSON.parse(text) as WireFrame;
    this.received.push(frame);
    const settle = typeof frame.id === 'string' ? this.#replies.get(frame.id) : undefined;
    if (settle && typeof frame.id === 'string') {
      this.#replies.delete(frame.id);
      settle(frame);
      return;
    }
    if (frame.method === undefined) {
      return;
    }
    this.#acknowledge(frame);
    const index = this.#waiting.findIndex((each) => each.method === frame.method);
    const [waiting] = index === -1 ? [] : this.#waiting.splice(index, 1);
    if (waiting) {
      waiting.resolve(frame);
    } else {
      this.#unread.push(frame);
    }
  }

  #acknowledge({ id, method }: WireFrame): void {
    if (!this.acks || id === undefined || method === undefined) {
      return;
    }
    if (method === 'telnyx_rtc.ping') {
      void this.request('ping', {});
    } else if (ACKED.has(method)) {
      this.sendRaw(JSON.stringify({ jsonrpc: '2.0', id, result: { method } }));
    }
  }
}

function wireName(method: string): string {
  const bare = ['login', 'anonymous_login', 'ai_conversation', 'offhook'];
  return bare.includes(method) || method.includes('.') ? method : `telnyx_rtc.${method}`;
}
