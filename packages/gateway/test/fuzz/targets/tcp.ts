import { FrameReader, frame } from '../../../src/media/embedded/tcp/frames.ts';
import { joinPackets, PACKET_MUTATIONS, splitPackets } from '../mutate/packets.ts';
import type { FuzzTarget } from '../target.ts';

/** A stream of packets over TCP (RFC 4571) as it arrives: each datagram of the input is what one read gives. */
export const tcpFrames: FuzzTarget = {
  name: 'tcp-frames',
  maxLength: 16_384,
  mutations: PACKET_MUTATIONS,
  dictionary: ['\x00\x00', '\x00\x01', '\x08\x00', '\x08\x01', '\xff\xff'],
  seeds: () => {
    const stream = Buffer.concat(
      [20, 1, 1200, 2048].map((size) => frame(Buffer.alloc(size, size))),
    );
    const cut = [1, 2, 3, 30, 1000, stream.length].map((to, at, all) =>
      stream.subarray(all[at - 1] ?? 0, to),
    );
    return [joinPackets([stream]), joinPackets(cut)];
  },
  run: (input) => {
    const reader = new FrameReader();
    const stream: Buffer[] = [];
    const packets: Buffer[] = [];
    let isStream = true;
    for (const chunk of splitPackets(input)) {
      if (!isStream) {
        break;
      }
      stream.push(chunk);
      isStream = reader.push(chunk, (packet) => packets.push(frame(packet)));
    }
    // However the stream is cut, what comes out is its beginning.
    const out = Buffer.concat(packets);
    if (!Buffer.concat(stream).subarray(0, out.length).equals(out)) {
      throw new Error('the packets are not those of the stream');
    }
    return reader;
  },
  isExpected: () => false,
  budget: { cpuRatio: 60, floor: 4_096, heapBase: 65_536, heapPerByte: 2 },
};
