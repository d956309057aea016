import type { TurnFigures } from './conversation.ts';

const MAX_TURNS = 1000;

/** How long the caller of one call waited, turn by turn, measured where its packets come and go. */
export class Metering {
  readonly turns: TurnFigures[] = [];
  #inMs = 0;
  #packets = 0;
  #engine: Readonly<Record<string, number>> = {};

  /** Epoch milliseconds of the clock that the media threads use. */
  now(): number {
    return performance.timeOrigin + performance.now();
  }

  /** @param at when the packet came */
  heard(at: number): void {
    this.#inMs += Math.max(0, this.now() - at);
    this.#packets += 1;
  }

  /** What the engine says of the turn that is on. */
  engine(figures: Readonly<Record<string, number>>): void {
    this.#engine = { ...this.#engine, ...figures };
  }

  /** @param voicedAt when the engine gave the first piece */
  started(at: number, answerMs: number | null, voicedAt: number | null): void {
    if (this.turns.length < MAX_TURNS) {
      this.turns.push({
        at: Math.round(at),
        answerMs: answerMs === null ? null : Math.round(answerMs),
        gatewayInMs: round(this.#packets === 0 ? 0 : this.#inMs / this.#packets),
        gatewayOutMs: round(voicedAt === null ? 0 : Math.max(0, at - voicedAt)),
        engine: this.#engine,
      });
    }
    this.#inMs = 0;
    this.#packets = 0;
    this.#engine = {};
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
