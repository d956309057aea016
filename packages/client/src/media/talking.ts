import { Timer } from '../timer.ts';
import type { Platform } from '../platform.ts';

const PERIOD_MS = 100;
/** RMS of speech near a microphone is above this; of a quiet room, below. */
const SPEECH_RMS = 0.02;
/** A cough is shorter. */
const SPEECH_PERIODS = 3;
const PAUSE_MS = 5_000;

/**
 * Notices that the user speaks while muted: measures a copy of the microphone's track, which goes nowhere. Returns its undo.
 * Measures nothing where the browser has no AudioContext. `muted`: that track, while it is muted.
 */
export function watchTalking(
  platform: Platform,
  muted: () => MediaStreamTrack | undefined,
  told: () => void,
): () => void {
  const timer = new Timer(platform);
  let meter: Meter | null = null;
  let loud = 0;
  let quietUntil = 0;
  const close = (): void => {
    meter?.close();
    meter = null;
    loud = 0;
  };
  const look = (): void => {
    timer.start(PERIOD_MS, look);
    const track = muted();
    const { AudioContext } = platform;
    if (track?.readyState !== 'live' || !AudioContext) {
      close();
      return;
    }
    if (meter?.of !== track) {
      close();
      meter = openMeter(new AudioContext(), new platform.MediaStream([copyOf(track)]), track);
    }
    loud = meter.rms() > SPEECH_RMS ? loud + 1 : 0;
    if (loud >= SPEECH_PERIODS && platform.elapsed() >= quietUntil) {
      quietUntil = platform.elapsed() + PAUSE_MS;
      told();
    }
  };
  look();
  return () => {
    timer.stop();
    close();
  };
}

interface Meter {
  readonly of: MediaStreamTrack;
  rms(): number;
  close(): void;
}

/** Muting disables the track itself; a copy has a switch of its own. */
function copyOf(track: MediaStreamTrack): MediaStreamTrack {
  const copy = track.clone();
  copy.enabled = true;
  return copy;
}

function openMeter(context: AudioContext, copy: MediaStream, of: MediaStreamTrack): Meter {
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(copy).connect(analyser);
  const block = new Float32Array(analyser.fftSize);
  return {
    of,
    rms: () => {
      analyser.getFloatTimeDomainData(block);
      return Math.sqrt(block.reduce((sum, value) => sum + value * value, 0) / block.length);
    },
    close: () => {
      for (const track of copy.getTracks()) {
        track.stop();
      }
      context.close().catch(() => undefined);
    },
  };
}
