import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  ipv6Bytes,
  isSignedWith,
  isStun,
  readStun,
  writeRequest,
  writeSuccess,
} from '../../../src/media/embedded/net/stun.ts';
import type { Random } from '../random.ts';
import type { FuzzTarget, Mutation } from '../target.ts';

const PASSWORD = 'VOkJxbRl1RmTxUk/WvJxBt';
const KNOWN = [0x0006, 0x0008, 0x0009, 0x0020, 0x0024, 0x0025, 0x8028, 0x8029, 0x802a, 0xc001];

/** Length, MESSAGE-INTEGRITY and FINGERPRINT are made right, or some of them are: else nearly all damage ends at the first check. */
function repaired(input: Buffer, random: Random): Buffer {
  const body = Buffer.from(input.subarray(0, 4096 - (input.length % 4)));
  if (body.length < 20) {
    return input;
  }
  body.writeUInt32BE(0x2112a442, 4);
  const withIntegrity = random.oneIn(2);
  body.writeUInt16BE((body.length - 20 + (withIntegrity ? 24 : 0)) & 0xffff, 2);
  const mac = createHmac('sha1', PASSWORD).update(body).digest();
  const signed = withIntegrity ? Buffer.concat([body, Buffer.from([0, 8, 0, 20]), mac]) : body;
  if (random.oneIn(4)) {
    return signed;
  }
  signed.writeUInt16BE((signed.length - 20 + 8) & 0xffff, 2);
  const end = Buffer.alloc(8);
  end.writeUInt16BE(0x8028, 0);
  end.writeUInt16BE(4, 2);
  end.writeUInt32BE((crc32(signed) ^ 0x5354554e) >>> 0, 4);
  return Buffer.concat([signed, end]);
}

/** One attribute more, of a kind that is known, with a length that may be wrong. */
const attribute: Mutation = (input, random) => {
  const size = random.below(40);
  const value = Buffer.alloc(4 + Math.ceil(size / 4) * 4, random.below(256));
  value.writeUInt16BE(random.pick(KNOWN), 0);
  value.writeUInt16BE(random.oneIn(8) ? random.below(0x10000) : size, 2);
  const at = Math.min(input.length, 20 + 4 * random.below(Math.max(1, (input.length - 20) >> 2)));
  return Buffer.concat([input.subarray(0, at), value, input.subarray(at)]);
};

/** RFC 5769, 2.1 to 2.3: a request, and answers with an IPv4 and an IPv6 address. */
const RFC_5769 = [
  '000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf',
  '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96',
  '010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c',
];

export const stun: FuzzTarget = {
  name: 'stun',
  maxLength: 4096,
  mutations: [attribute, attribute, repaired, repaired],
  dictionary: KNOWN.map((type) => String.fromCharCode(type >> 8, type & 0xff, 0, 4)),
  seeds: () => {
    const transaction = Buffer.alloc(12, 7);
    const request = writeRequest({
      transaction,
      username: 'aaaa:bbbb',
      password: PASSWORD,
      priority: 1,
      controlling: true,
      tieBreaker: 1n,
    });
    const answer = writeSuccess(request, '192.0.2.1', 9, PASSWORD);
    return [...RFC_5769.map((hex) => Buffer.from(hex, 'hex')), request, answer];
  },
  run: (input) => {
    if (!isStun(input)) {
      return undefined;
    }
    const message = readStun(input);
    if (!message) {
      return undefined;
    }
    isSignedWith(input, message, PASSWORD);
    if (message.kind !== 'request') {
      return message;
    }
    return [
      message,
      ipv6Bytes('::ffff:192.0.2.1'),
      writeSuccess(input, '2001:db8::1', 9, PASSWORD),
    ];
  },
  isExpected: () => false,
  budget: { cpuRatio: 12, floor: 16_384, heapBase: 65_536, heapPerByte: 16 },
};
