import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, MAX_PACKET_BYTES, frame } from './frames.ts';
import { readParty, writeParty } from './hop.ts';
import { placeOf, prefixOf } from './place.ts';

const packets = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 });

describe('packets on a stream', () => {
  it('come out as they went in, wherever the stream was cut', () => {
    fc.assert(
      fc.property(packets, fc.array(fc.integer({ min: 1, max: 50 })), (given, cuts) => {
        const stream = Buffer.concat(given.map((packet) => frame(Buffer.from(packet))));
        const reader = new FrameReader();
        const read: Buffer[] = [];
        const push = (bytes: Buffer): void => {
          expect(reader.push(bytes, (packet) => read.push(Buffer.from(packet)))).toBe(true);
        };
        let at = 0;
        for (const cut of cuts) {
          push(stream.subarray(at, at + cut));
          at += cut;
        }
        push(stream.subarray(Math.min(at, stream.length)));
        expect(read).toEqual(given.map((packet) => Buffer.from(packet)));
      }),
    );
  });

  it.each([0, MAX_PACKET_BYTES + 1, 0x1603])('are not those of a length of %i', (length) => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(length);
    expect(new FrameReader().push(bytes, () => undefined)).toBe(false);
  });
});

describe('who a packet is of', () => {
  it.each(['203.0.113.9', '2001:db8:0:0:0:0:0:1'])('is read as it was written: %s', (address) => {
    expect(readParty(writeParty({ address, port: 50_123 }))).toEqual({ address, port: 50_123 });
  });

  it('is for the thread that its user name begins with', () => {
    for (let place = 0; place < 256; place += 1) {
      expect(placeOf(`${prefixOf(place)}random`)).toBe(place);
    }
    expect(placeOf('')).toBeUndefined();
    expect(placeOf('!!')).toBeUndefined();
  });
});
