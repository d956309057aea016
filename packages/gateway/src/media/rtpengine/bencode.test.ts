import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode } from './bencode.ts';
import type { BencodeInput, BencodeValue } from './bencode.ts';

const input = fc.letrec<{ value: BencodeInput }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
})).value;

/** As it is read: dictionaries are maps. */
function read(value: BencodeInput): BencodeValue {
  if (typeof value !== 'object') {
    return value === 0 ? 0 : value;
  }
  if (Array.isArray(value)) {
    return (value as readonly BencodeInput[]).map((each) => read(each));
  }
  return new Map(Object.entries(value as object).map(([key, each]) => [key, read(each)]));
}

describe('bencoding', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(input, (value) => {
        expect(decode(Buffer.from(encode(value)))).toEqual(read(value));
      }),
    );
  });

  it('takes junk for junk, and what was cut off or added to as well', () => {
    const message = Buffer.from(encode({ result: 'ok', tags: { a: [1, 2, 'x'] } }));
    for (let length = 0; length < message.length; length += 1) {
      expect(() => decode(message.subarray(0, length))).toThrow(RangeError);
    }
    expect(() => decode(Buffer.concat([message, Buffer.from('e')]))).toThrow(RangeError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (junk) => {
        try {
          decode(Buffer.from(junk));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });

  it.each(['i-0e', 'i01e', 'i1.5e', 'ie', '-1:', '99:short', 'di1e1:xe', 'i12345678901234567e'])(
    'refuses %s',
    (text) => {
      expect(() => decode(Buffer.from(text))).toThrow(RangeError);
    },
  );

  it('refuses what is too deep or holds too much', () => {
    expect(() => decode(Buffer.from('l'.repeat(60_000)))).toThrow(/deep/);
    expect(() => decode(Buffer.from(`l${'le'.repeat(30_000)}e`))).toThrow(/much/);
  });
});
