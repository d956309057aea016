import { Timer } from '../timer.ts';
import type { CallParts } from './parts.ts';
/** While audio comes: looking costs the page something. */
const BEAT_MS = 500;
/** Since it stopped. */
const DOUBT_BEAT_MS = 250;
/** Nothing came for so long: the gateway is asked. */
const DOUBT_MS = 400;
/** Nothing came for so long, and no answer either: the path is lost. */
const STALL_MS = 1_000;
/** A beat that comes so late has slept. */
const SLEPT_MS = 1_500;
/** A ping without an answer for so long confirms it. */
const UNANSWERED_MS = 500;

export interface PathHooks {
  /** Media stopped, and the gateway does not answer either. */
  pathLost(): void;
  /** Media arrived since the beat before. */
  flowing(): void;
  /** @param doubt no audio came since the beat before */
  beat(doubt: boolean): void;
}

/**
 * Browsers tell of a vanished address 12 s late or never, so the path is watched here: when no audio was played for a moment, the
 * gateway is asked for a sign of life, and if none comes and a second is over the path has changed. Reads only when the last audio came, which is
 * cheap, not the statistics.
 */
export class PathWatch {
  readonly #parts: CallParts;
  readonly #hooks: PathHooks;
  readonly #timer: Timer;
  /** When audio came last, by the browser's clock; null before the first. */
  #mark: number | null = null;
  #changedAt = 0;
  #stopped = false;
  #probed = false;

  constructor(parts: CallParts, hooks: PathHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#timer = new Timer(parts.deps.platform);
  }

  start(): void {
    if (!this.#timer.running) {
      this.#arm();
    }
  }

  stop(): void {
    this.#timer.stop();
  }

  #arm(): void {
    const { platform } = this.#parts.deps;
    const armedAt = platform.now();
    this.#timer.start(this.#stopped ? DOUBT_BEAT_MS : BEAT_MS, () => {
      this.#arm();
      this.#look(platform.now() - armedAt > SLEPT_MS);
      this.#hooks.beat(this.#mark === null || this.#stopped);
    });
  }

  #look(slept: boolean): void {
    const { signaling, platform } = this.#parts.deps;
    const now = platform.now();
    const mark = this.#lastAudio();
    // A page that slept has not listened meanwhile.
    if (slept) {
      this.#changedAt = now;
    }
    this.#stopped = mark !== null && mark === this.#mark;
    if (mark !== this.#mark) {
      this.#mark = mark;
      this.#changedAt = now;
      this.#probed = false;
      this.#hooks.flowing();
    } else if (this.#parts.life.phase === 'held' && signaling.features.v === 0) {
      // Ours sends silence then; others send nothing.
      this.#changedAt = now;
    } else if (mark !== null && now - this.#changedAt >= DOUBT_MS) {
      const { unansweredMs } = signaling;
      if (unansweredMs >= UNANSWERED_MS) {
        if (now - this.#changedAt >= STALL_MS) {
          this.#hooks.pathLost();
        }
      } else if (!this.#probed && unansweredMs === 0) {
        this.#probed = true;
        signaling.probe();
      }
    }
  }

  /** Sources that fell silent are forgotten by the browser after 10 s: then the last mark stands. */
  #lastAudio(): number | null {
    const receivers = this.#parts.media.pc?.getReceivers() ?? [];
    const marks = receivers
      .filter(({ track }) => track.kind === 'audio')
      .flatMap((receiver) => receiver.getSynchronizationSources())
      .map(({ timestamp }) => timestamp)
      .filter((timestamp) => timestamp > 0);
    return marks.length ? Math.max(...marks) : this.#mark;
  }
}
