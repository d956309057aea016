import type { LegSource } from '../../media-plane.ts';
import type { SoundBank } from './sound-bank.ts';

/** What is played from the bank: no echo, which is the party's own packets, and no voice. */
export type PlayedSource = Exclude<LegSource, { readonly kind: 'echo' | 'voice' }>;

export interface PlayedFrame {
  readonly payload: Buffer;
  /** The first frame behind silence (RFC 3551, 4.1). */
  readonly starts: boolean;
}

const RINGBACK_PAUSE_FRAMES = 200;
const DIGIT_PAUSE_FRAMES = 5;

/** Yields one frame every 20 ms. */
export class Player {
  readonly #bank: SoundBank;
  readonly #frames: Generator<Buffer, never>;
  #previous: Buffer | null = null;

  constructor(bank: SoundBank, source: PlayedSource) {
    this.#bank = bank;
    this.#frames = play(bank, source);
  }

  next(): PlayedFrame {
    const payload = this.#frames.next().value;
    const silent = payload === this.#bank.silence;
    const starts = !silent && (this.#previous === null || this.#previous === this.#bank.silence);
    this.#previous = payload;
    return { payload, starts };
  }
}

function* play(bank: SoundBank, source: PlayedSource): Generator<Buffer, never> {
  if (source.kind === 'tone') {
    for (;;) {
      yield* bank.tone;
    }
  }
  if (source.kind === 'ringback') {
    for (;;) {
      yield* bank.ringback;
      yield* silence(bank, RINGBACK_PAUSE_FRAMES);
    }
  }
  if (source.kind === 'dtmf') {
    for (const digit of source.digits.toUpperCase()) {
      yield* bank.dtmf.get(digit) ?? [];
      yield* silence(bank, DIGIT_PAUSE_FRAMES);
    }
  }
  for (;;) {
    yield bank.silence;
  }
}

function* silence(bank: SoundBank, frames: number): Generator<Buffer> {
  for (let i = 0; i < frames; i += 1) {
    yield bank.silence;
  }
}
