import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtcpPacketConverter, RtcpRrPacket, RtcpSrPacket } from 'werift';
import { Reception } from './reception.ts';
import { readCompound, writeReport } from './rtcp.ts';

const nothing = { senderReport: () => {}, nack: () => {}, loss: () => {} };

describe('RTCP reports', () => {
  const block = {
    ssrc: 7,
    fractionLost: 128,
    packetsLost: 3,
    highestSequence: 70_000,
    jitter: 12,
    lastReport: 0xaabbccdd,
    sinceLastReport: 65_536,
  };

  it('are understood by another implementation, with and without a sender part', () => {
    const sender = { wallMs: 1_500, timestamp: 960, packets: 2, octets: 30 };
    const parts = RtcpPacketConverter.deSerialize(writeReport(5, 'name', sender, block));
    const [report] = parts;
    if (!(report instanceof RtcpSrPacket)) {
      throw new Error('no sender report');
    }
    expect(report.ssrc).toBe(5);
    expect(report.senderInfo).toMatchObject({ rtpTimestamp: 960, packetCount: 2, octetCount: 30 });
    // 1.5 s after 1970, in NTP's format.
    expect(report.senderInfo.ntpTimestamp).toBe((2_208_988_801n << 32n) | 0x8000_0000n);
    expect(report.reports[0]).toMatchObject({
      ssrc: 7,
      fractionLost: 128,
      packetsLost: 3,
      highestSequence: 70_000,
      jitter: 12,
      lsr: 0xaabbccdd,
      dlsr: 65_536,
    });
    const [bare] = RtcpPacketConverter.deSerialize(writeReport(5, 'name', undefined, undefined));
    expect(bare).toBeInstanceOf(RtcpRrPacket);
  });

  it('carry the lost packets that a party asks for', () => {
    const feedback = Buffer.from('81cd0003000000010000abcd00100005', 'hex');
    const asked: unknown[] = [];
    readCompound(feedback, {
      ...nothing,
      nack: (ssrc, list) => asked.push([ssrc, list]),
    });
    expect(asked).toEqual([[0xabcd, [16, 17, 19]]]);
  });

  it('give the time of a sender report', () => {
    const seen: unknown[] = [];
    const report = writeReport(5, 'n', { wallMs: 0, timestamp: 1, packets: 1, octets: 1 }, block);
    readCompound(report, { ...nothing, senderReport: (ssrc, ntp) => seen.push([ssrc, ntp]) });
    expect(seen).toEqual([[5, report.readUInt32BE(10)]]);
  });

  it.each([{ wallMs: 0, timestamp: 1, packets: 1, octets: 1 }, undefined])(
    'tell what the party lost, with and without a sender part: %o',
    (sender) => {
      const seen: unknown[] = [];
      readCompound(writeReport(5, 'n', sender, block), {
        ...nothing,
        loss: (ssrc, fraction) => seen.push([ssrc, fraction]),
      });
      expect(seen).toEqual([[7, 128]]);
    },
  );

  it('never make the reader throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        readCompound(Buffer.from(bytes), nothing);
      }),
    );
  });
});

describe('what was received', () => {
  it('counts losses by sequence number, and again from zero for a new source', () => {
    const reception = new Reception();
    for (const index of [10, 11, 14, 13]) {
      reception.packet(1, index, index * 960, 50, 48_000, index * 20);
    }
    expect(reception.packetsLost).toBe(1);
    const first = reception.report(0);
    expect(first).toMatchObject({ ssrc: 1, packetsLost: 1, highestSequence: 14 });
    expect(first?.fractionLost).toBe(Math.floor(256 / 5));
    expect(reception.report(0)?.fractionLost).toBe(0);
    reception.packet(2, 900, 0, 50, 48_000, 500);
    expect(reception.packetsLost).toBe(1);
    expect(reception.report(0)).toMatchObject({ ssrc: 2, packetsLost: 0 });
    expect([reception.packets, reception.bytes]).toEqual([5, 250]);
  });

  it('estimates jitter as RFC 3550 does, over the end of the timestamps', () => {
    const reception = new Reception();
    const start = 0xffff_ff00;
    let expected = 0;
    for (let i = 0; i < 50; i += 1) {
      const late = i % 2 === 0 ? 0 : 10;
      const now = i * 20 + late;
      reception.packet(1, i, (start + i * 960) >>> 0, 50, 48_000, now);
      if (i > 0) {
        expected += (480 - expected) / 16;
      }
    }
    expect(reception.jitterSeconds).toBeCloseTo(expected / 48_000, 6);
  });

  it('says how long ago the party reported', () => {
    const reception = new Reception();
    reception.packet(1, 1, 0, 1, 48_000, 0);
    expect(reception.report(10)).toMatchObject({ lastReport: 0, sinceLastReport: 0 });
    reception.senderReport(1, 0x1234, 1_000);
    reception.senderReport(9, 0x9999, 1_000);
    expect(reception.report(1_500)).toMatchObject({ lastReport: 0x1234, sinceLastReport: 32_768 });
  });
});
