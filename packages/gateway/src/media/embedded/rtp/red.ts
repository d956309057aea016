/** RED, redundant audio data (RFC 2198): a frame with copies of earlier ones before it. */

const HEADER_LENGTH = 4;
/** Copies in one packet; browsers send one or two. */
const MAX_COPIES = 8;
const HAS_NEXT = 0x80;

/**
 * Where the newest frame stands. Linear in the headers, of which there are nine at most; undefined for what is no RED packet, or holds another
 * payload type than `payloadType`.
 */
function primaryAt(data: Buffer, payloadType: number): { frames: number; at: number } | undefined {
  let offset = 0;
  let copies = 0;
  for (let count = 0; count <= MAX_COPIES; count += 1) {
    if (offset >= data.length) {
      return undefined;
    }
    const first = data.readUInt8(offset);
    if ((first & ~HAS_NEXT) !== payloadType) {
      return undefined;
    }
    if ((first & HAS_NEXT) === 0) {
      const at = offset + 1 + copies;
      return at < data.length ? { frames: count, at } : undefined;
    }
    if (offset + HEADER_LENGTH > data.length) {
      return undefined;
    }
    copies += data.readUInt16BE(offset + 2) & 0x3ff;
    offset += HEADER_LENGTH;
  }
  return undefined;
}

/** The newest frame of a RED packet, all of whose frames have `payloadType`; undefined for any other. */
export function primaryOf(data: Buffer, payloadType: number): Buffer | undefined {
  const found = primaryAt(data, payloadType);
  return found && data.subarray(found.at);
}

/** The same packet with another payload type for its frames; undefined as for {@link primaryOf}. */
export function renumberRed(data: Buffer, from: number, to: number): Buffer | undefined {
  const found = primaryAt(data, from);
  if (!found || from === to) {
    return found && data;
  }
  const copy = Buffer.from(data);
  for (let frame = 0; frame < found.frames; frame += 1) {
    copy.writeUInt8(HAS_NEXT | to, frame * HEADER_LENGTH);
  }
  copy.writeUInt8(to, found.frames * HEADER_LENGTH);
  return copy;
}
