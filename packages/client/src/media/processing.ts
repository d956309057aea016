import type { ITelnyxWarning } from '../errors/catalogue.ts';
import { processorFailed } from '../errors/own-warnings.ts';
import type { AudioProcessor } from '../options.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

type Direction = 'outbound' | 'inbound';

/** A processor that takes longer is given up. */
const LIMIT_MS = 5_000;

/** What is to be sent or heard in the place of a track. */
export interface Processed {
  readonly track: MediaStreamTrack;
  /** It is not used any more. */
  readonly release: () => void;
}

type Warn = (warning: ITelnyxWarning, error: unknown) => void;

/** Lets the application's processor work on a track. Never rejects: a processor that fails is left out, and warned of. */
export async function processed(
  platform: Platform,
  processor: AudioProcessor | undefined,
  direction: Direction,
  raw: MediaStreamTrack,
  warn: Warn,
): Promise<Processed> {
  if (!processor?.[direction]) {
    return { track: raw, release: () => undefined };
  }
  const track = await run(platform, processor, direction, raw).catch((error: unknown) => {
    warn(processorFailed(direction), error);
    return raw;
  });
  return {
    track,
    release: () => {
      if (track === raw) {
        return;
      }
      track.stop();
      try {
        processor.dispose?.(track);
      } catch (error) {
        warn(processorFailed(direction), error);
      }
    },
  };
}

async function run(
  platform: Platform,
  processor: AudioProcessor,
  direction: Direction,
  raw: MediaStreamTrack,
): Promise<MediaStreamTrack> {
  let gaveUp = false;
  const timer = new Timer(platform);
  const limit = new Promise<never>((_, reject) => {
    timer.start(LIMIT_MS, () => {
      gaveUp = true;
      reject(new Error('It took longer than 5 s'));
    });
  });
  try {
    const making = Promise.resolve(processor[direction]?.(raw) ?? raw);
    making.then(
      (late) => {
        if (gaveUp && late !== raw) {
          late.stop();
        }
      },
      () => undefined,
    );
    const track = await Promise.race([making, limit]);
    if (track.readyState !== 'live' || track.kind !== 'audio') {
      throw new TypeError('It gave no live audio track');
    }
    return track;
  } finally {
    timer.stop();
  }
}
