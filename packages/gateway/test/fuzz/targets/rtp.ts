import {
  createRtpView,
  isRtcp,
  readRtp,
  withoutPadding,
} from '../../../src/media/embedded/rtp/rtp.ts';
import { readCompound, writeReport } from '../../../src/media/embedded/rtp/rtcp.ts';
import { convertEvent, DigitReader } from '../../../src/media/embedded/rtp/telephone-event.ts';
import { joinPackets, PACKET_MUTATIONS, splitPackets } from '../mutate/packets.ts';
import type { FuzzTarget } from '../target.ts';

const view = createRtpView();

/** Opus with an audio level, with padding, with a two-byte extension, and with contributing sources. */
const PACKETS = [
  '906f0001000000010000000abede00011085000078fffe',
  'b06f0002000000020000000abede0001108500fffffe00000004',
  '906f0003000000030000000a100000010102aabb78fffe',
  '826f0004000000040000000a000000010000000278fffe',
];

export const rtp: FuzzTarget = {
  name: 'rtp',
  maxLength: 2_048,
  mutations: [],
  dictionary: ['\xbe\xde\x00\x01', '\x10\x00\x00\x01', '\xf0', '\x10'],
  seeds: () => PACKETS.map((hex) => Buffer.from(hex, 'hex')),
  run: (input) => {
    if (input.length < 2 || isRtcp(input)) {
      return undefined;
    }
    for (const id of [0, 1, 14]) {
      if (!readRtp(input, view, id)) {
        continue;
      }
      const payload = input.subarray(view.headerLength);
      if (view.padding) {
        withoutPadding(payload);
      }
    }
    return undefined;
  },
  isExpected: () => false,
  budget: { cpuRatio: 30, floor: 1_024, heapBase: 32_768, heapPerByte: 1 },
};

export const rtcp: FuzzTarget = {
  name: 'rtcp',
  maxLength: 2_048,
  mutations: [],
  dictionary: ['\x81\xc8\x00\x0c', '\x81\xc9\x00\x07', '\x81\xcd\x00\x03', '\x81\xcb\x00\x01'],
  seeds: () => {
    const sender = { wallMs: 1e12, timestamp: 960, packets: 1, octets: 3 };
    const nack = Buffer.from('81cd00030000000a0000000b0001ffff', 'hex');
    return [writeReport(10, 'name', sender, undefined), nack, Buffer.concat([nack, nack])];
  },
  run: (input) => {
    let sequences = 0;
    readCompound(input, {
      senderReport: () => undefined,
      loss: () => undefined,
      nack: (_ssrc, list) => {
        sequences += list.length;
      },
    });
    return sequences;
  },
  isExpected: () => false,
  budget: { cpuRatio: 60, floor: 1_024, heapBase: 32_768, heapPerByte: 1 },
};

/** Packets of digits: each datagram is a timestamp, a wait and the payload. */
export const telephoneEvent: FuzzTarget = {
  name: 'telephone-event',
  maxLength: 8_192,
  mutations: PACKET_MUTATIONS,
  dictionary: ['\x00\x0a\x00\xa0', '\x00\x8a\x03\x20', '\x0b\x8a\xff\xff'],
  seeds: () => {
    const packet = (hex: string): Buffer => Buffer.from(hex, 'hex');
    const press = ['0001140a00a0', '0001140a0140', '0001148a0320', '0001148a0320'].map(packet);
    const lostEnd = ['0002140b00a0', '0002ff0b0140', '0003140a00a0'].map(packet);
    return [joinPackets(press), joinPackets(lostEnd)];
  },
  run: (input) => {
    const digits: string[] = [];
    const reader = new DigitReader((digit) => digits.push(digit));
    let now = 0;
    for (const packet of splitPackets(input)) {
      if (packet.length < 3) {
        continue;
      }
      now += packet.readUInt8(2);
      reader.packet(packet.subarray(3), packet.readUInt16BE(0), now);
      reader.tick(now);
      convertEvent(packet.subarray(3), 8_000, 48_000);
    }
    return digits;
  },
  isExpected: () => false,
  budget: { cpuRatio: 60, floor: 1_024, heapBase: 32_768, heapPerByte: 16 },
};
