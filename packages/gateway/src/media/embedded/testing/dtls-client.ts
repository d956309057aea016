import { createECDH, createHash, randomBytes, sign } from 'node:crypto';
import type { Certificate } from '../dtls/certificate.ts';
import { HANDSHAKE, writeHandshake } from '../dtls/handshake.ts';
import type { HandshakeMessage } from '../dtls/handshake.ts';
import { prf } from '../dtls/prf.ts';
import { Reassembly } from '../dtls/reassembly.ts';
import { KEY_BLOCK, readRecords, RECORD, RecordCipher, writeRecord } from '../dtls/record.ts';

const sha256 = (parts: readonly Buffer[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

/** Prefixed with its length in so many bytes. */
function vector(bytes: 1 | 2 | 3, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(bytes);
  length.writeUIntBE(body.length, 0, bytes);
  return Buffer.concat([length, body]);
}

const extension = (type: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(type, 0);
  return Buffer.concat([head, vector(2, body)]);
};

/**
 * The client's half of a DTLS 1.2 handshake, message by message, so that a test can leave out, damage, cut, repeat and reorder what it
 * sends. It believes whatever the server says.
 */
export class TestDtlsClient {
  readonly #certificate: Certificate;
  readonly #random = randomBytes(32);
  readonly #ecdh = createECDH('prime256v1');
  readonly #point = this.#ecdh.generateKeys();
  readonly #transcript: Buffer[] = [];
  readonly #reassembly = new Reassembly();
  #serverRandom = Buffer.alloc(32);
  #serverPoint: Buffer | null = null;
  #master: Buffer | null = null;
  #cipher: RecordCipher | null = null;
  #messages = 0;
  readonly #records = [0, 0];

  constructor(certificate: Certificate) {
    this.#certificate = certificate;
  }

  /** The server's whole first flight was taken. */
  get hasServerFlight(): boolean {
    return this.#serverPoint !== null;
  }

  /** Takes what the server sent in the clear. */
  receive(datagram: Buffer): void {
    for (const record of readRecords(datagram)) {
      if (record.type !== RECORD.handshake || record.epoch !== 0) {
        continue;
      }
      this.#reassembly.add(record.body);
      for (let made = this.#reassembly.take(); made; made = this.#reassembly.take()) {
        this.#take(made);
      }
    }
  }

  #take(message: HandshakeMessage): void {
    this.#transcript.push(writeHandshake(message));
    if (message.type === HANDSHAKE.serverHello) {
      this.#serverRandom = Buffer.from(message.body.subarray(2, 34));
    }
    if (message.type === HANDSHAKE.serverKeyExchange) {
      const length = message.body.readUInt8(3);
      this.#serverPoint = Buffer.from(message.body.subarray(4, 4 + length));
    }
  }

  #message(type: number, body: Buffer): HandshakeMessage {
    const message = { type, sequence: this.#messages++, body };
    this.#transcript.push(writeHandshake(message));
    return message;
  }

  /** @param more extensions behind those that a handshake takes */
  hello(more: Buffer = Buffer.alloc(0)): HandshakeMessage {
    const extensions = [
      extension(10, vector(2, Buffer.from([0, 23]))),
      extension(11, vector(1, Buffer.from([0]))),
      extension(13, vector(2, Buffer.from([4, 3]))),
      extension(14, Buffer.concat([vector(2, Buffer.from([0, 7, 0, 1])), vector(1)])),
      extension(23, Buffer.alloc(0)),
      more,
    ];
    const body = Buffer.concat([
      Buffer.from([0xfe, 0xfd]),
      this.#random,
      vector(1),
      vector(1),
      vector(2, Buffer.from([0xc0, 0x2b])),
      vector(1, Buffer.from([0])),
      vector(2, ...extensions),
    ]);
    return this.#message(HANDSHAKE.clientHello, body);
  }

  certificate(): HandshakeMessage {
    return this.#message(HANDSHAKE.certificate, vector(3, vector(3, this.#certificate.der)));
  }

  /** The server's flight has to be there. */
  keyExchange(): HandshakeMessage {
    if (!this.#serverPoint) {
      throw new Error('The server has not said its key yet.');
    }
    const message = this.#message(HANDSHAKE.clientKeyExchange, vector(1, this.#point));
    const secret = this.#ecdh.computeSecret(this.#serverPoint);
    this.#master = prf(secret, 'extended master secret', sha256(this.#transcript), 48);
    const seed = Buffer.concat([this.#serverRandom, this.#random]);
    const block = prf(this.#master, 'key expansion', seed, KEY_BLOCK);
    // The class is the server's half: what it reads with, we write with.
    this.#cipher = new RecordCipher(
      Buffer.concat([
        block.subarray(16, 32),
        block.subarray(0, 16),
        block.subarray(36, 40),
        block.subarray(32, 36),
      ]),
    );
    return message;
  }

  proof(): HandshakeMessage {
    const signature = sign('sha256', Buffer.concat(this.#transcript), this.#certificate.key);
    return this.#message(
      HANDSHAKE.certificateVerify,
      Buffer.concat([Buffer.from([4, 3]), vector(2, signature)]),
    );
  }

  finished(): HandshakeMessage {
    const master = this.#master ?? Buffer.alloc(48);
    const body = prf(master, 'client finished', sha256(this.#transcript), 12);
    return this.#message(HANDSHAKE.finished, body);
  }

  /** A record of the next number; one of epoch 1 is sealed. */
  record(type: number, body: Buffer, epoch: 0 | 1 = 0): Buffer {
    const sequence = this.#records[epoch] ?? 0;
    this.#records[epoch] = sequence + 1;
    const record = { type, epoch, sequence, body };
    return writeRecord(epoch === 1 && this.#cipher ? this.#cipher.seal(record) : record);
  }

  /** A message in records of so many bytes of it each. */
  datagrams(message: HandshakeMessage, epoch: 0 | 1 = 0, size = 1_000): Buffer[] {
    const made: Buffer[] = [];
    for (let from = 0; from === 0 || from < message.body.length; from += size) {
      made.push(this.record(RECORD.handshake, writeHandshake(message, from, from + size), epoch));
    }
    return made;
  }
}
