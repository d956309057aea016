import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { NonceLedger } from '../rtp/nonce-ledger.ts';

/** The record layer of DTLS 1.2 (RFC 6347, 4.1), in the clear or under AES-128-GCM (RFC 5288). */

export const RECORD = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const;

export const DTLS_1_2 = 0xfefd;
const DTLS_1_0 = 0xfeff;
export const RECORD_HEADER = 13;
const EXPLICIT_NONCE = 8;
const TAG = 16;

export interface DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  /** 48 bits. */
  readonly sequence: number;
  readonly body: Buffer;
}

/**
 * The records of a datagram; what does not fit at its end is dropped (RFC 6347, 4.1.2.7). Linear; the bodies are parts of the datagram, not
 * copies.
 */
export function readRecords(data: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  let offset = 0;
  while (offset + RECORD_HEADER <= data.length) {
    const version = data.readUInt16BE(offset + 1);
    const end = offset + RECORD_HEADER + data.readUInt16BE(offset + 11);
    // A first ClientHello may carry the version of DTLS 1.0.
    if (end > data.length || (version !== DTLS_1_2 && version !== DTLS_1_0)) {
      break;
    }
    records.push({
      type: data.readUInt8(offset),
      epoch: data.readUInt16BE(offset + 3),
      sequence: data.readUIntBE(offset + 5, 6),
      body: data.subarray(offset + RECORD_HEADER, end),
    });
    offset = end;
  }
  return records;
}

export function writeRecord(record: DtlsRecord): Buffer {
  const data = Buffer.alloc(RECORD_HEADER + record.body.length);
  data.writeUInt8(record.type, 0);
  data.writeUInt16BE(DTLS_1_2, 1);
  data.writeUInt16BE(record.epoch, 3);
  data.writeUIntBE(record.sequence, 5, 6);
  data.writeUInt16BE(record.body.length, 11);
  record.body.copy(data, RECORD_HEADER);
  return data;
}

function additionalData(record: DtlsRecord, length: number): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt16BE(record.epoch, 0);
  data.writeUIntBE(record.sequence, 2, 6);
  data.writeUInt8(record.type, 8);
  data.writeUInt16BE(DTLS_1_2, 9);
  data.writeUInt16BE(length, 11);
  return data;
}

/** Bytes of traffic keys that {@link RecordCipher} takes: two keys of 16 and two salts of 4 (RFC 5246, 6.3). */
export const KEY_BLOCK = 40;

/** The server's half of the cipher after ChangeCipherSpec. */
export class RecordCipher {
  readonly #readKey: KeyObject;
  readonly #writeKey: KeyObject;
  readonly #readSalt: Buffer;
  readonly #writeSalt: Buffer;
  readonly #nonces = NonceLedger.open();

  constructor(keyBlock: Buffer) {
    this.#readKey = createSecretKey(keyBlock.subarray(0, 16));
    this.#writeKey = createSecretKey(keyBlock.subarray(16, 32));
    this.#readSalt = keyBlock.subarray(32, 36);
    this.#writeSalt = keyBlock.subarray(36, 40);
  }

  seal(record: DtlsRecord): DtlsRecord {
    // Epoch and sequence number never repeat, so they make the explicit nonce.
    const explicit = additionalData(record, 0).subarray(0, EXPLICIT_NONCE);
    const nonce = Buffer.concat([this.#writeSalt, explicit]);
    this.#nonces?.use(nonce);
    const cipher = createCipheriv('aes-128-gcm', this.#writeKey, nonce);
    cipher.setAAD(additionalData(record, record.body.length));
    const sealed = cipher.update(record.body);
    cipher.final();
    return { ...record, body: Buffer.concat([explicit, sealed, cipher.getAuthTag()]) };
  }

  /** Undefined for what was not sealed by the party. */
  open(record: DtlsRecord): DtlsRecord | undefined {
    const { body } = record;
    const length = body.length - EXPLICIT_NONCE - TAG;
    if (length < 0) {
      return undefined;
    }
    const nonce = Buffer.concat([this.#readSalt, body.subarray(0, EXPLICIT_NONCE)]);
    const decipher = createDecipheriv('aes-128-gcm', this.#readKey, nonce);
    decipher.setAAD(additionalData(record, length));
    decipher.setAuthTag(body.subarray(body.length - TAG));
    const opened = decipher.update(body.subarray(EXPLICIT_NONCE, body.length - TAG));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return { ...record, body: opened };
  }
}
