/**
 * Runs in every page under test before the page's own code: remembers the peer connections that the page makes and what
 * they receive, and measures it. It knows nothing of the SDK or the phone, so it hears what a person would hear.
 */
import type { Spectrum } from './spectrum.ts';
import { analyse } from './spectrum.ts';

export interface Hearing extends Spectrum {
  /** Whether a media element of the page plays the track aloud. */
  readonly playing: boolean;
}

export interface Ear {
  /** Every peer connection the page made, in order. */
  readonly peers: readonly RTCPeerConnection[];
  /**
   * Listens to what arrives at a peer connection. `peer` is its index; the last that still receives audio by default.
   * Rejects when nothing arrives at all.
   */
  hear(ms: number, peer?: number): Promise<Hearing>;
  /** How loud the page plays files (ring tones) now: the highest RMS of its elements, 0 to 1; 0 when none plays. */
  aloud(ms: number): Promise<number>;
}

declare global {
  interface Window {
    readonly ear: Ear;
  }
  // Chromium has it in windows too; TypeScript's library has it nowhere.
  class MediaStreamTrackProcessor {
    constructor(init: { track: MediaStreamTrack });
    readonly readable: ReadableStream<AudioData>;
  }
}

const peers: RTCPeerConnection[] = [];
const elements = new Set<HTMLMediaElement>();
const players = new Set<HTMLMediaElement & { captureStream(): MediaStream }>();

const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function (this: HTMLMediaElement) {
  players.add(this as never);
  return play.call(this);
};

window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    peers.push(this);
  }
};

const srcObject = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
  ...srcObject,
  set(this: HTMLMediaElement, stream: MediaProvider | null) {
    elements.add(this);
    srcObject?.set?.call(this, stream);
  },
});

// The processing that suits voices treats a steady tone as noise, and takes it away. A page that may not capture has no devices.
const devices = navigator.mediaDevices as MediaDevices | undefined;
if (devices) {
  const getUserMedia = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (constraints) => {
    const audio = constraints?.audio;
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const wanted = typeof audio === 'object' ? { ...audio, ...raw } : raw;
    return getUserMedia(audio ? { ...constraints, audio: wanted } : constraints);
  };
}

Object.defineProperty(window, 'ear', { value: { peers, hear, aloud } satisfies Ear });

async function hear(ms: number, peer?: number): Promise<Hearing> {
  const track = incoming(peer);
  const { samples, rate } = await record(track, ms);
  return { ...analyse(samples, rate), playing: isPlaying(track) };
}

async function aloud(ms: number): Promise<number> {
  const plays = (player: HTMLMediaElement): boolean =>
    player.src !== '' && !player.paused && !player.muted && player.readyState > 2;
  const levels = await Promise.all(
    [...players].filter(plays).map(async (player) => {
      const [track] = player.captureStream().getAudioTracks();
      if (!track) {
        return 0;
      }
      const heard = await record(track, ms).catch((error: unknown) => {
        if (plays(player)) {
          throw error;
        }
        return null;
      });
      // It was stopped before it gave anything.
      if (!heard) {
        return 0;
      }
      const { samples } = heard;
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      return Math.sqrt(power) * player.volume;
    }),
  );
  return Math.max(0, ...levels);
}

function incoming(index?: number): MediaStreamTrack {
  const candidates = index === undefined ? [...peers].reverse() : peers.slice(index, index + 1);
  for (const peer of candidates) {
    if (peer.connectionState === 'closed') {
      continue;
    }
    const receiver = peer.getReceivers().find(({ track }) => track.kind === 'audio');
    if (receiver?.track.readyState === 'live') {
      return receiver.track;
    }
  }
  throw new Error(`No peer connection of this page (${String(peers.length)}) receives audio.`);
}

function isPlaying(track: MediaStreamTrack): boolean {
  return [...elements].some(
    (element) =>
      element.srcObject instanceof MediaStream &&
      element.srcObject.getTrackById(track.id) !== null &&
      !element.paused &&
      !element.muted &&
      element.volume > 0,
  );
}

async function record(
  track: MediaStreamTrack,
  ms: number,
): Promise<{ samples: Float32Array<ArrayBuffer>; rate: number }> {
  const copy = track.clone();
  const reader = new MediaStreamTrackProcessor({ track: copy }).readable.getReader();
  const late = setTimeout(() => void reader.cancel(), ms + 3000);
  const chunks: Float32Array<ArrayBuffer>[] = [];
  let rate = 48_000;
  let length = 0;
  try {
    while (length < (rate * ms) / 1000) {
      const { value, done } = await reader.read();
      if (done) {
        break;
      }
      rate = value.sampleRate;
      const chunk = new Float32Array(value.numberOfFrames);
      value.copyTo(chunk, { planeIndex: 0, format: 'f32-planar' });
      value.close();
      chunks.push(chunk);
      length += chunk.length;
    }
  } finally {
    clearTimeout(late);
    await reader.cancel();
    copy.stop();
  }
  if (length === 0) {
    throw new Error('The track delivered no audio at all, not even silence.');
  }
  const samples = new Float32Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    samples.set(chunk, offset);
    offset += chunk.length;
  }
  return { samples, rate };
}
