import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RtpHeader, SrtcpSession, SrtpSession } from 'werift';
import { createRtpView, readRtp, writeRtpHeader } from './rtp.ts';
import {
  SRTP_AEAD_AES_128_GCM,
  SRTP_AES128_CM_SHA1_80,
  SrtpReceiver,
  SrtpSender,
  srtpSaltLength,
} from './srtp.ts';
import type { SrtpMaster, SrtpProfile } from './srtp.ts';

const PROFILES = [
  { name: 'AES_CM_128_HMAC_SHA1_80', profile: SRTP_AES128_CM_SHA1_80 },
  { name: 'AEAD_AES_128_GCM', profile: SRTP_AEAD_AES_128_GCM },
] as const;

const master = (profile: SrtpProfile): SrtpMaster => ({
  key: randomBytes(16),
  salt: randomBytes(srtpSaltLength(profile)),
});

function packet(sender: SrtpSender, index: number, text: string): Buffer {
  const data = Buffer.alloc(12 + text.length + sender.overhead);
  const fields = {
    marker: false,
    payloadType: 111,
    sequence: index % 0x10000,
    timestamp: index * 960,
    ssrc: 0xcafe,
  };
  writeRtpHeader(data, fields, -1, 0);
  data.write(text, 12);
  sender.protectRtp(data, 12, Math.floor(index / 0x10000));
  return data;
}

const open = (receiver: SrtpReceiver, data: Buffer): string | undefined => {
  const view = createRtpView();
  expect(readRtp(data, view, 0)).toBe(true);
  return receiver.unprotectRtp(data, view.headerLength)?.toString();
};

describe.each(PROFILES)('SRTP with $name', ({ profile }) => {
  function ends() {
    const keys = master(profile);
    return { sender: new SrtpSender(profile, keys), receiver: new SrtpReceiver(profile, keys) };
  }

  function foreign(keys: SrtpMaster) {
    const both = {
      localMasterKey: keys.key,
      localMasterSalt: keys.salt,
      remoteMasterKey: keys.key,
      remoteMasterSalt: keys.salt,
    };
    return {
      rtp: new SrtpSession({ keys: both, profile }),
      rtcp: new SrtcpSession({ keys: both, profile }),
    };
  }

  it('understands another implementation, and is understood by it', () => {
    const keys = master(profile);
    const other = foreign(keys);
    const sent = packet(new SrtpSender(profile, keys), 77, 'ours');
    expect(other.rtp.decrypt(sent).subarray(12).toString()).toBe('ours');
    const header = new RtpHeader({ payloadType: 111, sequenceNumber: 5, timestamp: 1, ssrc: 9 });
    const theirs = other.rtp.encrypt(Buffer.from('theirs'), header);
    expect(open(new SrtpReceiver(profile, keys), theirs)).toBe('theirs');
  });

  it('does the same for RTCP', () => {
    const keys = master(profile);
    const other = foreign(keys);
    const report = Buffer.from('80c90001000000ff81ca000200000001020300000000', 'hex').subarray(
      0,
      20,
    );
    const sent = new SrtpSender(profile, keys).protectRtcp(report);
    expect(other.rtcp.decrypt(sent)).toEqual(report);
    const receiver = new SrtpReceiver(profile, keys);
    expect(receiver.unprotectRtcp(other.rtcp.encrypt(report))).toEqual(report);
  });

  it('follows the sequence numbers over their end', () => {
    const { sender, receiver } = ends();
    const indexes = [65_530, 65_534, 65_535, 65_536, 65_537, 65_533, 98_000, 130_000, 131_073];
    for (const index of indexes) {
      expect(open(receiver, packet(sender, index, `n${String(index)}`))).toBe(`n${String(index)}`);
      expect(receiver.lastIndex).toBe(index);
    }
  });

  it('takes a packet once, also out of order, and none that is too old', () => {
    const { sender, receiver } = ends();
    const packets = Array.from({ length: 200 }, (_, i) => packet(sender, 1_000 + i, 'x'));
    const at = (i: number): Buffer => packets[i] ?? Buffer.alloc(0);
    expect(open(receiver, at(100))).toBe('x');
    expect(open(receiver, at(100))).toBeUndefined();
    expect(open(receiver, at(50))).toBe('x');
    expect(open(receiver, at(50))).toBeUndefined();
    expect(open(receiver, at(199))).toBe('x');
    expect(open(receiver, at(71))).toBeUndefined();
    expect(open(receiver, at(72))).toBe('x');
  });

  it('drops what was changed anywhere, and what is too short', () => {
    const { sender, receiver } = ends();
    const data = packet(sender, 9, 'payload');
    for (let at = 0; at < data.length; at += 1) {
      const changed = Buffer.from(data);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at);
      const view = createRtpView();
      if (readRtp(changed, view, 0)) {
        expect(receiver.unprotectRtp(changed, view.headerLength)).toBeUndefined();
      }
    }
    expect(receiver.unprotectRtp(data.subarray(0, 14), 12)).toBeUndefined();
    expect(open(receiver, data)).toBe('payload');
    const report = sender.protectRtcp(Buffer.from('80c9000100000001', 'hex'));
    for (let at = 8; at < report.length; at += 1) {
      const changed = Buffer.from(report);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at);
      expect(receiver.unprotectRtcp(changed)).toBeUndefined();
    }
    expect(receiver.unprotectRtcp(report.subarray(0, 20))).toBeUndefined();
    expect(receiver.unprotectRtcp(report)?.length).toBe(8);
    expect(receiver.unprotectRtcp(report)).toBeUndefined();
  });
});
