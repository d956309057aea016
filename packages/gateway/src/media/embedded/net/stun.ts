import { createHmac, timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { crc32 } from 'node:zlib';

/** STUN binding messages as ICE uses them (RFC 8489, RFC 8445): nothing else is read or written. */

const MAGIC = 0x2112a442;
const HEADER_LENGTH = 20;
const FINGERPRINT_XOR = 0x5354554e;
const INTEGRITY_LENGTH = 24;
const FINGERPRINT_LENGTH = 8;
const MAX_USERNAME = 513;

const TYPE_REQUEST = 0x0001;
const TYPE_SUCCESS = 0x0101;
const TYPE_ERROR = 0x0111;

const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const XOR_MAPPED_ADDRESS = 0x0020;
const PRIORITY = 0x0024;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
const ICE_CONTROLLED = 0x8029;
const ICE_CONTROLLING = 0x802a;

export const ROLE_CONFLICT = 487;

export interface StunMessage {
  readonly kind: 'request' | 'success' | 'error';
  /** 12 bytes as text, for use as a key. */
  readonly transaction: string;
  readonly username: string | undefined;
  readonly priority: number;
  readonly useCandidate: boolean;
  readonly role: { readonly controlling: boolean; readonly tieBreaker: bigint } | undefined;
  readonly errorCode: number;
  /** Where MESSAGE-INTEGRITY stands; 0 without one. */
  readonly integrityAt: number;
}

/** The first byte tells STUN from DTLS and RTP on one port (RFC 7983). */
export function isStun(data: Buffer): boolean {
  return data.length >= HEADER_LENGTH && data.readUInt8(0) < 4;
}

/**
 * Undefined for anything that is not a well-formed binding message with a right fingerprint. Linear; nothing of the datagram is kept, and
 * a user name of more than 513 bytes is none (RFC 8489, 14.3).
 */
export function readStun(data: Buffer): StunMessage | undefined {
  if (data.length < HEADER_LENGTH || data.readUInt32BE(4) !== MAGIC) {
    return undefined;
  }
  const length = data.readUInt16BE(2);
  if (length % 4 !== 0 || data.length !== HEADER_LENGTH + length) {
    return undefined;
  }
  const kind = kindOf(data.readUInt16BE(0));
  if (kind === undefined) {
    return undefined;
  }
  let username: string | undefined;
  let priority = 0;
  let useCandidate = false;
  let role: StunMessage['role'];
  let errorCode = 0;
  let integrityAt = 0;
  let offset = HEADER_LENGTH;
  while (offset + 4 <= data.length) {
    const type = data.readUInt16BE(offset);
    const size = data.readUInt16BE(offset + 2);
    const value = data.subarray(offset + 4, offset + 4 + size);
    if (value.length !== size) {
      return undefined;
    }
    if (type === FINGERPRINT) {
      if (size !== 4 || offset + FINGERPRINT_LENGTH !== data.length) {
        return undefined;
      }
      if (value.readUInt32BE(0) !== fingerprint(data.subarray(0, offset))) {
        return undefined;
      }
    } else if (integrityAt === 0) {
      // Nothing behind MESSAGE-INTEGRITY but the fingerprint counts (RFC 8489, 14.5).
      if (type === USERNAME) {
        if (size > MAX_USERNAME) {
          return undefined;
        }
        username = value.toString('utf8');
      } else if (type === PRIORITY && size === 4) {
        priority = value.readUInt32BE(0);
      } else if (type === USE_CANDIDATE) {
        useCandidate = true;
      } else if ((type === ICE_CONTROLLED || type === ICE_CONTROLLING) && size === 8) {
        role = { controlling: type === ICE_CONTROLLING, tieBreaker: value.readBigUInt64BE(0) };
      } else if (type === ERROR_CODE && size >= 4) {
        errorCode = (value.readUInt8(2) & 7) * 100 + value.readUInt8(3);
      } else if (type === MESSAGE_INTEGRITY) {
        if (size !== 20) {
          return undefined;
        }
        integrityAt = offset;
      }
    }
    offset += 4 + Math.ceil(size / 4) * 4;
  }
  const transaction = data.toString('latin1', 8, HEADER_LENGTH);
  return { kind, transaction, username, priority, useCandidate, role, errorCode, integrityAt };
}

function kindOf(type: number): StunMessage['kind'] | undefined {
  if (type === TYPE_REQUEST) {
    return 'request';
  }
  if (type === TYPE_SUCCESS) {
    return 'success';
  }
  return type === TYPE_ERROR ? 'error' : undefined;
}

function fingerprint(data: Buffer): number {
  return (crc32(data) ^ FINGERPRINT_XOR) >>> 0;
}

/** Whether the sender knows the password (RFC 8489, 14.5). The header's length counts up to the attribute itself. */
export function isSignedWith(data: Buffer, message: StunMessage, password: string): boolean {
  const at = message.integrityAt;
  if (at === 0) {
    return false;
  }
  const expected = integrity(data.subarray(0, at), password);
  return timingSafeEqual(expected, data.subarray(at + 4, at + INTEGRITY_LENGTH));
}

function integrity(data: Buffer, password: string): Buffer {
  const header = Buffer.from(data.subarray(0, HEADER_LENGTH));
  header.writeUInt16BE(data.length - HEADER_LENGTH + INTEGRITY_LENGTH, 2);
  return createHmac('sha1', password).update(header).update(data.subarray(HEADER_LENGTH)).digest();
}

function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

function finish(type: number, transaction: Buffer, attributes: Buffer[], password: string): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt16BE(type, 0);
  header.writeUInt32BE(MAGIC, 4);
  transaction.copy(header, 8);
  const body = Buffer.concat([header, ...attributes]);
  const mac = attribute(MESSAGE_INTEGRITY, integrity(body, password));
  const signed = Buffer.concat([body, mac]);
  signed.writeUInt16BE(signed.length - HEADER_LENGTH + FINGERPRINT_LENGTH, 2);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(fingerprint(signed), 0);
  return Buffer.concat([signed, attribute(FINGERPRINT, check)]);
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value, 0);
  return buffer;
}

export interface BindingRequest {
  readonly transaction: Buffer;
  readonly username: string;
  readonly password: string;
  readonly priority: number;
  readonly controlling: boolean;
  readonly tieBreaker: bigint;
}

/** A connectivity check. A controlling agent nominates with every one of them (RFC 8445 allows it; one round trip less). */
export function writeRequest(request: BindingRequest): Buffer {
  const tieBreaker = Buffer.alloc(8);
  tieBreaker.writeBigUInt64BE(request.tieBreaker, 0);
  const attributes = [
    attribute(USERNAME, Buffer.from(request.username, 'utf8')),
    attribute(PRIORITY, uint32(request.priority)),
    attribute(request.controlling ? ICE_CONTROLLING : ICE_CONTROLLED, tieBreaker),
  ];
  if (request.controlling) {
    attributes.push(attribute(USE_CANDIDATE, Buffer.alloc(0)));
  }
  return finish(TYPE_REQUEST, request.transaction, attributes, request.password);
}

export function writeSuccess(
  request: Buffer,
  address: string,
  port: number,
  password: string,
): Buffer {
  const transaction = request.subarray(8, HEADER_LENGTH);
  const mapped = attribute(XOR_MAPPED_ADDRESS, xorAddress(transaction, address, port));
  return finish(TYPE_SUCCESS, transaction, [mapped], password);
}

export function writeRoleConflict(request: Buffer, password: string): Buffer {
  const value = Buffer.from([0, 0, 4, 87, ...Buffer.from('Role Conflict')]);
  const transaction = request.subarray(8, HEADER_LENGTH);
  return finish(TYPE_ERROR, transaction, [attribute(ERROR_CODE, value)], password);
}

function xorAddress(transaction: Buffer, address: string, port: number): Buffer {
  const bytes = isIPv4(address) ? ipv4Bytes(address) : ipv6Bytes(address);
  const mask = Buffer.concat([uint32(MAGIC), transaction]);
  const value = Buffer.alloc(4 + bytes.length);
  value.writeUInt8(bytes.length === 4 ? 1 : 2, 1);
  value.writeUInt16BE(port ^ (MAGIC >>> 16), 2);
  for (let i = 0; i < bytes.length; i += 1) {
    value.writeUInt8(bytes.readUInt8(i) ^ mask.readUInt8(i), 4 + i);
  }
  return value;
}

/** A binding request without credentials, as a STUN server that is no ICE agent is asked (RFC 8489). */
export function writeBindingQuestion(transaction: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt16BE(TYPE_REQUEST, 0);
  header.writeUInt16BE(FINGERPRINT_LENGTH, 2);
  header.writeUInt32BE(MAGIC, 4);
  transaction.copy(header, 8);
  return Buffer.concat([header, attribute(FINGERPRINT, uint32(fingerprint(header)))]);
}

/** The address in a success response to such a question; undefined for anything else. */
export function readMappedAddress(data: Buffer, transaction: Buffer): string | undefined {
  if (readStun(data)?.kind !== 'success') {
    return undefined;
  }
  if (!data.subarray(8, HEADER_LENGTH).equals(transaction)) {
    return undefined;
  }
  let offset = HEADER_LENGTH;
  while (offset + 4 <= data.length) {
    const size = data.readUInt16BE(offset + 2);
    if (data.readUInt16BE(offset) === XOR_MAPPED_ADDRESS) {
      return readXorAddress(data.subarray(offset + 4, offset + 4 + size), transaction);
    }
    offset += 4 + Math.ceil(size / 4) * 4;
  }
  return undefined;
}

function readXorAddress(value: Buffer, transaction: Buffer): string | undefined {
  const mask = Buffer.concat([uint32(MAGIC), transaction]);
  const family = value.length === 8 ? 1 : 2;
  if ((value.length !== 8 && value.length !== 20) || value.readUInt8(1) !== family) {
    return undefined;
  }
  const bytes = value.subarray(4).map((byte, index) => byte ^ mask.readUInt8(index));
  if (family === 1) {
    return bytes.join('.');
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    Buffer.from(bytes)
      .readUInt16BE(index * 2)
      .toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** As the system writes addresses: hexadecimal groups, `::` at most once, perhaps an IPv4 tail. */
export function ipv6Bytes(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] =>
    text
      .split(':')
      .filter((group) => group !== '')
      .flatMap((group) => {
        if (!group.includes('.')) {
          return [Number.parseInt(group, 16)];
        }
        const quad = ipv4Bytes(group);
        return [quad.readUInt16BE(0), quad.readUInt16BE(2)];
      });
  groups(head).forEach((group, index) => bytes.writeUInt16BE(group, index * 2));
  const last = tail === undefined ? [] : groups(tail);
  last.forEach((group, index) => bytes.writeUInt16BE(group, 16 - (last.length - index) * 2));
  return bytes;
}
