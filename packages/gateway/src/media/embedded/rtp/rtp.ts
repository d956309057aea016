/** RTP headers (RFC 3550, 5.1), read and written in place: this runs once or twice for every packet. */

export const RTP_HEADER_LENGTH = 12;
/** One extension element of one byte, padded to a word, after its four-byte header (RFC 8285, 4.2). */
const LEVEL_EXTENSION_LENGTH = 8;
const ONE_BYTE_PROFILE = 0xbede;

/** What one header says. The reader fills one object again and again, so keep no reference to it. */
export interface RtpView {
  headerLength: number;
  padding: boolean;
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** The audio level element as it stood (RFC 6464: voice flag and -dBov), or -1. */
  level: number;
}

export function createRtpView(): RtpView {
  return {
    headerLength: 0,
    padding: false,
    marker: false,
    payloadType: 0,
    sequence: 0,
    timestamp: 0,
    ssrc: 0,
    level: -1,
  };
}

/** RTP and RTCP share a port; RTCP's packet types lie in 192-223 (RFC 5761, 4). */
export function isRtcp(data: Buffer): boolean {
  const type = data.readUInt8(1);
  return type >= 192 && type <= 223;
}

/** False for what is no RTP packet; `view` is then undefined. Linear in the header, and keeps nothing. `levelId` is the negotiated id of the audio level, or 0. */
export function readRtp(data: Buffer, view: RtpView, levelId: number): boolean {
  if (data.length < RTP_HEADER_LENGTH) {
    return false;
  }
  const first = data.readUInt8(0);
  if (first >> 6 !== 2) {
    return false;
  }
  const second = data.readUInt8(1);
  view.padding = (first & 0x20) !== 0;
  view.marker = (second & 0x80) !== 0;
  view.payloadType = second & 0x7f;
  view.sequence = data.readUInt16BE(2);
  view.timestamp = data.readUInt32BE(4);
  view.ssrc = data.readUInt32BE(8);
  view.level = -1;
  let offset = RTP_HEADER_LENGTH + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (data.length < offset + 4) {
      return false;
    }
    const end = offset + 4 + data.readUInt16BE(offset + 2) * 4;
    if (data.length < end) {
      return false;
    }
    if (levelId > 0 && data.readUInt16BE(offset) === ONE_BYTE_PROFILE) {
      view.level = findOneByteElement(data, offset + 4, end, levelId);
    }
    offset = end;
  }
  view.headerLength = offset;
  return offset <= data.length;
}

function findOneByteElement(data: Buffer, start: number, end: number, id: number): number {
  let offset = start;
  while (offset < end) {
    const head = data.readUInt8(offset);
    if (head === 0) {
      offset += 1;
      continue;
    }
    if (head >> 4 === 15) {
      return -1;
    }
    if (head >> 4 === id) {
      return offset + 1 < end ? data.readUInt8(offset + 1) : -1;
    }
    offset += 2 + (head & 0x0f);
  }
  return -1;
}

/** Bytes that {@link writeRtpHeader} needs. */
export function rtpHeaderLength(level: number): number {
  return level < 0 ? RTP_HEADER_LENGTH : RTP_HEADER_LENGTH + LEVEL_EXTENSION_LENGTH;
}

export interface RtpHeaderFields {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

export function writeRtpHeader(
  target: Buffer,
  fields: RtpHeaderFields,
  level: number,
  levelId: number,
): void {
  target.writeUInt8(level < 0 ? 0x80 : 0x90, 0);
  target.writeUInt8((fields.marker ? 0x80 : 0) | fields.payloadType, 1);
  target.writeUInt16BE(fields.sequence, 2);
  target.writeUInt32BE(fields.timestamp, 4);
  target.writeUInt32BE(fields.ssrc, 8);
  if (level < 0) {
    return;
  }
  target.writeUInt16BE(ONE_BYTE_PROFILE, 12);
  target.writeUInt16BE(1, 14);
  target.writeUInt32BE(((levelId << 28) | (level << 16)) >>> 0, 16);
}

/** The payload without its padding (RFC 3550, 5.1), or undefined when the count of padding bytes makes no sense. */
export function withoutPadding(payload: Buffer): Buffer | undefined {
  const count = payload.length > 0 ? payload.readUInt8(payload.length - 1) : 0;
  if (count === 0 || count > payload.length) {
    return undefined;
  }
  return payload.subarray(0, payload.length - count);
}
