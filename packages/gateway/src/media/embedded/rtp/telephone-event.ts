/** RFC 4733 telephone-events: reading digits from them, and carrying them between clock rates. */

export const DIGITS = '0123456789*#ABCD';
const EVENT_LENGTH = 4;
/** All three packets that end an event may be lost; then its silence ends it. */
const LOST_END_MS = 300;

/** Constant work and memory for a packet; how many digits it reports is its user's to limit. */
export class DigitReader {
  readonly #report: (digit: string, now: number) => void;
  #timestamp: number | null = null;
  #digit = '';
  #reported = true;
  #lastAt = 0;

  /** @param report gets each digit once, with the time as it was given */
  constructor(report: (digit: string, now: number) => void) {
    this.#report = report;
  }

  /** `timestamp` tells events apart: it is the same in every packet of one (RFC 4733, 2.5.1.2). */
  packet(payload: Buffer, timestamp: number, now: number): void {
    if (payload.length < EVENT_LENGTH) {
      return;
    }
    const digit = DIGITS.charAt(payload.readUInt8(0));
    if (digit === '') {
      return;
    }
    if (timestamp !== this.#timestamp) {
      this.#finish(now);
      this.#timestamp = timestamp;
      this.#digit = digit;
      this.#reported = false;
    }
    this.#lastAt = now;
    if ((payload.readUInt8(1) & 0x80) !== 0) {
      this.#finish(now);
    }
  }

  tick(now: number): void {
    if (!this.#reported && now - this.#lastAt > LOST_END_MS) {
      this.#finish(now);
    }
  }

  #finish(now: number): void {
    if (this.#reported) {
      return;
    }
    this.#reported = true;
    this.#report(this.#digit, now);
  }
}

/** The payload with its duration in another clock. */
export function convertEvent(payload: Buffer, fromRate: number, toRate: number): Buffer {
  if (fromRate === toRate || payload.length < EVENT_LENGTH) {
    return payload;
  }
  const copy = Buffer.from(payload);
  const duration = Math.round((payload.readUInt16BE(2) * toRate) / fromRate);
  copy.writeUInt16BE(Math.min(0xffff, duration), 2);
  return copy;
}

/** The clock rate of a payload type of events; undefined when it is none. */
export function rateOf(
  events: ReadonlyMap<number, number>,
  payloadType: number,
): number | undefined {
  for (const [rate, type] of events) {
    if (type === payloadType) {
      return rate;
    }
  }
  return undefined;
}
