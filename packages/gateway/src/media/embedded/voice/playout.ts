import { MediaError } from '../../media-plane.ts';
import type { VoiceRate } from '../../media-plane.ts';
import { FRAME_MS } from '../rtp/codecs.ts';

export interface SpeechPiece {
  readonly turn: string;
  readonly pcm: Int16Array;
  readonly rate?: number;
  readonly last: boolean;
}

export interface PlayoutHandlers {
  started(turn: string): void;
  stopped(turn: string, playedMs: number, cut: 'speech' | 'hush' | null): void;
}

interface Turn {
  readonly id: string;
  readonly pieces: Int16Array[];
  /** Into the first piece. */
  at: number;
  waiting: number;
  played: number;
  complete: boolean;
}

/** What may wait to be heard. A model answers faster than it is listened to, but not by this much. */
const MAX_WAITING_SECONDS = 180;

/** What is said to a party, turn by turn, in frames of 20 ms. */
export class Playout {
  readonly #handlers: PlayoutHandlers;
  readonly #rate: VoiceRate;
  readonly #frame: number;
  readonly #turns: Turn[] = [];
  /** Pieces of it may still be on their way when it was cut off. */
  #cutTurn: string | null = null;

  constructor(rate: VoiceRate, handlers: PlayoutHandlers) {
    this.#rate = rate;
    this.#frame = (rate * FRAME_MS) / 1000;
    this.#handlers = handlers;
  }

  get isPlaying(): boolean {
    return this.#turns.length > 0;
  }

  /** @throws MediaError */
  add({ turn: id, pcm, last }: Omit<SpeechPiece, 'rate'>): void {
    if (id === this.#cutTurn) {
      return;
    }
    const waiting = this.#turns.reduce((sum, turn) => sum + turn.waiting, 0);
    if (waiting + pcm.length > MAX_WAITING_SECONDS * this.#rate) {
      throw new MediaError('no_capacity', 'More waits to be said than there is room for.');
    }
    let turn = this.#turns.find((each) => each.id === id);
    if (!turn) {
      turn = { id, pieces: [], at: 0, waiting: 0, played: 0, complete: false };
      this.#turns.push(turn);
    }
    if (pcm.length > 0) {
      turn.pieces.push(pcm);
    }
    turn.waiting += pcm.length;
    turn.complete ||= last;
  }

  /** Ends everything at once. */
  cut(why: 'speech' | 'hush'): void {
    for (const turn of this.#turns.splice(0)) {
      this.#cutTurn = turn.id;
      this.#handlers.stopped(turn.id, this.#ms(turn.played), why);
    }
  }

  /** The next 20 ms; null when there is nothing to say now. */
  next(): Int16Array | null {
    const [turn] = this.#turns;
    if (!turn) {
      return null;
    }
    if (turn.waiting < this.#frame && !turn.complete) {
      return null;
    }
    if (turn.waiting === 0) {
      this.#turns.shift();
      this.#handlers.stopped(turn.id, this.#ms(turn.played), null);
      return this.next();
    }
    if (turn.played === 0) {
      this.#handlers.started(turn.id);
    }
    return this.#take(turn);
  }

  #take(turn: Turn): Int16Array {
    const frame = new Int16Array(this.#frame);
    let filled = 0;
    while (filled < frame.length) {
      const [piece] = turn.pieces;
      if (!piece) {
        break;
      }
      const part = piece.subarray(turn.at, turn.at + frame.length - filled);
      frame.set(part, filled);
      filled += part.length;
      turn.at += part.length;
      if (turn.at === piece.length) {
        turn.pieces.shift();
        turn.at = 0;
      }
    }
    turn.waiting -= filled;
    turn.played += filled;
    return frame;
  }

  #ms(samples: number): number {
    return Math.round((samples * 1000) / this.#rate);
  }
}
