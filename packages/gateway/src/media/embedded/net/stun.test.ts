import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isSignedWith,
  ipv6Bytes,
  isStun,
  readStun,
  writeRequest,
  writeRoleConflict,
  writeSuccess,
} from './stun.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

/** RFC 5769, 2.1: a request with short-term authentication. */
const SAMPLE_REQUEST = hex(`
  00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74
  00 24 00 04 6e 00 01 ff
  80 29 00 08 93 2f f9 b1 51 26 3b 36
  00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20
  00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2
  80 28 00 04 e5 7a 3b cf`);
const SAMPLE_PASSWORD = 'VOkJxbRl1RmTxUk/WvJxBt';

const transaction = Buffer.from('0123456789ab');
const request = () =>
  writeRequest({
    transaction,
    username: 'them:us',
    password: 'secret',
    priority: 1234,
    controlling: true,
    tieBreaker: 42n,
  });

describe('STUN', () => {
  it('reads the sample request of RFC 5769 and knows its signature', () => {
    expect(isStun(SAMPLE_REQUEST)).toBe(true);
    const message = readStun(SAMPLE_REQUEST);
    expect(message).toMatchObject({
      kind: 'request',
      username: 'evtj:h6vY',
      priority: 0x6e0001ff,
      useCandidate: false,
      role: { controlling: false, tieBreaker: 0x932ff9b151263b36n },
    });
    if (!message) {
      throw new Error('unread');
    }
    expect(isSignedWith(SAMPLE_REQUEST, message, SAMPLE_PASSWORD)).toBe(true);
    expect(isSignedWith(SAMPLE_REQUEST, message, 'another')).toBe(false);
  });

  it.each([
    [
      '2.2',
      `01 01 00 3c 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
       80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20
       00 20 00 08 00 01 a1 47 e1 12 a6 43
       00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7
       80 28 00 04 c0 7d 4c 96`,
    ],
    [
      '2.3',
      `01 01 00 48 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
       80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20
       00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9
       00 08 00 14 a3 82 95 4e 4b e6 7b f1 17 84 c9 7c 82 92 c2 75 bf e3 ed 41
       80 28 00 04 c8 fb 0b 4c`,
    ],
  ])('reads the sample answer of RFC 5769, %s, and knows its signature', (_section, text) => {
    const answer = hex(text);
    const message = readStun(answer);
    expect(message?.kind).toBe('success');
    expect(message && isSignedWith(answer, message, SAMPLE_PASSWORD)).toBe(true);
    const damaged = Buffer.from(answer);
    damaged.writeUInt8(damaged.readUInt8(answer.length - 1) ^ 1, answer.length - 1);
    expect(readStun(damaged)).toBeUndefined();
  });

  it('takes no user name that is longer than the protocol has', () => {
    const named = (length: number): Buffer =>
      writeRequest({
        transaction,
        username: 'u'.repeat(length),
        password: 'secret',
        priority: 1,
        controlling: true,
        tieBreaker: 1n,
      });
    expect(readStun(named(513))?.username).toHaveLength(513);
    expect(readStun(named(514))).toBeUndefined();
  });

  it('reads the checks that it writes', () => {
    const message = readStun(request());
    expect(message).toMatchObject({
      kind: 'request',
      transaction: '0123456789ab',
      username: 'them:us',
      priority: 1234,
      useCandidate: true,
      role: { controlling: true, tieBreaker: 42n },
    });
  });

  it.each([
    ['192.0.2.1', 32_853, '0001 a147 e112a643'],
    [
      '2001:db8:1234:5678:11:2233:4455:6677',
      32_853,
      '0002 a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9',
    ],
  ])('answers %s with the address as RFC 5769 writes it', (address, port, expected) => {
    const answer = writeSuccess(SAMPLE_REQUEST, address, port, SAMPLE_PASSWORD);
    const value = hex(expected);
    expect(answer.subarray(24, 24 + value.length)).toEqual(value);
    const message = readStun(answer);
    expect(message?.kind).toBe('success');
    expect(message && isSignedWith(answer, message, SAMPLE_PASSWORD)).toBe(true);
  });

  it('writes a role conflict as error 487', () => {
    const message = readStun(writeRoleConflict(request(), 'secret'));
    expect(message).toMatchObject({ kind: 'error', errorCode: 487, transaction: '0123456789ab' });
  });

  it.each([
    ['::1', '00000000000000000000000000000001'],
    ['fe80::1:2', 'fe800000000000000000000000010002'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['2001:db8::', '20010db8000000000000000000000000'],
  ])('reads the address %s', (address, expected) => {
    expect(ipv6Bytes(address).toString('hex')).toBe(expected);
  });

  it('never throws, and takes no message with a changed byte for signed', () => {
    // The last attribute stands behind the signature.
    const FINGERPRINT = 8;
    const original = request();
    fc.assert(
      fc.property(
        fc.nat(original.length - FINGERPRINT - 1),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          const changed = Buffer.from(original);
          changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
          const message = readStun(changed);
          expect(message && isSignedWith(changed, message, 'secret')).toBeFalsy();
        },
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        readStun(Buffer.from(bytes));
      }),
    );
  });
});
