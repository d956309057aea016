/**
 * Part of every page, whoever is measured: notes when frames pass and when sound arrives, and counts what a page has open. The
 * clock is the same in all pages of a browser.
 */
export interface FrameNote {
  readonly at: number;
  readonly from: 'page' | 'gateway';
  readonly method: string;
}

export interface Counts {
  readonly peers: number;
  readonly timers: number;
  /** Calls of getStats() since the page was loaded. */
  readonly getStats: number;
}

export interface Probe {
  now(): number;
  /** Forgets frames and sounds so far. */
  reset(): void;
  readonly frames: readonly FrameNote[];
  /** When the first sound since the last reset arrived at a peer connection of this page. */
  sound(): Promise<number>;
  counts(): Counts;
  /** Packets that were lost on the way to this page's open peer connection. */
  lost(): Promise<number>;
  /** Sounds are looked for; off where the looking would be measured. Default true. */
  listening: boolean;
}

declare global {
  interface Window {
    readonly probe: Probe;
  }
  class MediaStreamTrackProcessor {
    constructor(init: { track: MediaStreamTrack });
    readonly readable: ReadableStream<AudioData>;
  }
}

/** Well under the tones of the bench, well above what a codec makes of silence. */
const LOUD = 0.05;

const now = (): number => performance.timeOrigin + performance.now();
const frames: FrameNote[] = [];
const peers = new Set<RTCPeerConnection>();
const timers = new Set<number>();
let getStats = 0;
let sound = Promise.withResolvers<number>();

const methodOf = (text: string): string => {
  const { method, result, error } = JSON.parse(text) as Record<string, unknown>;
  if (typeof method === 'string') {
    return method.replace('telnyx_rtc.', '');
  }
  if (error !== undefined) {
    return '(error)';
  }
  return result === undefined ? '(nothing)' : '(result)';
};

const note = (from: FrameNote['from'], data: unknown): void => {
  if (typeof data === 'string' && data.startsWith('{')) {
    frames.push({ at: now(), from, method: methodOf(data) });
  }
};

window.WebSocket = class extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    this.addEventListener('message', ({ data }) => {
      note('gateway', data);
    });
  }
  override send(data: string): void {
    note('page', data);
    super.send(data);
  }
};

window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    peers.add(this);
    this.addEventListener('track', ({ track }) => {
      if (probe.listening) {
        void listen(track);
      }
    });
  }
  override close(): void {
    peers.delete(this);
    super.close();
  }
  override getStats(selector?: MediaStreamTrack | null): Promise<RTCStatsReport> {
    getStats += 1;
    return super.getStats(selector);
  }
};

// A steady tone is noise to the processing that suits voices, so it is off for all.
const devices = navigator.mediaDevices;
const getUserMedia = devices.getUserMedia.bind(devices);
devices.getUserMedia = (constraints) => {
  const audio = constraints?.audio;
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const wanted = typeof audio === 'object' ? { ...audio, ...raw } : raw;
  return getUserMedia(audio ? { ...constraints, audio: wanted } : constraints);
};

type Work = (...args: unknown[]) => void;
type Start = (work: Work, ms?: number, ...args: unknown[]) => number;

/** Counts a timer from its start until it has fired, or is stopped. */
function countTimers(name: 'setTimeout' | 'setInterval'): void {
  const start = window[name].bind(window) as unknown as Start;
  const counted: Start = (work, ms, ...args) => {
    const id = start(() => {
      if (name === 'setTimeout') {
        timers.delete(id);
      }
      work(...args);
    }, ms);
    timers.add(id);
    return id;
  };
  Object.assign(window, { [name]: counted });
}

function countStops(name: 'clearTimeout' | 'clearInterval'): void {
  const stop = window[name].bind(window);
  Object.assign(window, {
    [name](id?: number) {
      if (id !== undefined) {
        timers.delete(id);
      }
      stop(id);
    },
  });
}

countTimers('setTimeout');
countTimers('setInterval');
countStops('clearTimeout');
countStops('clearInterval');

async function listen(track: MediaStreamTrack): Promise<void> {
  const copy = track.clone();
  const reader = new MediaStreamTrackProcessor({ track: copy }).readable.getReader();
  const { resolve } = sound;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      break;
    }
    const samples = new Float32Array(value.numberOfFrames);
    value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
    value.close();
    if (samples.some((sample) => Math.abs(sample) > LOUD)) {
      resolve(now());
      break;
    }
  }
  await reader.cancel();
  copy.stop();
}

async function lostOf(peer: RTCPeerConnection): Promise<number> {
  const entries = [...(await peer.getStats()).values()] as Record<string, unknown>[];
  return Number(entries.find(({ type }) => type === 'inbound-rtp')?.['packetsLost'] ?? 0);
}

const probe: Probe = {
  now,
  listening: true,
  reset() {
    frames.length = 0;
    sound = Promise.withResolvers();
  },
  frames,
  sound: () => sound.promise,
  counts: () => ({ peers: peers.size, timers: timers.size, getStats }),
  async lost() {
    const all = await Promise.all([...peers].map(lostOf));
    return all.reduce((sum, lost) => sum + lost, 0);
  },
};
Object.defineProperty(window, 'probe', { value: probe });
