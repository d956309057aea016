import {
  createCertificate,
  isKnownFingerprint,
  matchesFingerprint,
} from '../../../src/media/embedded/dtls/certificate.ts';
import {
  HANDSHAKE,
  readCertificate,
  readClientHello,
  readClientKeyExchange,
  readSignature,
  writeCertificate,
  writeHandshake,
  writeServerHello,
} from '../../../src/media/embedded/dtls/handshake.ts';
import { Reassembly } from '../../../src/media/embedded/dtls/reassembly.ts';
import {
  KEY_BLOCK,
  readRecords,
  RECORD,
  RecordCipher,
  writeRecord,
} from '../../../src/media/embedded/dtls/record.ts';
import { joinPackets, PACKET_MUTATIONS, splitPackets } from '../mutate/packets.ts';
import { readCorpus, COMMITTED } from '../corpus.ts';
import type { Random } from '../random.ts';
import type { FuzzTarget, Mutation } from '../target.ts';

const certificate = createCertificate();
const cipher = new RecordCipher(Buffer.alloc(KEY_BLOCK, 5));

/** ClientHellos of browsers, OpenSSL and GnuTLS, each a datagram. */
function hellos(): Buffer[] {
  return readCorpus(COMMITTED, 'dtls-hello').map(({ input }) => input);
}

/** A handshake message in pieces of random sizes. */
const pieces: Mutation = (_input, random, others) => {
  const body = random.pick(others).subarray(0, 2000);
  const message = { type: random.pick(Object.values(HANDSHAKE)), sequence: random.below(4), body };
  const datagrams: Buffer[] = [];
  for (let from = 0; from < Math.max(1, body.length);) {
    const to = from + random.size(600);
    const piece = writeHandshake(message, from, to);
    datagrams.push(writeRecord({ type: RECORD.handshake, epoch: 0, sequence: from, body: piece }));
    from = to;
  }
  return joinPackets(datagrams);
};

/** Records and the messages in them, of one flight after another. */
export const dtlsRecords: FuzzTarget = {
  name: 'dtls-records',
  maxLength: 65_536,
  mutations: [...PACKET_MUTATIONS, pieces],
  dictionary: ['\x16\xfe\xfd', '\x16\xfe\xff', '\x15\xfe\xfd', '\x14\xfe\xfd', '\x00\x01'],
  seeds: () => [
    joinPackets(hellos()),
    joinPackets(
      hellos().map((body, sequence) =>
        writeRecord(cipher.seal({ type: RECORD.handshake, epoch: 1, sequence, body })),
      ),
    ),
  ],
  run: (input) => {
    const reassembly = new Reassembly();
    const kept: unknown[] = [reassembly];
    for (const datagram of splitPackets(input)) {
      for (const record of readRecords(datagram)) {
        if (record.epoch === 1) {
          kept.push(cipher.open(record));
        }
        if (record.type !== RECORD.handshake) {
          continue;
        }
        reassembly.repeats(record.body);
        reassembly.add(record.body);
        for (let message = reassembly.take(); message; message = reassembly.take()) {
          kept.push(message);
        }
      }
    }
    return kept;
  },
  isExpected: () => false,
  budget: { cpuRatio: 60, floor: 16_384, heapBase: 400_000, heapPerByte: 40 },
};

function typed(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), body]);
}

/** Bodies of single messages behind their type; a right one of each kind comes from the other implementations' hellos and our own writers. */
export const dtlsMessages: FuzzTarget = {
  name: 'dtls-messages',
  maxLength: 16_384,
  mutations: [
    // An extension more, with a length that may be wrong.
    (input: Buffer, random: Random) => {
      const body = Buffer.alloc(4 + random.below(12), random.below(256));
      body.writeUInt16BE(random.pick([10, 11, 13, 14, 23, 35, 43, 51, 0xff01]), 0);
      body.writeUInt16BE(random.oneIn(4) ? random.below(0x10000) : body.length - 4, 2);
      return Buffer.concat([input, body]);
    },
  ],
  dictionary: ['\x00\x17\x00\x00', '\x00\x0e\x00\x05\x00\x02\x00\x01\x00', '\xff\x01\x00\x01\x00'],
  seeds: () => [
    ...hellos().map((datagram) => typed(HANDSHAKE.clientHello, datagram.subarray(13 + 12))),
    typed(HANDSHAKE.certificate, writeCertificate(certificate.der)),
    typed(HANDSHAKE.clientKeyExchange, Buffer.concat([Buffer.from([65, 4]), Buffer.alloc(64, 1)])),
    typed(HANDSHAKE.certificateVerify, Buffer.from('0403000430020101', 'hex')),
  ],
  run: (input) => {
    const body = input.subarray(1);
    switch (input[0]) {
      case HANDSHAKE.clientHello: {
        const hello = readClientHello(body);
        return [hello, writeServerHello(hello, Buffer.alloc(32), 1)];
      }
      case HANDSHAKE.certificate: {
        const shown = readCertificate(body);
        const announced = { algorithm: 'sha-256', value: certificate.fingerprint };
        return [isKnownFingerprint(announced), matchesFingerprint(shown, [announced])];
      }
      case HANDSHAKE.certificateVerify:
        return readSignature(body);
      case HANDSHAKE.clientKeyExchange:
        return readClientKeyExchange(body);
      default:
        return undefined;
    }
  },
  isExpected: (error) => error instanceof RangeError,
  budget: { cpuRatio: 60, floor: 4_096, heapBase: 65_536, heapPerByte: 40 },
};
