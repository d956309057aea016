import { FRAME_MS } from '../rtp/codecs.ts';
import type { OuterStream } from '../rtp/outer-stream.ts';
import { DIGITS } from '../rtp/telephone-event.ts';

/** Milliseconds. Long enough for every exchange, and the pause that tells a doubled digit from a long one (ITU-T Q.24). */
const TONE_MS = 120;
const PAUSE_MS = 80;
const END_COPIES = 3;
const MAX_WAITING = 128;
/** -10 dBm0, what phones send. */
const VOLUME = 10;

/** Plays digits as events into a stream, one packet a frame (RFC 4733, 2.5). */
export class EventPlayer {
  #waiting = '';
  #current: { readonly code: number; elapsed: number; ends: number } | null = null;
  #pauseLeft = 0;

  get isPlaying(): boolean {
    return this.#current !== null;
  }

  add(digits: string): void {
    const known = digits.toUpperCase().replace(/[^0-9*#A-D]/g, '');
    this.#waiting = (this.#waiting + known).slice(0, MAX_WAITING);
  }

  /** Every 20 ms. */
  tick(
    outer: OuterStream,
    payloadType: number,
    rate: number,
    clockRate: number,
    now: number,
  ): void {
    if (this.#pauseLeft > 0) {
      this.#pauseLeft -= FRAME_MS;
    }
    if (!this.#current) {
      if (this.#pauseLeft > 0 || this.#waiting === '') {
        return;
      }
      this.#current = { code: DIGITS.indexOf(this.#waiting.charAt(0)), elapsed: 0, ends: 0 };
      this.#waiting = this.#waiting.slice(1);
    }
    const event = this.#current;
    const starts = event.elapsed === 0;
    if (event.elapsed < TONE_MS) {
      event.elapsed += FRAME_MS;
    }
    const isEnd = event.elapsed >= TONE_MS;
    const payload = Buffer.alloc(4);
    payload.writeUInt8(event.code, 0);
    payload.writeUInt8((isEnd ? 0x80 : 0) | VOLUME, 1);
    payload.writeUInt16BE(Math.round((event.elapsed * rate) / 1000), 2);
    const apart = starts ? { apartMs: TONE_MS + PAUSE_MS } : null;
    outer.event(payload, payloadType, apart, clockRate, now);
    if (!isEnd) {
      return;
    }
    event.ends += 1;
    if (event.ends < END_COPIES) {
      return;
    }
    this.#current = null;
    this.#pauseLeft = PAUSE_MS;
  }
}
