import {
  createRtpView,
  isRtcp,
  readRtp,
  withoutPadding,
} from '../../../src/media/embedded/rtp/rtp.ts';
import { readCompound, writeReport } from '../../../src/media/embedded/rtp/rtcp.ts';
import {
  SRTP_AEAD_AES_128_GCM,
  SRTP_AES128_CM_SHA1_80,
  SrtpReceiver,
  SrtpSender,
  srtpSaltLength,
} from '../../../src/media/embedded/rtp/srtp.ts';
import type { RtcpHandlers } from '../../../src/media/embedded/rtp/rtcp.ts';
import type { SrtpProfile } from '../../../src/media/embedded/rtp/srtp.ts';
import { joinPackets, PACKET_MUTATIONS, splitPackets } from '../mutate/packets.ts';
import type { FuzzTarget } from '../target.ts';

function master(profile: SrtpProfile) {
  return { key: Buffer.alloc(16, 3), salt: Buffer.alloc(srtpSaltLength(profile), 4) };
}

/** What a datagram of the input is: sealed as it stands, sealed with a roll-over counter, or given as it is. */
const SEALED = 1;
const RAW = 3;

// The input decides what is sealed, also the same number twice: that is no fault of the sender's here.
process.env['OFFHOOK_TEST_ASSERT_NONCES'] = '0';

const NOTHING: RtcpHandlers = {
  senderReport: () => undefined,
  loss: () => undefined,
  nack: () => undefined,
};
const view = createRtpView();

function sealed(sender: SrtpSender, kind: number, packet: Buffer): Buffer | undefined {
  if (packet.length < 12) {
    return packet;
  }
  if (isRtcp(packet)) {
    return sender.protectRtcp(packet);
  }
  if (!readRtp(packet, view, 1)) {
    return packet;
  }
  const whole = Buffer.concat([packet, Buffer.alloc(sender.overhead)]);
  sender.protectRtp(whole, view.headerLength, kind >> 2);
  return whole;
}

/** A party that has the keys and sends what it likes, and others who send what looks like it. */
export const srtp: FuzzTarget = {
  name: 'srtp',
  maxLength: 16_384,
  mutations: PACKET_MUTATIONS,
  dictionary: ['\x90\x6f', '\x80\x00', '\x80\xc8', '\x80\xc9'],
  seeds: () => {
    const packets = Array.from({ length: 12 }, (_, at) => {
      const packet = Buffer.from('016f0001000000010000000a78fffe78fffe78fffe', 'hex');
      packet.writeUInt8(0x80, 1);
      return Buffer.concat([Buffer.from([SEALED]), Buffer.from('806f', 'hex'), numbered(at)]);
    });
    const report = writeReport(10, 'name', undefined, undefined);
    const control = Buffer.concat([Buffer.from([SEALED]), report]);
    return [
      joinPackets([Buffer.from([0]), ...packets, control]),
      joinPackets([Buffer.from([1]), ...packets, control]),
    ];
  },
  run: (input) => {
    const [head, ...packets] = splitPackets(input);
    const profile = (head?.[0] ?? 0) & 1 ? SRTP_AEAD_AES_128_GCM : SRTP_AES128_CM_SHA1_80;
    const receiver = new SrtpReceiver(profile, master(profile));
    const sender = new SrtpSender(profile, master(profile));
    for (const packet of packets) {
      const kind = packet[0] ?? 0;
      const body = packet.subarray(1);
      const data = (kind & 3) === RAW ? body : sealed(sender, kind, body);
      if (!data || data.length < 12) {
        continue;
      }
      if (isRtcp(data)) {
        const plain = receiver.unprotectRtcp(data);
        if (plain) {
          readCompound(plain, NOTHING);
        }
        continue;
      }
      if (!readRtp(data, view, 1)) {
        continue;
      }
      const payload = receiver.unprotectRtp(data, view.headerLength);
      if (payload && view.padding) {
        withoutPadding(payload);
      }
    }
    return receiver;
  },
  isExpected: () => false,
  budget: { cpuRatio: 60, floor: 65_536, heapBase: 65_536, heapPerByte: 16 },
};

function numbered(sequence: number): Buffer {
  const rest = Buffer.from('0000000000010000000a78fffe78fffe', 'hex');
  rest.writeUInt16BE(sequence, 0);
  return rest;
}
