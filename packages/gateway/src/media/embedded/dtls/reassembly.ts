import { HANDSHAKE_HEADER } from './handshake.ts';
import type { HandshakeMessage } from './handshake.ts';

/** Above any certificate a browser makes. */
const MAX_LENGTH = 16_384;
/** Of all messages that are not whole, together: none of a browser's flights has as much. */
const MAX_PENDING = 20_480;
/** A flight of the client has five messages. */
const MAX_AHEAD = 8;

interface Message {
  readonly type: number;
  readonly body: Buffer;
  /** Which bytes are there: one bit each, so that pieces may overlap and repeat as they like. */
  readonly present: Uint8Array;
  missing: number;
}

/**
 * Puts handshake messages together from pieces that come in any order, more than once or not at all (RFC 6347, 4.2.3). The work is linear in
 * what comes; what is kept is at most {@link MAX_PENDING} bytes and an eighth of it, in eight messages, however they are announced.
 */
export class Reassembly {
  /** `message_seq` of the message that is due. */
  #next = 0;
  readonly #partial = new Map<number, Message>();
  /** Bytes that {@link #partial} takes. */
  #pending = 0;

  /** The record holds a message that was handed out before: the party repeats its flight, so the answer was lost. */
  repeats(record: Buffer): boolean {
    return pieces(record).some((piece) => piece.readUInt16BE(4) < this.#next);
  }

  /** Takes the pieces of one record. */
  add(record: Buffer): void {
    for (const piece of pieces(record)) {
      this.#piece(piece);
    }
  }

  /** Drops what is not whole yet: what follows has to come sealed. */
  dropPieces(): void {
    this.#partial.clear();
    this.#pending = 0;
  }

  #piece(data: Buffer): void {
    const type = data.readUInt8(0);
    const length = data.readUIntBE(1, 3);
    const sequence = data.readUInt16BE(4);
    const from = data.readUIntBE(6, 3);
    const piece = data.subarray(HANDSHAKE_HEADER);
    if (sequence < this.#next || sequence >= this.#next + MAX_AHEAD) {
      return;
    }
    if (length > MAX_LENGTH || from + piece.length > length) {
      return;
    }
    let partial = this.#partial.get(sequence);
    if (!partial) {
      if (this.#pending + length > MAX_PENDING) {
        return;
      }
      this.#pending += length;
      partial = {
        type,
        body: Buffer.alloc(length),
        present: new Uint8Array(Math.ceil(length / 8)),
        missing: length,
      };
      this.#partial.set(sequence, partial);
    }
    if (partial.type !== type || partial.body.length !== length) {
      return;
    }
    piece.copy(partial.body, from);
    for (let at = from; at < from + piece.length; at += 1) {
      const bits = partial.present[at >> 3] ?? 0;
      const bit = 1 << (at & 7);
      if ((bits & bit) === 0) {
        partial.missing -= 1;
      }
      partial.present[at >> 3] = bits | bit;
    }
  }

  /** The message that is due, once it is whole. */
  take(): HandshakeMessage | undefined {
    const partial = this.#partial.get(this.#next);
    if (partial?.missing !== 0) {
      return undefined;
    }
    const sequence = this.#next;
    this.#partial.delete(sequence);
    this.#pending -= partial.body.length;
    this.#next += 1;
    return { type: partial.type, sequence, body: partial.body };
  }
}

/** Pieces with their headers; one that is cut off ends the list. */
function pieces(record: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let offset = 0;
  while (offset + HANDSHAKE_HEADER <= record.length) {
    const end = offset + HANDSHAKE_HEADER + record.readUIntBE(offset + 9, 3);
    if (end > record.length) {
      break;
    }
    found.push(record.subarray(offset, end));
    offset = end;
  }
  return found;
}
