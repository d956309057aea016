import { Timer } from '../timer.ts';
import type { CallQuality } from './call-quality.ts';
import type { LegEvents } from './call-events.ts';
import type { CallParts } from './parts.ts';

const LEVELS_MS = 100;

/** Events that cost something to make: they are made while somebody listens. */
const WATCHED = ['levels', 'talkingWhileMuted', 'sample'] as const;
type Watched = (typeof WATCHED)[number];

export const isWatched = (event: keyof LegEvents): event is Watched =>
  (WATCHED as readonly string[]).includes(event);

/** Measures for those who listen to a call. */
export class Watches {
  readonly #parts: CallParts;
  readonly #quality: CallQuality;
  /** What runs: its undo. */
  readonly #running = new Map<Watched, () => void>();

  constructor(parts: CallParts, quality: CallQuality) {
    this.#parts = parts;
    this.#quality = quality;
  }

  /** Somebody began or ceased to listen, or there may be more to hear. */
  look(): void {
    const { life, notices } = this.#parts;
    for (const event of WATCHED) {
      const stop = this.#running.get(event);
      const wanted = !life.over && notices.wanted(event);
      if (wanted && !stop) {
        this.#running.set(event, this.#start(event));
      } else if (!wanted && stop) {
        stop();
        this.#running.delete(event);
      }
    }
  }

  dispose(): void {
    for (const stop of this.#running.values()) {
      stop();
    }
    this.#running.clear();
  }

  #start(event: Watched): () => void {
    const { media, notices } = this.#parts;
    switch (event) {
      case 'levels':
        return this.#measure();
      case 'talkingWhileMuted':
        return media.watchTalking(() => notices.emit('talkingWhileMuted'));
      case 'sample':
        return this.#quality.add((sample) => notices.emit('sample', sample));
    }
  }

  #measure(): () => void {
    const { deps, media, notices } = this.#parts;
    const timer = new Timer(deps.platform);
    let stopped = false;
    const look = async (): Promise<void> => {
      const levels = await media.audioLevels().catch(() => null);
      if (stopped) {
        return;
      }
      if (levels) {
        notices.emit('levels', levels);
      }
      timer.start(LEVELS_MS, () => void look());
    };
    timer.start(LEVELS_MS, () => void look());
    return () => {
      stopped = true;
      timer.stop();
    };
  }
}
