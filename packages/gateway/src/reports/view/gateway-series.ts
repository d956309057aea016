import type { GatewaySeries } from '@offhook/protocol';
import type { MediaPoint } from '../records.ts';
import { rounded } from './read.ts';

/** Counters of a leg as what they grew by. Null with fewer than two. */
export function gatewaySeries(points: readonly MediaPoint[]): GatewaySeries | null {
  const steps = points.slice(1).flatMap((now, index) => {
    const before = points[index];
    const seconds = before === undefined ? 0 : (now.t - before.t) / 1000;
    if (before === undefined || seconds <= 0) {
      return [];
    }
    const per = (name: 'packetsReceived' | 'packetsSent' | 'bytesReceived' | 'bytesSent') =>
      Math.max(0, now[name] - before[name]) / seconds;
    const lost = Math.max(0, now.packetsLost - before.packetsLost);
    const expected = lost + Math.max(0, now.packetsReceived - before.packetsReceived);
    return [
      {
        t: now.t,
        lossPercent: expected === 0 ? null : (100 * lost) / expected,
        jitterMs: now.packetsReceived === 0 ? null : now.jitterMs,
        inPackets: per('packetsReceived'),
        outPackets: per('packetsSent'),
        inKbps: (8 * per('bytesReceived')) / 1000,
        outKbps: (8 * per('bytesSent')) / 1000,
      },
    ];
  });
  if (steps.length === 0) {
    return null;
  }
  const column = (name: Exclude<keyof GatewaySeries, 't'>) =>
    steps.map((step) => rounded(step[name]));
  return {
    t: steps.map(({ t }) => t),
    lossPercent: column('lossPercent'),
    jitterMs: column('jitterMs'),
    inPackets: column('inPackets'),
    outPackets: column('outPackets'),
    inKbps: column('inKbps'),
    outKbps: column('outKbps'),
  };
}
