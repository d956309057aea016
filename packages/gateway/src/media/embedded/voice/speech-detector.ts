import type { VoiceRate } from '../../media-plane.ts';
import type { VoiceLibraries } from './libraries.ts';
import { Resampler } from './resampler.ts';

const RATE = 8_000;
const FRAME = 160;
const FRAME_MS = 20;
/** The strictest: a fan or a keyboard is no speech. */
const MODE = 3;
/** Root mean square of 16-bit samples (-46 dBFS): what an echo canceller leaves of the assistant's own voice is below. */
const FLOOR = 160;
/** So many of the last frames decide. A click is shorter, and a syllable longer. */
const ONSET_WINDOW = 5;
const ONSET_FRAMES = 4;

/** Times in milliseconds of `performance.now()`. */
export interface SpeechHandlers {
  /** Began, some 80 ms after it did. */
  began(firstVoicedAt: number): void;
  /** Paused long enough for the turn to be over. */
  ended(lastVoicedAt: number): void;
}

/** Tells when a party speaks. */
export class SpeechDetector {
  readonly #handlers: SpeechHandlers;
  readonly #libraries: VoiceLibraries;
  readonly #pauseMs: number;
  readonly #resampler: Resampler;
  readonly #vad: number;
  readonly #frame: number;
  readonly #pending = new Int16Array(FRAME);
  #filled = 0;
  #recent: boolean[] = [];
  #speaking = false;
  #lastVoicedAt: number | null = null;

  constructor(
    libraries: VoiceLibraries,
    rate: VoiceRate,
    pauseMs: number,
    handlers: SpeechHandlers,
  ) {
    const { fvad, speex } = libraries;
    this.#libraries = libraries;
    this.#handlers = handlers;
    this.#pauseMs = pauseMs;
    this.#resampler = new Resampler(speex, rate, RATE);
    this.#vad = fvad._fvad_new();
    fvad._fvad_set_mode(this.#vad, MODE);
    fvad._fvad_set_sample_rate(this.#vad, RATE);
    this.#frame = fvad._malloc(FRAME * 2);
  }

  get lastVoicedAt(): number | null {
    return this.#lastVoicedAt;
  }

  /** @param now when the last of the samples came */
  take(samples: Int16Array, now: number): void {
    const narrow = this.#resampler.process(samples);
    for (let at = 0; at < narrow.length;) {
      const piece = narrow.subarray(at, at + FRAME - this.#filled);
      this.#pending.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled < FRAME) {
        return;
      }
      this.#filled = 0;
      this.#decide(this.#isVoiced(this.#pending), now);
    }
  }

  /** Every 20 ms: a party that sends nothing says nothing. */
  tick(now: number): void {
    const last = this.#lastVoicedAt;
    if (!this.#speaking || last === null || now - last < this.#pauseMs) {
      return;
    }
    this.#speaking = false;
    this.#recent = [];
    this.#handlers.ended(last);
  }

  #isVoiced(frame: Int16Array): boolean {
    let sum = 0;
    for (const sample of frame) {
      sum += sample * sample;
    }
    if (sum < FLOOR * FLOOR * FRAME) {
      return false;
    }
    const { fvad } = this.#libraries;
    fvad.HEAP16.set(frame, this.#frame / 2);
    return fvad._fvad_process(this.#vad, this.#frame, FRAME) === 1;
  }

  #decide(voiced: boolean, now: number): void {
    this.#recent.push(voiced);
    if (this.#recent.length > ONSET_WINDOW) {
      this.#recent.shift();
    }
    if (this.#speaking) {
      if (voiced) {
        this.#lastVoicedAt = now;
      }
      return;
    }
    if (!voiced || this.#recent.filter(Boolean).length < ONSET_FRAMES) {
      return;
    }
    this.#speaking = true;
    this.#lastVoicedAt = now;
    this.#handlers.began(now - (this.#recent.length - this.#recent.indexOf(true)) * FRAME_MS);
  }

  free(): void {
    this.#resampler.free();
    this.#libraries.fvad._fvad_free(this.#vad);
    this.#libraries.fvad._free(this.#frame);
  }
}
