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
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  now(): number;
  setTimeout(callback: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
  /** [0, 1) */
  random(): number;
  uuid(): string;
  /** Per tab; undefined where the browser refuses it. Reads and writes may still throw: use `signaling/storage.ts`. */
  readonly sessionStorage: Storage | undefined;
  /** Source of `online`, `offline`, `pagehide`, `pageshow`, `beforeunload`; undefined outside a page. */
  readonly window: (EventTarget & { readonly navigator: Navigator; readonly location: Location }) | undefined;
  /** Source of `visibilitychange`, and where ring elements live; undefined outside a page. */
  readonly document: Document | undefined;
  readonly userAgent: string;
}

export type TimerHandle = number | object;
