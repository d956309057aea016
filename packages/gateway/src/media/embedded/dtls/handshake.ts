import { DTLS_1_2 } from './record.ts';

/** Handshake messages of DTLS 1.2 (RFC 5246, 7.4; RFC 6347, 4.2), as far as a server with one cipher suite needs them. */

export const HANDSHAKE = {
  clientHello: 1,
  serverHello: 2,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

export interface HandshakeMessage {
  readonly type: number;
  /** `message_seq` */
  readonly sequence: number;
  readonly body: Buffer;
}

export const HANDSHAKE_HEADER = 12;

/** A message, or a piece of it, with its header. */
export function writeHandshake(message: HandshakeMessage, from = 0, to?: number): Buffer {
  const piece = message.body.subarray(from, to);
  const header = Buffer.alloc(HANDSHAKE_HEADER);
  header.writeUInt8(message.type, 0);
  header.writeUIntBE(message.body.length, 1, 3);
  header.writeUInt16BE(message.sequence, 4);
  header.writeUIntBE(from, 6, 3);
  header.writeUIntBE(piece.length, 9, 3);
  return Buffer.concat([header, piece]);
}

/** TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: what WebRTC requires of everyone (RFC 8827, 6.5). */
export const CIPHER_SUITE = 0xc02b;
export const CURVE_P256 = 23;
export const ECDSA_P256_SHA256 = 0x0403;

/** What a client may sign its proof with; browsers use the first one. */
export const SIGNATURES: ReadonlyMap<number, { readonly hash: string; readonly pss: boolean }> =
  new Map([
    [ECDSA_P256_SHA256, { hash: 'sha256', pss: false }],
    [0x0503, { hash: 'sha384', pss: false }],
    [0x0603, { hash: 'sha512', pss: false }],
    [0x0804, { hash: 'sha256', pss: true }],
    [0x0401, { hash: 'sha256', pss: false }],
    [0x0501, { hash: 'sha384', pss: false }],
    [0x0601, { hash: 'sha512', pss: false }],
  ]);

const EXTENSION = {
  supportedGroups: 10,
  pointFormats: 11,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;
const RENEGOTIATION_SCSV = 0x00ff;

/** Reads forward through a buffer; throws a RangeError at its end. */
class Reader {
  readonly #data: Buffer;
  #offset = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#data.length;
  }

  number(bytes: 1 | 2 | 3): number {
    const value = this.#data.readUIntBE(this.#offset, bytes);
    this.#offset += bytes;
    return value;
  }

  bytes(length: number): Buffer {
    if (this.#offset + length > this.#data.length) {
      throw new RangeError('The message is too short.');
    }
    const value = this.#data.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return value;
  }

  /** Bytes behind their length. */
  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.bytes(this.number(lengthBytes));
  }
}

function numbers(data: Buffer): number[] {
  const values: number[] = [];
  for (let offset = 0; offset + 2 <= data.length; offset += 2) {
    values.push(data.readUInt16BE(offset));
  }
  return values;
}

function vector(lengthBytes: 1 | 2 | 3, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
}

function uint16(...values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => data.writeUInt16BE(value, index * 2));
  return data;
}

export interface ClientHello {
  readonly random: Buffer;
  readonly cipherSuites: readonly number[];
  readonly groups: readonly number[];
  readonly srtpProfiles: readonly number[];
  readonly hasExtendedMasterSecret: boolean;
  readonly hasPointFormats: boolean;
  readonly hasRenegotiationInfo: boolean;
}

/** Linear in the message; what is returned holds a part of it (`random`) and numbers. @throws RangeError */
export function readClientHello(body: Buffer): ClientHello {
  const reader = new Reader(body);
  reader.number(2);
  const random = reader.bytes(32);
  reader.vector(1);
  reader.vector(1);
  const cipherSuites = numbers(reader.vector(2));
  reader.vector(1);
  const extensions = new Map<number, Buffer>();
  if (!reader.isAtEnd) {
    const list = new Reader(reader.vector(2));
    while (!list.isAtEnd) {
      extensions.set(list.number(2), list.vector(2));
    }
  }
  const groups = extensions.get(EXTENSION.supportedGroups);
  const srtp = extensions.get(EXTENSION.useSrtp);
  return {
    random,
    cipherSuites,
    groups: groups ? numbers(new Reader(groups).vector(2)) : [],
    srtpProfiles: srtp ? numbers(new Reader(srtp).vector(2)) : [],
    hasExtendedMasterSecret: extensions.has(EXTENSION.extendedMasterSecret),
    hasPointFormats: extensions.has(EXTENSION.pointFormats),
    hasRenegotiationInfo:
      extensions.has(EXTENSION.renegotiationInfo) || cipherSuites.includes(RENEGOTIATION_SCSV),
  };
}

export function writeServerHello(hello: ClientHello, random: Buffer, srtpProfile: number): Buffer {
  const extensions = [
    uint16(EXTENSION.extendedMasterSecret, 0),
    uint16(EXTENSION.useSrtp),
    // One profile, and no MKI (RFC 5764, 4.1.1).
    vector(2, vector(2, uint16(srtpProfile)), vector(1)),
  ];
  if (hello.hasRenegotiationInfo) {
    extensions.push(uint16(EXTENSION.renegotiationInfo), vector(2, vector(1)));
  }
  if (hello.hasPointFormats) {
    extensions.push(uint16(EXTENSION.pointFormats), vector(2, vector(1, Buffer.from([0]))));
  }
  return Buffer.concat([
    uint16(DTLS_1_2),
    random,
    vector(1),
    uint16(CIPHER_SUITE),
    Buffer.from([0]),
    vector(2, ...extensions),
  ]);
}

export function writeCertificate(certificate: Buffer): Buffer {
  return vector(3, vector(3, certificate));
}

/** The first certificate of the list, the party's own. @throws RangeError */
export function readCertificate(body: Buffer): Buffer {
  return new Reader(new Reader(body).vector(3)).vector(3);
}

/** The part of ServerKeyExchange that is signed. */
export function writeKeyParameters(publicPoint: Buffer): Buffer {
  const namedCurve = 3;
  return Buffer.concat([Buffer.from([namedCurve]), uint16(CURVE_P256), vector(1, publicPoint)]);
}

export function writeSignature(scheme: number, signature: Buffer): Buffer {
  return Buffer.concat([uint16(scheme), vector(2, signature)]);
}

/** CertificateVerify. @throws RangeError */
export function readSignature(body: Buffer): { scheme: number; signature: Buffer } {
  const reader = new Reader(body);
  return { scheme: reader.number(2), signature: reader.vector(2) };
}

export function writeCertificateRequest(): Buffer {
  const ecdsaSign = 64;
  const rsaSign = 1;
  return Buffer.concat([
    vector(1, Buffer.from([ecdsaSign, rsaSign])),
    vector(2, uint16(...SIGNATURES.keys())),
    vector(2),
  ]);
}

/** The client's public point. @throws RangeError */
export function readClientKeyExchange(body: Buffer): Buffer {
  return new Reader(body).vector(1);
}
