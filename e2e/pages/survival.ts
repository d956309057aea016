/**
 * Runs in pages of the survival tests before their own code: watches what arrives window by window while faults are injected,
 * remembers when the page opened sockets, counts what it holds, and signs in by itself after a reload, as an application does.
 * Times are epoch milliseconds, so that the test's own clock fits.
 */
import { decibels, meanSquare } from './spectrum.ts';

/** A stretch without the tone. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface Watched {
  readonly from: number;
  readonly to: number;
  /** Stretches of 30 ms or more; one that lasts still ends with the watch. */
  readonly gaps: readonly Gap[];
  /** Whether the tone is there now. */
  readonly toneNow: boolean;
  /** Packets that were lost on the way to the watched page meanwhile. */
  readonly lost: number;
  readonly received: number;
}

/** What a page holds. Only what outlives a call is counted: listeners of the page's globals, not of objects that vanish. */
export interface Tally {
  readonly listeners: number;
  readonly timers: number;
  readonly sockets: number;
  readonly peers: number;
}

/** Tells one peer connection, and one ICE session of it, from another. */
export interface PeerIdentity {
  readonly made: number;
  readonly live: number;
  readonly ufrag: string;
}

export interface InboundFigures {
  readonly packetsLost: number;
  readonly packetsReceived: number;
  readonly retransmitted: number;
  readonly jitterMs: number;
  /** Of the selected pair. */
  readonly rttMs: number;
}

export interface Noted {
  readonly time: number;
  readonly what: string;
}

export interface Survival {
  /** Candidates and states of every peer connection. */
  readonly ice: readonly Noted[];
  /** Every WebSocket that the page made. */
  readonly opened: readonly number[];
  /** Every WebSocket and every probe. */
  readonly attempts: readonly number[];
  /** When a socket brought something. */
  readonly heard: readonly number[];
  /** When this page had loaded; 0 before. */
  readonly loadedAt: number;
  watch(hz: number): Promise<void>;
  watched(): Promise<Watched>;
  unwatch(): void;
  /** Resolves with the time when the condition holds; rejects after `ms`. */
  until(condition: () => unknown, ms: number): Promise<number>;
  tally(): Tally;
  peer(): PeerIdentity;
  inbound(): Promise<InboundFigures>;
  /** How loud the arriving audio is, where samples cannot be read. */
  level(): Promise<{ dbfs: number; peaks: []; playing: boolean }>;
  /** The page will sign in by itself when it loads. */
  onReload(options: object, shared: boolean): void;
}

declare global {
  interface Window {
    readonly survival: Survival;
  }
}

const WINDOW_MS = 10;
const SHORTEST_GAP_MS = 30;
const TONE_DBFS = -40;
const KEY = 'survival.signIn';

const { setTimeout: later, setInterval: every } = window;
const peersNow = (): RTCPeerConnection[] =>
  window.ear.peers.filter((peer) => peer.connectionState !== 'closed');

// What the page opens.
const opened: number[] = [];
const attempts: number[] = [];
const heard: number[] = [];
const sockets = new Set<WebSocket>();
window.WebSocket = class extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    opened.push(Date.now());
    attempts.push(Date.now());
    super(url, protocols);
    sockets.add(this);
    this.addEventListener('close', () => sockets.delete(this));
    this.addEventListener('message', () => heard.push(Date.now()));
  }
};
const realFetch = window.fetch;
window.fetch = (...args) => {
  attempts.push(Date.now());
  return realFetch(...args);
};

// What ICE does.
const ice: Noted[] = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    this.addEventListener('icecandidate', ({ candidate }) => {
      const { protocol = 'all', address = '' } = candidate ?? {};
      ice.push({ time: Date.now(), what: `candidate ${protocol ?? ''} ${address ?? ''}` });
    });
    this.addEventListener('iceconnectionstatechange', () => {
      ice.push({ time: Date.now(), what: `ice ${this.iceConnectionState}` });
    });
  }
};

// What the page holds.
const timers = new Set<number>();
const listeners = new Map<EventTarget, Set<string>>();
const names = new WeakMap<object, number>();
let lastName = 0;

function nameOf(listener: EventListenerOrEventListenerObject): number {
  const known = names.get(listener) ?? ++lastName;
  names.set(listener, known);
  return known;
}

function countTimers(): void {
  const { clearTimeout: clear, clearInterval: clearEvery } = window;
  window.setTimeout = ((callback: () => void, ms?: number, ...args: []) => {
    const id = later(() => {
      timers.delete(id);
      callback(...args);
    }, ms);
    timers.add(id);
    return id;
  }) as typeof window.setTimeout;
  window.setInterval = ((callback: () => void, ms?: number, ...args: []) => {
    const id = every(callback, ms, ...args);
    timers.add(id);
    return id;
  }) as typeof window.setInterval;
  window.clearTimeout = (id) => {
    timers.delete(id as number);
    clear(id);
  };
  window.clearInterval = (id) => {
    timers.delete(id as number);
    clearEvery(id);
  };
}

function countListeners(): void {
  const counted = (target: EventTarget): boolean =>
    target === window ||
    target === document ||
    target === navigator.mediaDevices ||
    target === (navigator as { connection?: EventTarget }).connection;
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const keyOf = (type: string, listener: EventListenerOrEventListenerObject, options: unknown) => {
    const capture =
      typeof options === 'object' ? (options as AddEventListenerOptions | null)?.capture : options;
    return `${type} ${String(nameOf(listener))} ${String(capture === true)}`;
  };
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    add.call(this, type, listener, options);
    const target = (this as EventTarget | undefined) ?? window;
    if (!listener || !counted(target)) {
      return;
    }
    const key = keyOf(type, listener, options);
    const kept = listeners.get(target) ?? new Set();
    listeners.set(target, kept.add(key));
    const { once = false, signal } = typeof options === 'object' ? options : {};
    const forget = () => kept.delete(key);
    if (once) {
      add.call(target, type, forget, { once: true });
    }
    if (signal) {
      add.call(signal, 'abort', forget, { once: true });
    }
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    remove.call(this, type, listener, options);
    if (listener) {
      const target = (this as EventTarget | undefined) ?? window;
      listeners.get(target)?.delete(keyOf(type, listener, options));
    }
  };
}

countTimers();
countListeners();

// What the page hears.
class Watch {
  readonly #hz: number;
  readonly #reader: ReadableStreamDefaultReader<AudioData>;
  readonly #track: MediaStreamTrack;
  readonly #before: InboundFigures;
  readonly #gaps: Gap[] = [];
  readonly from = Date.now();
  /** Of the sound against the clock: audio is read late, never early, so the smallest difference is the truest. */
  #offset = Infinity;
  #heardMs = 0;
  #gapFrom: number | undefined;
  #rest = new Float32Array(0);

  constructor(hz: number, track: MediaStreamTrack, before: InboundFigures) {
    this.#hz = hz;
    this.#track = track.clone();
    this.#before = before;
    this.#reader = new MediaStreamTrackProcessor({ track: this.#track }).readable.getReader();
    void this.#listen();
  }

  async report(): Promise<Watched> {
    const now = await inbound();
    const open = this.#gapFrom;
    const last = open === undefined ? [] : [{ from: open, to: Date.now() }];
    return {
      from: this.from,
      to: Date.now(),
      gaps: [...this.#gaps, ...last].filter(({ from, to }) => to - from >= SHORTEST_GAP_MS),
      toneNow: open === undefined && this.#heardMs > 0,
      lost: now.packetsLost - this.#before.packetsLost,
      received: now.packetsReceived - this.#before.packetsReceived,
    };
  }

  stop(): void {
    void this.#reader.cancel();
    this.#track.stop();
  }

  async #listen(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#reader.read();
      if (done) {
        return;
      }
      const { sampleRate } = value;
      const chunk = new Float32Array(value.numberOfFrames);
      value.copyTo(chunk, { planeIndex: 0, format: 'f32-planar' });
      value.close();
      this.#take(chunk, sampleRate);
    }
  }

  #take(chunk: Float32Array, rate: number): void {
    const samples = new Float32Array(this.#rest.length + chunk.length);
    samples.set(this.#rest);
    samples.set(chunk, this.#rest.length);
    const size = Math.round((rate * WINDOW_MS) / 1000);
    let at = 0;
    for (; at + size <= samples.length; at += size) {
      this.#window(samples.subarray(at, at + size), rate);
    }
    this.#rest = samples.slice(at);
  }

  #window(samples: Float32Array, rate: number): void {
    this.#heardMs += WINDOW_MS;
    this.#offset = Math.min(this.#offset, Date.now() - this.#heardMs);
    const end = this.#offset + this.#heardMs;
    if (isTone(samples, rate, this.#hz)) {
      if (this.#gapFrom !== undefined) {
        this.#gaps.push({ from: this.#gapFrom, to: end - WINDOW_MS });
      }
      this.#gapFrom = undefined;
    } else {
      this.#gapFrom ??= end - WINDOW_MS;
    }
  }
}

function isTone(samples: Float32Array, rate: number, hz: number): boolean {
  const power = meanSquare(samples);
  if (decibels(power) < TONE_DBFS) {
    return false;
  }
  let sine = 0;
  let cosine = 0;
  samples.forEach((sample, index) => {
    const phase = (2 * Math.PI * hz * index) / rate;
    sine += sample * Math.sin(phase);
    cosine += sample * Math.cos(phase);
  });
  const tone = (2 * (sine ** 2 + cosine ** 2)) / samples.length ** 2;
  return tone / power > 0.5;
}

async function inbound(): Promise<InboundFigures> {
  const peer = peersNow().at(-1);
  const entries = peer ? ([...(await peer.getStats()).values()] as Record<string, unknown>[]) : [];
  const rtp = entries.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio') ?? {};
  const pair =
    entries.find(
      ({ type, nominated, state }) =>
        type === 'candidate-pair' && nominated === true && state === 'succeeded',
    ) ?? {};
  const count = (from: Record<string, unknown>, name: string): number => Number(from[name] ?? 0);
  return {
    packetsLost: count(rtp, 'packetsLost'),
    packetsReceived: count(rtp, 'packetsReceived'),
    retransmitted: count(rtp, 'retransmittedPacketsReceived'),
    jitterMs: count(rtp, 'jitter') * 1000,
    rttMs: count(pair, 'currentRoundTripTime') * 1000,
  };
}

let watching: Watch | undefined;
let loadedAt = 0;

const survival: Survival = {
  ice,
  opened,
  attempts,
  heard,
  get loadedAt() {
    return loadedAt;
  },
  async watch(hz) {
    watching?.stop();
    const track = peersNow()
      .reverse()
      .map((peer) => peer.getReceivers().find((receiver) => receiver.track.kind === 'audio')?.track)
      .find((each) => each?.readyState === 'live');
    if (!track) {
      throw new Error('Nothing arrives at this page.');
    }
    watching = new Watch(hz, track, await inbound());
  },
  async watched() {
    if (!watching) {
      throw new Error('watch() first.');
    }
    return watching.report();
  },
  unwatch() {
    watching?.stop();
    watching = undefined;
  },
  until: (condition, ms) =>
    new Promise((resolve, reject) => {
      const limit = Date.now() + ms;
      const look = (): void => {
        let holds: unknown = false;
        try {
          holds = condition();
        } catch {
          // Not there yet.
        }
        if (holds) {
          resolve(Date.now());
        } else if (Date.now() > limit) {
          reject(new Error(`not within ${String(ms)} ms: ${String(condition)}`));
        } else {
          later(look, 20);
        }
      };
      look();
    }),
  tally: () => ({
    listeners: [...listeners.values()].reduce((sum, kept) => sum + kept.size, 0),
    timers: timers.size,
    sockets: [...sockets].filter((socket) => socket.readyState < 2).length,
    peers: peersNow().length,
  }),
  peer() {
    const live = peersNow();
    const sdp = live.at(-1)?.localDescription?.sdp ?? '';
    return {
      made: window.ear.peers.length,
      live: live.length,
      ufrag: /a=ice-ufrag:(\S+)/.exec(sdp)?.[1] ?? '',
    };
  },
  inbound,
  async level() {
    const peer = peersNow().at(-1);
    const entries = peer
      ? ([...(await peer.getStats()).values()] as Record<string, unknown>[])
      : [];
    const level = Number(entries.find(({ type }) => type === 'inbound-rtp')?.['audioLevel'] ?? 0);
    const playing = [...document.querySelectorAll('audio')].some(
      (each) => each.srcObject && !each.paused,
    );
    return { dbfs: decibels(level ** 2), peaks: [], playing };
  },
  onReload(options, shared) {
    sessionStorage.setItem(KEY, JSON.stringify({ options, shared }));
  },
};

Object.defineProperty(window, 'survival', { value: survival });

window.addEventListener('load', () => {
  loadedAt = Date.now();
  const saved = sessionStorage.getItem(KEY);
  if (saved === null) {
    return;
  }
  const { options, shared } = JSON.parse(saved) as { options: object; shared: boolean };
  // What goes wrong is in the driver's log.
  window.driver.signIn(options, shared).catch(() => undefined);
});
