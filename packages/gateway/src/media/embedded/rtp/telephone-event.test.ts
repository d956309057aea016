import { describe, expect, it } from 'vitest';
import { DigitReader, convertEvent } from './telephone-event.ts';

const event = (code: number, duration: number, end = false): Buffer => {
  const payload = Buffer.from([code, end ? 0x8a : 0x0a, 0, 0]);
  payload.writeUInt16BE(duration, 2);
  return payload;
};

function reader() {
  const digits: string[] = [];
  return { digits, reader: new DigitReader((digit) => digits.push(digit)) };
}

describe('telephone-events', () => {
  it('make one digit each, however often their end is sent', () => {
    const { digits, reader: read } = reader();
    for (const [code, timestamp] of [
      [1, 100],
      [1, 900],
      [11, 1_700],
    ] as const) {
      read.packet(event(code, 160), timestamp, 0);
      for (let i = 0; i < 3; i += 1) {
        read.packet(event(code, 800, true), timestamp, 0);
      }
    }
    expect(digits).toEqual(['1', '1', '#']);
  });

  it('end with the next one, or after a while, when their end is lost', () => {
    const { digits, reader: read } = reader();
    read.packet(event(5, 160), 100, 0);
    read.packet(event(6, 160), 900, 50);
    expect(digits).toEqual(['5']);
    read.tick(200);
    expect(digits).toEqual(['5']);
    read.tick(400);
    expect(digits).toEqual(['5', '6']);
    read.packet(event(6, 800, true), 900, 410);
    expect(digits).toEqual(['5', '6']);
  });

  it('that are no digits are passed over', () => {
    const { digits, reader: read } = reader();
    read.packet(event(16, 800, true), 100, 0);
    read.packet(Buffer.from([1, 0x80]), 200, 0);
    expect(digits).toEqual([]);
  });

  it('keep their length in another clock', () => {
    expect(convertEvent(event(3, 4_800), 48_000, 8_000).readUInt16BE(2)).toBe(800);
    expect(convertEvent(event(3, 20_000), 8_000, 48_000).readUInt16BE(2)).toBe(0xffff);
    const same = event(3, 800);
    expect(convertEvent(same, 8_000, 8_000)).toBe(same);
  });
});
