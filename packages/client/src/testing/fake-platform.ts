import type { Platform, TimerHandle } from '../platform.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeSocket } from './fake-socket.ts';

/** An event target that knows how many listen. */
export class FakeTarget extends EventTarget {
  #listeners = 0;
  visibilityState: DocumentVisibilityState = 'visible';

  get listeners(): number {
    return this.#listeners;
  }

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.#listeners++;
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.#listeners--;
    super.removeEventListener(...args);
  }

  fire(type: string): void {
    this.dispatchEvent(new Event(type));
  }
}

/** The `Storage` that a test may make throw. */
export class FakeStorage implements Storage {
  readonly #map = new Map<string, string>();
  throws = false;

  get length(): number {
    return this.#map.size;
  }
  key(index: number): string | null {
    return [...this.#map.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    this.#check();
    return this.#map.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#check();
    this.#map.set(key, value);
  }
  removeItem(key: string): void {
    this.#check();
    this.#map.delete(key);
  }
  clear(): void {
    this.#map.clear();
  }
  #check(): void {
    if (this.throws) {
      throw new DOMException('blocked', 'SecurityError');
    }
  }
}

export interface FakePlatformOptions {
  /** WebRTC fakes; without them their use throws. */
  readonly webrtc?: Partial<
    Pick<Platform, 'RTCPeerConnection' | 'MediaStream' | 'mediaDevices' | 'document'>
  >;
  /** Kept across "page loads": hand the same to the next platform. */
  readonly storage?: FakeStorage;
}

function none(name: string): never {
  return function () {
    throw new Error(`${name}: not in this test`);
  } as never;
}

/** Surroundings in which nothing happens by itself. */
export class FakePlatform implements Platform {
  readonly clock = new FakeClock();
  readonly sockets: FakeSocket[] = [];
  readonly storage: FakeStorage;
  readonly fakeWindow = new FakeTarget();
  readonly fakeDocument = new FakeTarget();
  /** What listeners threw. */
  readonly reported: unknown[] = [];
  readonly logged: string[] = [];
  readonly fetched: string[] = [];
  /** Whether a probe finds the host; `silent`: nothing comes back; `slow`: after three seconds. */
  reachable: boolean | 'silent' | 'slow' = true;
  /** Makes the WebSocket constructor throw. */
  socketThrows = false;
  /** Called with each new socket. */
  onSocket: ((socket: FakeSocket) => void) | undefined;
  /** What `random()` gives. */
  nextRandom = 0.5;

  readonly WebSocket: Platform['WebSocket'];
  readonly RTCPeerConnection: Platform['RTCPeerConnection'];
  readonly MediaStream: Platform['MediaStream'];
  readonly mediaDevices: MediaDevices | undefined;
  readonly window: Platform['window'];
  readonly document: Document | undefined;
  readonly sessionStorage: Storage;
  readonly userAgent = 'FakeBrowser/1.0';
  readonly console: Platform['console'];
  #uuids = 0;
  #clockError = 0;

  constructor({ webrtc = {}, storage = new FakeStorage() }: FakePlatformOptions = {}) {
    const connect = (url: string): FakeSocket => {
      if (this.socketThrows) {
        throw new DOMException('bad URL', 'SyntaxError');
      }
      const socket = new FakeSocket(url);
      this.sockets.push(socket);
      this.onSocket?.(socket);
      return socket;
    };
    this.WebSocket = function (url: string) {
      return connect(url);
    } as unknown as Platform['WebSocket'];
    this.RTCPeerConnection = webrtc.RTCPeerConnection ?? none('RTCPeerConnection');
    this.MediaStream = webrtc.MediaStream ?? none('MediaStream');
    this.mediaDevices = webrtc.mediaDevices;
    this.window = this.fakeWindow as unknown as NonNullable<Platform['window']>;
    this.document = webrtc.document ?? (this.fakeDocument as unknown as Document);
    this.storage = storage;
    this.sessionStorage = storage;
    const log = (...args: unknown[]): void => {
      this.logged.push(args.map(String).join(' '));
    };
    this.console = { debug: log, info: log, warn: log, error: log };
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) {
      throw new Error('No socket was opened');
    }
    return socket;
  }

  /** What was posted, in order. */
  readonly posted: {
    readonly url: string;
    readonly headers: Record<string, string>;
    readonly keepalive: boolean;
    readonly body: Record<string, unknown>;
  }[] = [];

  readonly fetch: Platform['fetch'] = (input, init) => {
    const url = input instanceof Request ? input.url : input.toString();
    this.fetched.push(url);
    if (this.reachable === 'silent' || this.reachable === 'slow') {
      const { reachable } = this;
      return new Promise((resolve, reject) => {
        if (reachable === 'slow') {
          this.clock.setTimeout(() => {
            resolve(new Response());
          }, 3_000);
        }
        init?.signal?.addEventListener('abort', () => {
          reject(new DOMException('aborted', 'AbortError'));
        });
      });
    }
    if (init?.method === 'POST' && this.reachable) {
      this.posted.push({
        url,
        headers: init.headers as Record<string, string>,
        keepalive: init.keepalive ?? false,
        body: JSON.parse(init.body as string) as Record<string, unknown>,
      });
    }
    return this.reachable
      ? Promise.resolve(new Response())
      : Promise.reject(new TypeError('Failed to fetch'));
  };
  now(): number {
    return this.clock.now() + this.#clockError;
  }
  elapsed(): number {
    return this.clock.now();
  }
  /** The user sets the system's clock. */
  setClock(byMs: number): void {
    this.#clockError += byMs;
  }
  setTimeout(callback: () => void, ms: number): TimerHandle {
    return this.clock.setTimeout(callback, ms);
  }
  clearTimeout(handle: TimerHandle): void {
    this.clock.clearTimeout(handle as number);
  }
  random(): number {
    return this.nextRandom;
  }
  uuid(): string {
    return `00000000-0000-4000-8000-${String(++this.#uuids).padStart(12, '0')}`;
  }
  reportError(error: unknown): void {
    this.reported.push(error);
  }

  /** What still runs: all zero once everything is disposed of. */
  running(): { timers: number; sockets: number; listeners: number } {
    return {
      timers: this.clock.pending,
      sockets: this.sockets.filter(({ readyState }) => readyState < 3).length,
      listeners: this.fakeWindow.listeners + this.fakeDocument.listeners,
    };
  }
}
