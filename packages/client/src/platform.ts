/**
 * Everything the SDK takes from its surroundings. One object, so that the client runs in a browser, in Node with a
 * WebRTC library, and in tests with fakes. Nothing outside this file touches a global.
 */
export interface Platform {
  readonly WebSocket: new (url: string) => WebSocket;
  readonly RTCPeerConnection: new (configuration?: RTCConfiguration) => RTCPeerConnection;
  readonly MediaStream: new (tracks?: MediaStreamTrack[]) => MediaStream;
  /** Undefined where the page may not capture (insecure origin, Node without a library). */
  readonly mediaDevices: MediaDevices | undefined;
  /** Undefined where the browser cannot hand out raw audio. */
  readonly MediaStreamTrackProcessor?: TrackProcessorConstructor | undefined;
  /** Undefined where there is none. */
  readonly AudioContext?: (new () => AudioContext) | undefined;
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. The user or the system may set it, back too: how long something took is told by `elapsed()`. */
  now(): number;
  /** Milliseconds since some moment; never set back. Runs on while the page sleeps, as far as one of the browser's clocks does. */
  elapsed(): number;
  setTimeout(callback: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
  /** [0, 1) */
  random(): number;
  uuid(): string;
  /** Per tab; undefined where the browser refuses it. Reads and writes may still throw: use `signaling/storage.ts`. */
  readonly sessionStorage: Storage | undefined;
  /** Where uploads wait that could not be delivered; undefined where there is none. */
  readonly indexedDB?: IDBFactory | undefined;
  /** Of all pages of this origin. Undefined in old browsers and insecure contexts. */
  readonly locks?: LockManager | undefined;
  /** Source of `online`, `offline`, `pagehide`, `pageshow`, `beforeunload`; undefined outside a page. */
  readonly window:
    (EventTarget & { readonly navigator: Navigator; readonly location: Location }) | undefined;
  /** Source of `visibilitychange`, and where ring elements live; undefined outside a page. */
  readonly document: Document | undefined;
  readonly userAgent: string;
  readonly console: Pick<Console, 'debug' | 'info' | 'warn' | 'error'>;
  /** Where an exception thrown by an application's listener goes: the page's error handling, never the SDK's caller. */
  reportError(error: unknown): void;
}

export type TimerHandle = number | object;

/** `MediaStreamTrackProcessor` (W3C mediacapture-transform), which TypeScript's DOM library does not hold. */
export type TrackProcessorConstructor = new (init: { track: MediaStreamTrack }) => {
  readonly readable: ReadableStream<AudioData>;
};

/**
 * The surroundings of a browser page. Reads the globals when called, not when imported, and each again when used, so that a
 * page or a test may replace `WebSocket` or `fetch` later. Outside a page what is missing is undefined.
 */
export function browserPlatform(): Platform {
  const g: Partial<typeof globalThis> = globalThis;
  const page = typeof g.window === 'object' ? g.window : undefined;
  return {
    get WebSocket() {
      return globalThis.WebSocket;
    },
    get RTCPeerConnection() {
      return globalThis.RTCPeerConnection;
    },
    get MediaStream() {
      return globalThis.MediaStream;
    },
    get mediaDevices() {
      return (g.navigator as Partial<Navigator> | undefined)?.mediaDevices;
    },
    get MediaStreamTrackProcessor() {
      return (g as Partial<Platform>).MediaStreamTrackProcessor;
    },
    get AudioContext() {
      return g.AudioContext;
    },
    fetch: (input, init) => globalThis.fetch(input, init),
    now: () => Date.now(),
    elapsed: stopwatch(),
    setTimeout: (callback, ms): TimerHandle => globalThis.setTimeout(callback, ms),
    clearTimeout: (handle) => {
      globalThis.clearTimeout(handle as number);
    },
    random: () => Math.random(),
    uuid,
    get sessionStorage() {
      try {
        return page?.sessionStorage;
      } catch {
        return undefined; // storage is blocked by the user: reading the property throws
      }
    },
    indexedDB: g.indexedDB,
    get locks() {
      return (g.navigator as Partial<Navigator> | undefined)?.locks;
    },
    window: page,
    document: page?.document,
    userAgent: (g.navigator as Partial<Navigator> | undefined)?.userAgent ?? '',
    console: globalThis.console,
    reportError: (error) => {
      if (typeof g.reportError === 'function') {
        g.reportError(error);
      } else {
        globalThis.console.error(error);
      }
    },
  };
}

/** More than the steps in which browsers tell the time, 100 ms at most, and less than a sleep. */
const LEAP_MS = 1_000;

/** `performance.now()`, and what it missed: in some browsers it stands still while the machine sleeps, which `Date.now()` tells by a leap ahead. */
function stopwatch(): () => number {
  // Far from 0, which stands for what never happened.
  let lead = Date.now() - performance.now();
  let total = lead;
  return () => {
    const steady = performance.now();
    const leap = Date.now() - steady - lead;
    // A leap back is a clock that was set.
    if (Math.abs(leap) > LEAP_MS) {
      lead += leap;
      total += Math.max(leap, 0);
    }
    return steady + total;
  };
}

/** RFC 9562 version 4. `crypto.randomUUID` is missing in insecure contexts, where receive-only calls are still possible. */
function uuid(): string {
  const { crypto } = globalThis as {
    readonly crypto: Partial<Crypto> & Pick<Crypto, 'getRandomValues'>;
  };
  if (crypto.randomUUID) {
    return crypto.randomUUID();
  }
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
