import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../testing/garbage.ts';
import { createCertificate } from '../dtls/certificate.ts';
import { DtlsEndpoint } from '../dtls/endpoint.ts';
import { HANDSHAKE, writeHandshake } from '../dtls/handshake.ts';
import { RECORD, writeRecord } from '../dtls/record.ts';

const uint16 = (...values: number[]): Buffer =>
  Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 0xff])));
const vector16 = (body: Buffer): Buffer => Buffer.concat([uint16(body.length), body]);

/** As a browser's, with what we insist on and nothing else. */
function clientHello(): Buffer {
  const extensions = Buffer.concat([
    uint16(10),
    vector16(vector16(uint16(23))),
    uint16(14),
    vector16(Buffer.concat([vector16(uint16(7)), Buffer.from([0])])),
    uint16(23, 0),
  ]);
  return Buffer.concat([
    uint16(0xfefd),
    randomBytes(32),
    Buffer.from([0, 0]),
    vector16(uint16(0xc02b)),
    Buffer.from([1, 0]),
    vector16(extensions),
  ]);
}

const inRecord = (body: Buffer): Buffer =>
  writeRecord({ type: RECORD.handshake, epoch: 0, sequence: 0, body });

/** One byte of a message that is said to have so many. */
function fragment(sequence: number, length: number): Buffer {
  const piece = writeHandshake({ type: HANDSHAKE.certificate, sequence, body: Buffer.alloc(1) });
  piece.writeUIntBE(length, 1, 3);
  return inRecord(piece);
}

/** What was freed is counted in a later turn. */
async function memory(): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

describe('handshakes that never end', () => {
  it('take a bounded amount of memory each, whatever they announce: a thousand of them', async () => {
    const certificate = createCertificate();
    let sent = 0;
    const handlers = {
      send: (data: Buffer) => {
        sent += data.length;
      },
      connected: () => {},
      closed: () => {},
      failed: (reason: string) => {
        throw new Error(reason);
      },
    };
    const opened = (): DtlsEndpoint => {
      const endpoint = new DtlsEndpoint(certificate, [], handlers);
      const body = clientHello();
      endpoint.receive(
        inRecord(writeHandshake({ type: HANDSHAKE.clientHello, sequence: 0, body })),
      );
      // Certificates, keys and proofs of 16 KiB, of which a byte each comes.
      for (let sequence = 1; sequence < 9; sequence += 1) {
        endpoint.receive(fragment(sequence, 16_384));
      }
      return endpoint;
    };
    opened();
    expect(sent).toBeGreaterThan(500);
    const before = await memory();
    const endpoints = Array.from({ length: 1_000 }, opened);
    const each = ((await memory()) - before) / endpoints.length;
    expect(each).toBeLessThan(48 * 1024);
    for (const endpoint of endpoints) {
      endpoint.close();
    }
    expect(((await memory()) - before) / endpoints.length).toBeLessThan(16 * 1024);
  });

  it('still end well when the rest comes, beside fragments that never complete', () => {
    const certificate = createCertificate();
    const failures: string[] = [];
    const endpoint = new DtlsEndpoint(certificate, [], {
      send: () => {},
      connected: () => {},
      closed: () => {},
      failed: (reason) => failures.push(reason),
    });
    endpoint.receive(fragment(3, 16_384));
    endpoint.receive(fragment(4, 4_000));
    const body = clientHello();
    endpoint.receive(inRecord(writeHandshake({ type: HANDSHAKE.clientHello, sequence: 0, body })));
    // It got as far as the certificate, which is nobody's.
    const shown = Buffer.concat([Buffer.from([0, 0, 6, 0, 0, 3]), Buffer.from('abc')]);
    endpoint.receive(
      inRecord(writeHandshake({ type: HANDSHAKE.certificate, sequence: 1, body: shown })),
    );
    expect(failures).toEqual(['the certificate is not the one that the SDP announced']);
  });
});
