import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCertificate } from './certificate.ts';
import { DtlsEndpoint } from './endpoint.ts';
import { writeHandshake } from './handshake.ts';
import { Reassembly } from './reassembly.ts';
import { RECORD, writeRecord } from './record.ts';

describe('handshake messages', () => {
  it('come out whole and in order, however their pieces are cut, repeated and mixed', () => {
    const message = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        (bodies, random) => {
          const draw = (below: number): number => (random.next().value ?? 0) % below;
          const pieces = bodies.flatMap((bytes, sequence) => {
            const whole = { type: sequence + 1, sequence, body: Buffer.from(bytes) };
            const list = [writeHandshake(whole)];
            for (let from = 0; from < bytes.length; from += 1 + draw(90)) {
              list.push(writeHandshake(whole, from, from + 1 + draw(120)));
            }
            return list;
          });
          const mixed = pieces
            .map((piece) => ({ piece, key: draw(1_000) }))
            .sort((a, b) => a.key - b.key);
          const reassembly = new Reassembly();
          const out: Buffer[] = [];
          for (const { piece } of mixed) {
            reassembly.add(piece);
            for (let made = reassembly.take(); made; made = reassembly.take()) {
              out.push(made.body);
            }
          }
          expect(out.map((body) => [...body])).toEqual(bodies.map((bytes) => [...bytes]));
          expect(pieces.every((piece) => reassembly.repeats(piece))).toBe(true);
        },
      ),
    );
  });

  it('of any content never make the endpoint throw', () => {
    const certificate = createCertificate();
    const bytes = fc.uint8Array({ maxLength: 120 });
    const record = fc.oneof(
      bytes.map((body) => Buffer.from(body)),
      fc
        .record({ type: fc.constantFrom(...Object.values(RECORD)), epoch: fc.nat(2), body: bytes })
        .map(({ type, epoch, body }) =>
          writeRecord({ type, epoch, sequence: 0, body: Buffer.from(body) }),
        ),
      fc
        .record({ type: fc.constantFrom(1, 11, 15, 16, 20), sequence: fc.nat(3), body: bytes })
        .map(({ type, sequence, body }) => {
          const message = writeHandshake({ type, sequence, body: Buffer.from(body) });
          return writeRecord({ type: RECORD.handshake, epoch: 0, sequence: 0, body: message });
        }),
    );
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), (records) => {
        let failures = 0;
        const endpoint = new DtlsEndpoint(certificate, [], {
          send: () => {},
          connected: () => {
            throw new Error('nobody can connect with this');
          },
          closed: () => {
            throw new Error('it was never open');
          },
          failed: () => {
            failures += 1;
          },
        });
        for (const data of records) {
          endpoint.receive(data);
        }
        endpoint.tick(performance.now() + 60_000);
        expect(failures).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});
