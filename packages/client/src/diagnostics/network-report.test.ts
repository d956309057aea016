import { describe, expect, it } from 'vitest';
import { buildNetworkReport } from './network-report.ts';

/** One second of a call as `getStats()` shows it; members that a test does not name are healthy. */
function sample(second: number, over: Record<string, Record<string, number>> = {}): RTCStatsReport {
  const timestamp = 1_000_000 + second * 1000;
  const list = [
    { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
    { id: 'P', type: 'candidate-pair', currentRoundTripTime: 0.05, ...over['pair'] },
    {
      id: 'I',
      type: 'inbound-rtp',
      kind: 'audio',
      timestamp,
      jitter: 0.002,
      packetsLost: 0,
      packetsReceived: 50 * second,
      bytesReceived: 4000 * second,
      ...over['in'],
    },
    {
      id: 'O',
      type: 'outbound-rtp',
      kind: 'audio',
      timestamp,
      packetsSent: 50 * second,
      bytesSent: 4000 * second,
      ...over['out'],
    },
  ];
  return new Map(list.map((entry) => [entry.id, entry]));
}
const codes = (report: ReturnType<typeof buildNetworkReport>) =>
  report?.reasons?.map((r) => r.code);
const check = { checkBitrate: true };

describe('the network section of a pre-call report', () => {
  it('is absent with fewer than two samples', () => {
    expect(buildNetworkReport([], check)).toBeUndefined();
    expect(buildNetworkReport([sample(1)], check)).toBeUndefined();
  });

  it('measures a good network in milliseconds and bits per second', () => {
    const report = buildNetworkReport([sample(1), sample(2), sample(3)], check);
    expect(report).toMatchObject({ quality: 'good', reasons: [] });
    expect(report?.rtt?.average).toBeCloseTo(50);
    expect(report?.jitter?.max).toBeCloseTo(2);
    expect(report?.bitrate?.inbound).toBeCloseTo(32_000);
    expect(report?.inbound).toMatchObject({ flowing: true, packetsDelta: 100 });
  });

  it.each([
    [{ pair: { currentRoundTripTime: 0.3 } }, 'fair', 'network_high_rtt'],
    [{ pair: { currentRoundTripTime: 0.5 } }, 'poor', 'network_high_rtt'],
    [{ in: { jitter: 0.03 } }, 'fair', 'network_high_jitter'],
    [{ in: { jitter: 0.1 } }, 'poor', 'network_high_jitter'],
    [{ in: { packetsReceived: 98, packetsLost: 2 } }, 'fair', 'network_packet_loss'],
    [{ in: { packetsReceived: 95, packetsLost: 5 } }, 'poor', 'network_packet_loss'],
    [{ in: { bytesReceived: 100 } }, 'fair', 'network_low_bitrate'],
  ])('calls %o %s', (over, quality, code) => {
    const report = buildNetworkReport([sample(1, over), sample(2, over)], check);
    expect(report?.quality).toBe(quality);
    expect(codes(report)).toContain(code);
  });

  it('measures the bit rate of a direction whose first packet came after the first sample', () => {
    const first = sample(1);
    (first as unknown as Map<string, unknown>).delete('I');
    const report = buildNetworkReport([first, sample(2), sample(3)], check);
    expect(report?.bitrate?.inbound).toBeCloseTo(48_000);
    expect(report).toMatchObject({ quality: 'good', reasons: [] });
  });

  it('leaves the bit rate alone where it is not asked to judge it', () => {
    const over = { in: { bytesReceived: 100 } };
    expect(
      codes(buildNetworkReport([sample(1, over), sample(2, over)], { checkBitrate: false })),
    ).toEqual([]);
  });

  it('is unknown, not good, when nothing was measured', () => {
    const empty = () => new Map() as unknown as RTCStatsReport;
    expect(buildNetworkReport([empty(), empty()], check)).toMatchObject({
      quality: 'unknown',
      inbound: { flowing: false },
    });
  });
});
