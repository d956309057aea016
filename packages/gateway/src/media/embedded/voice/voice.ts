import { MediaError } from '../../media-plane.ts';
import type { Codec, VoiceEvent, VoiceSource } from '../../media-plane.ts';
import { loadVoiceLibraries } from './libraries.ts';
import type { VoiceLibraries } from './libraries.ts';
import { Playout } from './playout.ts';
import type { SpeechPiece } from './playout.ts';
import { Resampler } from './resampler.ts';
import { SpeechDetector } from './speech-detector.ts';
import { createVoiceCodec } from './voice-codec.ts';
import type { VoiceCodec } from './voice-codec.ts';

export interface VoiceHandlers {
  event(event: VoiceEvent): void;
  log(message: string): void;
}

interface Parts {
  readonly codec: VoiceCodec;
  readonly detector: SpeechDetector;
}

/** Lost packets that are made up for; a longer gap is a gap. */
const MAX_CONCEALED = 3;
/** Pieces that may come before the first voice of a thread has loaded its libraries. */
const MAX_EARLY = 1000;
/** Less than between two syllables. */
const MIN_ANSWER_MS = 150;
/** Rates that speech may come at. */
const MIN_RATE = 8_000;
const MAX_RATE = 48_000;

/**
 * A leg's end that hears and speaks samples. It runs in the media thread, with the detection of the party's voice, so that neither
 * an answer's pace nor an interruption waits for the signalling thread.
 */
export class Voice {
  readonly #source: VoiceSource;
  readonly #handlers: VoiceHandlers;
  readonly #playout: Playout;
  #parts: Parts | null = null;
  #libraries: VoiceLibraries | null = null;
  #resampler: Resampler | null = null;
  #closed = false;
  readonly #early: SpeechPiece[] = [];
  #rtp: object | null = null;
  #lastIndex = 0;
  /** Nothing was said to the party since it spoke. */
  #awaited = false;
  #wasSilent = true;
  #now = performance.now();

  constructor(source: VoiceSource, codec: Codec, handlers: VoiceHandlers) {
    this.#source = source;
    this.#handlers = handlers;
    this.#playout = new Playout(source.rate, {
      started: (turn) => {
        this.#started(turn);
      },
      stopped: (turn, playedMs, cut) => {
        handlers.event({ kind: 'stopped', turn, at: epoch(performance.now()), playedMs, cut });
      },
    });
    this.#open(codec).catch((error: unknown) => {
      handlers.log(`voice: ${error instanceof Error ? error.message : String(error)}`);
      if (!this.#closed) {
        handlers.event({ kind: 'failed' });
      }
    });
  }

  async #open(name: Codec): Promise<void> {
    const { rate, pauseMs } = this.#source;
    const libraries = await loadVoiceLibraries();
    this.#libraries = libraries;
    for (const piece of this.#early.splice(0)) {
      this.speak(piece);
    }
    const codec = await createVoiceCodec(name, rate, libraries);
    if (this.#closed) {
      codec.free();
      return;
    }
    const detector = new SpeechDetector(libraries, rate, pauseMs, {
      began: (at) => {
        this.#awaited = true;
        if (this.#source.bargeIn) {
          this.#playout.cut('speech');
        }
        this.#handlers.event({ kind: 'speech', on: true, at: epoch(at) });
      },
      ended: (at) => {
        this.#handlers.event({ kind: 'speech', on: false, at: epoch(at) });
      },
    });
    this.#parts = { codec, detector };
  }

  /** A packet of the party's. `rtp` tells its streams apart. */
  packet(rtp: object, index: number, payload: Buffer, now: number): void {
    if (!this.#parts) {
      return;
    }
    const { codec, detector } = this.#parts;
    const missing = rtp === this.#rtp ? index - this.#lastIndex - 1 : 0;
    // One that was overtaken is of no use any more.
    if (missing < 0) {
      return;
    }
    this.#rtp = rtp;
    this.#lastIndex = index;
    const heard: Int16Array[] = [];
    try {
      if (missing > 0 && missing <= MAX_CONCEALED) {
        heard.push(codec.conceal(missing));
      }
      heard.push(codec.decode(payload));
    } catch {
      // Whatever a party sends: a packet that is none is like one that did not come.
    }
    for (const pcm of heard) {
      this.#handlers.event({ kind: 'heard', pcm, at: epoch(now) });
      detector.take(pcm, now);
    }
  }

  /** @throws MediaError */
  speak(piece: SpeechPiece): void {
    if (!this.#libraries) {
      if (this.#early.length >= MAX_EARLY) {
        throw new MediaError('no_capacity', 'More waits to be said than there is room for.');
      }
      this.#early.push(piece);
      return;
    }
    const { turn, pcm, rate, last } = piece;
    this.#playout.add({ turn, last, pcm: this.#atOwnRate(pcm, rate ?? this.#source.rate) });
  }

  #atOwnRate(pcm: Int16Array, rate: number): Int16Array {
    if (rate === this.#source.rate) {
      return pcm;
    }
    if (!Number.isInteger(rate) || rate < MIN_RATE || rate > MAX_RATE) {
      throw new MediaError('wrong_state', `There is no speech of ${String(rate)} Hz.`);
    }
    if (!this.#libraries) {
      throw new MediaError('wrong_state', 'The voice is not ready.');
    }
    if (this.#resampler?.rate !== rate) {
      this.#resampler?.free();
      this.#resampler = new Resampler(this.#libraries.speex, rate, this.#source.rate);
    }
    return this.#resampler.process(pcm);
  }

  hush(): void {
    // What is cut off before it began is told to be over, too.
    for (const { turn, last } of this.#early.splice(0)) {
      this.#playout.add({ turn, last, pcm: new Int16Array(0) });
    }
    this.#playout.cut('hush');
  }

  /** Every 20 ms: what to send; null for silence. */
  next(now: number): { readonly payload: Buffer; readonly starts: boolean } | null {
    if (!this.#parts) {
      return null;
    }
    this.#now = now;
    const { codec, detector } = this.#parts;
    detector.tick(now);
    const frame = this.#playout.next();
    const starts = frame !== null && this.#wasSilent;
    this.#wasSilent = frame === null;
    return frame && { payload: codec.encode(frame), starts };
  }

  #started(turn: string): void {
    const spoken = this.#parts?.detector.lastVoicedAt ?? null;
    const since = this.#awaited && spoken !== null ? this.#now - spoken : null;
    // An engine may find the turn over before our detector does; but who talks into a voice gets no answer from it.
    const sinceSpeechMs = since !== null && since >= MIN_ANSWER_MS ? since : null;
    if (sinceSpeechMs !== null) {
      this.#awaited = false;
    }
    this.#handlers.event({ kind: 'started', turn, at: epoch(this.#now), sinceSpeechMs });
  }

  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#parts?.codec.free();
    this.#parts?.detector.free();
    this.#resampler?.free();
    this.#parts = null;
  }
}

function epoch(now: number): number {
  return performance.timeOrigin + now;
}
