/**
 * Drives whichever SDK the page loaded, ours or the reference, through the API that both share, and keeps a log of what
 * the application was told. Tests read the log and call methods through it; see lib/party.ts.
 */
export interface LogEntry {
  /** performance.now() */
  readonly at: number;
  readonly event: string;
  readonly callId?: string;
  readonly state?: string;
  readonly code?: number;
  /** JSON-safe remainder of the payload. */
  readonly detail?: unknown;
}

/** What the page keeps of a call, also after the SDK has forgotten it. */
export interface CallRecord {
  readonly id: string;
  readonly direction: string | undefined;
  readonly state: string;
  readonly states: readonly string[];
  readonly cause?: string;
  readonly causeCode?: number;
  readonly sipCode?: number | null;
  readonly sipReason?: string | null;
  readonly remoteNumber?: string;
  readonly remoteName?: string;
  readonly muted: boolean;
  /** Call objects that the SDK has shown under this id. */
  readonly objects: number;
  readonly recoveredCallId?: string;
}

type Methods = Record<string, (...args: unknown[]) => unknown>;

interface SdkCall {
  readonly id: string;
  readonly state: string;
  readonly direction?: string;
  readonly cause?: string;
  readonly causeCode?: number;
  readonly sipCode?: number | null;
  readonly sipReason?: string | null;
  readonly isAudioMuted: boolean;
  readonly recoveredCallId?: string;
  readonly options: { readonly remoteCallerNumber?: string; readonly remoteCallerName?: string };
}

interface SdkClient {
  remoteElement: string;
  on(event: string, listener: (payload: Payload | undefined) => void): unknown;
  connect(): Promise<void>;
  disconnect(): Promise<void> | void;
  newCall(options: object): SdkCall;
}

interface Payload {
  readonly type?: string;
  readonly call?: SdkCall;
  readonly callId?: string;
  readonly error?: { readonly code?: number };
  readonly warning?: { readonly code?: number };
}

export interface Driver {
  readonly log: readonly LogEntry[];
  readonly client: SdkClient;
  /** @param shared whether all calls play in the element of the page; default true */
  create(options: object, shared?: boolean): void;
  /** Settles on `telnyx.ready`, or rejects with the first `telnyx.error`. */
  signIn(options: object, shared?: boolean): Promise<void>;
  signOut(): Promise<void>;
  dial(options: object): string;
  calls(): CallRecord[];
  invoke(callId: string, method: string, args: readonly unknown[]): Promise<unknown>;
  /** Hands the far party of a call over to that of another one. */
  handOver(callId: string, otherId: string): Promise<unknown>;
}

declare global {
  interface Window {
    readonly driver: Driver;
    readonly TelnyxWebRTC: { readonly TelnyxRTC: new (options: object) => SdkClient };
  }
}

const log: LogEntry[] = [];
interface Known {
  call: SdkCall;
  readonly states: string[];
  readonly objects: WeakSet<SdkCall>;
  count: number;
}

const calls = new Map<string, Known>();
let client: SdkClient | undefined;

const json = (value: unknown): unknown => {
  try {
    const kept = (key: string, inner: unknown) => (key === 'call' ? undefined : inner);
    const text = JSON.stringify(value, kept) as string | undefined;
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return String(value);
  }
};

function note(event: string, payload: Payload = {}): void {
  const call = payload.call;
  const code = payload.error?.code ?? payload.warning?.code;
  log.push({
    at: performance.now(),
    event,
    detail: json(payload),
    ...(call ? { callId: call.id, state: call.state } : {}),
    ...(payload.callId === undefined ? {} : { callId: payload.callId }),
    ...(code === undefined ? {} : { code }),
  });
}

function onNotification(payload: Payload = {}): void {
  note(payload.type ?? 'notification', payload);
  if (payload.type !== 'callUpdate' || !payload.call) {
    return;
  }
  const { call } = payload;
  const known: Known = calls.get(call.id) ?? { call, states: [], objects: new WeakSet(), count: 0 };
  if (!known.objects.has(call)) {
    known.count += 1;
  }
  known.objects.add(call);
  known.call = call;
  if (known.states.at(-1) !== call.state) {
    known.states.push(call.state);
  }
  calls.set(call.id, known);
}

function create(options: object, shared = true): void {
  client = new window.TelnyxWebRTC.TelnyxRTC(options);
  if (shared) {
    client.remoteElement = 'remote';
  }
  client.on('telnyx.notification', onNotification);
  for (const event of [
    'ready',
    'error',
    'warning',
    'socket.open',
    'socket.close',
    'ai.conversation',
  ]) {
    client.on(`telnyx.${event}`, (payload) => note(event, payload));
  }
}

function current(): SdkClient {
  if (!client) {
    throw new Error('No client yet: signIn() first.');
  }
  return client;
}

async function signIn(options: object, shared?: boolean): Promise<void> {
  create(options, shared);
  const settled = new Promise<void>((resolve, reject) => {
    current().on('telnyx.ready', () => resolve());
    current().on('telnyx.error', (payload) =>
      reject(new Error(`telnyx.error ${JSON.stringify(json(payload))}`)),
    );
  });
  await current().connect();
  await settled;
}

const record = ({ call, states, count }: Known): CallRecord => ({
  id: call.id,
  direction: call.direction,
  state: call.state,
  states,
  muted: call.isAudioMuted,
  objects: count,
  ...(call.recoveredCallId === undefined ? {} : { recoveredCallId: call.recoveredCallId }),
  ...(call.cause === undefined ? {} : { cause: call.cause }),
  ...(call.causeCode === undefined ? {} : { causeCode: call.causeCode }),
  ...(call.sipCode === undefined ? {} : { sipCode: call.sipCode }),
  ...(call.sipReason === undefined ? {} : { sipReason: call.sipReason }),
  ...(call.options.remoteCallerNumber === undefined
    ? {}
    : { remoteNumber: call.options.remoteCallerNumber }),
  ...(call.options.remoteCallerName === undefined
    ? {}
    : { remoteName: call.options.remoteCallerName }),
});

const driver: Driver = {
  log,
  get client() {
    return current();
  },
  create,
  signIn,
  async signOut() {
    await client?.disconnect();
    client = undefined;
  },
  dial: (options) => current().newCall(options).id,
  calls: () => [...calls.values()].map(record),
  async invoke(callId, method, args) {
    const known = calls.get(callId);
    if (!known) {
      throw new Error(`This page knows no call ${callId}.`);
    }
    const target = known.call as unknown as Methods;
    return json(await target[method]?.(...args));
  },
  async handOver(callId, otherId) {
    const target = calls.get(callId)?.call as unknown as Methods | undefined;
    return json(await target?.['transfer']?.(calls.get(otherId)?.call));
  },
};

Object.defineProperty(window, 'driver', { value: driver });
