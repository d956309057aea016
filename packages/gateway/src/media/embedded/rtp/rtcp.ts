import type { ReportBlock } from './reception.ts';

/** RTCP compound packets (RFC 3550, 6): what we send, and the parts that we read. */

const TYPE_SR = 200;
const TYPE_SDES = 202;
const TYPE_BYE = 203;
const TYPE_TRANSPORT_FEEDBACK = 205;
const TYPE_RR = 201;
const FORMAT_NACK = 1;
/** Bytes before the report blocks, and of each. */
const SENDER_PART = 28;
const RECEIVER_PART = 8;
const BLOCK_LENGTH = 24;
const MAX_NACKED = 256;
const SDES_CNAME = 1;
/** Seconds between 1900 and 1970. */
const NTP_EPOCH = 2_208_988_800;

export interface SenderInfo {
  /** Wall clock, milliseconds since 1970. */
  readonly wallMs: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly octets: number;
}

function writeBlock(target: Buffer, offset: number, block: ReportBlock): void {
  target.writeUInt32BE(block.ssrc, offset);
  // 24 bits, signed; ours is never negative.
  const lost = Math.min(block.packetsLost, 0x7fffff);
  target.writeUInt32BE(((block.fractionLost << 24) | lost) >>> 0, offset + 4);
  target.writeUInt32BE(block.highestSequence, offset + 8);
  target.writeUInt32BE(block.jitter >>> 0, offset + 12);
  target.writeUInt32BE(block.lastReport, offset + 16);
  target.writeUInt32BE(block.sinceLastReport >>> 0, offset + 20);
}

/** A sender report, or a receiver report when nothing was sent, with the canonical name. */
export function writeReport(
  ssrc: number,
  cname: string,
  sender: SenderInfo | undefined,
  block: ReportBlock | undefined,
): Buffer {
  const reportLength = 8 + (sender ? 20 : 0) + (block ? 24 : 0);
  const name = Buffer.from(cname, 'latin1');
  // The chunk ends with at least one zero byte and fills a word.
  const sdesLength = 4 + Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const packet = Buffer.alloc(reportLength + sdesLength);
  packet.writeUInt8(0x80 | (block ? 1 : 0), 0);
  packet.writeUInt8(sender ? TYPE_SR : TYPE_RR, 1);
  packet.writeUInt16BE(reportLength / 4 - 1, 2);
  packet.writeUInt32BE(ssrc, 4);
  let offset = 8;
  if (sender) {
    const seconds = Math.floor(sender.wallMs / 1000);
    const fraction = Math.floor(((sender.wallMs % 1000) / 1000) * 0x1_0000_0000);
    packet.writeUInt32BE((seconds + NTP_EPOCH) >>> 0, offset);
    packet.writeUInt32BE(fraction >>> 0, offset + 4);
    packet.writeUInt32BE(sender.timestamp, offset + 8);
    packet.writeUInt32BE(sender.packets >>> 0, offset + 12);
    packet.writeUInt32BE(sender.octets >>> 0, offset + 16);
    offset += 20;
  }
  if (block) {
    writeBlock(packet, offset, block);
  }
  const sdes = packet.subarray(reportLength);
  sdes.writeUInt8(0x81, 0);
  sdes.writeUInt8(TYPE_SDES, 1);
  sdes.writeUInt16BE(sdesLength / 4 - 1, 2);
  sdes.writeUInt32BE(ssrc, 4);
  sdes.writeUInt8(SDES_CNAME, 8);
  sdes.writeUInt8(name.length, 9);
  name.copy(sdes, 10);
  return packet;
}

/** The rest of a party's report block on what it heard. */
export interface HeardBlock {
  /** Since the beginning; may be negative where packets came twice. */
  readonly packetsLost: number;
  /** In timestamp units. */
  readonly jitter: number;
  /** Middle 32 bits of our last sender report that it had, and the time since it in 1/65536 s; 0 before the first. */
  readonly lastReport: number;
  readonly sinceLastReport: number;
}

export interface RtcpHandlers {
  senderReport(ssrc: number, ntpMiddle: number): void;
  /** What the party lost of the source `ssrc` since its last report, in 1/256. */
  loss(ssrc: number, fractionLost: number, block: HeardBlock): void;
  /** The party misses these sequence numbers of the source `ssrc` (RFC 4585, 6.2.1). */
  nack(ssrc: number, sequences: readonly number[]): void;
}

/**
 * Walks a decrypted compound packet; stops at the first part that does not fit. Linear, and keeps nothing; of one NACK at most 256 sequence
 * numbers are read, twice what is kept to be sent again.
 */
export function readCompound(data: Buffer, handlers: RtcpHandlers): void {
  let offset = 0;
  while (offset + 4 <= data.length) {
    const first = data.readUInt8(offset);
    const type = data.readUInt8(offset + 1);
    const end = offset + (data.readUInt16BE(offset + 2) + 1) * 4;
    if (first >> 6 !== 2 || end > data.length || type === TYPE_BYE) {
      return;
    }
    const part = data.subarray(offset, end);
    if (type === TYPE_SR && part.length >= SENDER_PART) {
      handlers.senderReport(part.readUInt32BE(4), part.readUInt32BE(10));
      readBlocks(part, SENDER_PART, first & 0x1f, handlers);
    }
    if (type === TYPE_RR) {
      readBlocks(part, RECEIVER_PART, first & 0x1f, handlers);
    }
    if (type === TYPE_TRANSPORT_FEEDBACK && (first & 0x1f) === FORMAT_NACK && part.length >= 16) {
      handlers.nack(part.readUInt32BE(8), readNack(part));
    }
    offset = end;
  }
}

function readBlocks(part: Buffer, start: number, count: number, handlers: RtcpHandlers): void {
  for (let block = 0; block < count; block += 1) {
    const offset = start + block * BLOCK_LENGTH;
    if (offset + BLOCK_LENGTH > part.length) {
      return;
    }
    handlers.loss(part.readUInt32BE(offset), part.readUInt8(offset + 4), {
      packetsLost: part.readIntBE(offset + 5, 3),
      jitter: part.readUInt32BE(offset + 12),
      lastReport: part.readUInt32BE(offset + 16),
      sinceLastReport: part.readUInt32BE(offset + 20),
    });
  }
}

function readNack(part: Buffer): number[] {
  const sequences: number[] = [];
  for (let offset = 12; offset + 4 <= part.length; offset += 4) {
    if (sequences.length + 17 > MAX_NACKED) {
      break;
    }
    const first = part.readUInt16BE(offset);
    const mask = part.readUInt16BE(offset + 2);
    sequences.push(first);
    for (let bit = 0; bit < 16; bit += 1) {
      if ((mask & (1 << bit)) !== 0) {
        sequences.push((first + bit + 1) & 0xffff);
      }
    }
  }
  return sequences;
}
