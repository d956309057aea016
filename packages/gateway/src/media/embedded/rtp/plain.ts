/** RTP without protection, behind the same two seams as SRTP. */

/** What an outer stream does to a packet before it leaves. */
export interface RtpProtection {
  /** Bytes to leave free behind the payload. */
  readonly overhead: number;
  /** In place. `roc`: the roll-over counter of the packet's sequence number. */
  protectRtp(packet: Buffer, headerLength: number, roc: number): void;
}

export const NO_PROTECTION: RtpProtection = { overhead: 0, protectRtp: () => undefined };

/** Sources that one party may send from at a time; the oldest one makes room. */
const MAX_SOURCES = 8;

/** Extends the 16 bits of sequence numbers, source by source (RFC 3550, A.1). */
export class SequenceExtender {
  readonly #highest = new Map<number, number>();

  /** The extended number of a packet. */
  extend(ssrc: number, sequence: number): number {
    const highest = this.#highest.get(ssrc);
    if (highest === undefined) {
      if (this.#highest.size >= MAX_SOURCES) {
        for (const oldest of this.#highest.keys()) {
          this.#highest.delete(oldest);
          break;
        }
      }
      // One cycle up, so that a packet from before the first one is not below zero.
      const first = 0x10000 + sequence;
      this.#highest.set(ssrc, first);
      return first;
    }
    const ahead = ((sequence - highest) << 16) >> 16;
    const index = highest + ahead;
    if (ahead > 0) {
      this.#highest.set(ssrc, index);
    }
    return index;
  }
}
