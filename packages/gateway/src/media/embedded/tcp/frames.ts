/** More than any packet of ICE, DTLS or RTP that a browser sends: they fit an Ethernet frame. */
export const MAX_PACKET_BYTES = 2_048;

const LENGTH_BYTES = 2;

/** Packets out of a byte stream (RFC 4571): two bytes of length, then the packet. Keeps no more than one unfinished packet. */
export class FrameReader {
  #rest: Buffer | null = null;

  /**
   * Hands out each packet that the bytes complete. A packet is a view into the bytes: it is valid during the call only.
   *
   * @returns false when the stream is no such stream: an empty packet, or one above {@link MAX_PACKET_BYTES}
   */
  push(bytes: Buffer, each: (packet: Buffer) => void): boolean {
    const data = this.#rest === null ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = null;
    let at = 0;
    while (at + LENGTH_BYTES <= data.length) {
      const length = data.readUInt16BE(at);
      if (length === 0 || length > MAX_PACKET_BYTES) {
        return false;
      }
      const end = at + LENGTH_BYTES + length;
      if (end > data.length) {
        break;
      }
      each(data.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    if (at < data.length) {
      this.#rest = Buffer.from(data.subarray(at));
    }
    return true;
  }
}

/** The same, the other way. */
export function frame(packet: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(LENGTH_BYTES + packet.length);
  framed.writeUInt16BE(packet.length, 0);
  packet.copy(framed, LENGTH_BYTES);
  return framed;
}
