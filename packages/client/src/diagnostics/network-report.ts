import { NetworkReasonCode } from './reason-codes.ts';
import { audio, minMaxAverage, number, selectedPair, timeOf } from './stats.ts';
import type { Stat } from './stats.ts';
import type {
  NetworkAudioDirection,
  PreCallDiagnosticReason,
  PreCallNetworkReport,
} from './types.ts';

/** `fair` from the first value on, `poor` from the second. */
const RTT_MS = [300, 500] as const;
const JITTER_MS = [30, 100] as const;
const LOSS_FRACTION = [0.02, 0.05] as const;
const LOW_BITRATE = 8000;

function level(value: number | undefined, [fair, poor]: readonly [number, number]): 0 | 1 | 2 {
  if (value === undefined || value < fair) {
    return 0;
  }
  return value < poor ? 1 : 2;
}

function direction(
  first: Stat | undefined,
  last: Stat | undefined,
  way: 'Sent' | 'Received',
): NetworkAudioDirection {
  const packets = number(last, `packets${way}`);
  const bytes = number(last, `bytes${way}`);
  const packetsDelta = (packets ?? 0) - (number(first, `packets${way}`) ?? 0);
  const bytesDelta = (bytes ?? 0) - (number(first, `bytes${way}`) ?? 0);
  const report: NetworkAudioDirection = { flowing: packetsDelta > 0, packetsDelta, bytesDelta };
  if (packets !== undefined) {
    report.packets = packets;
  }
  if (bytes !== undefined) {
    report.bytes = bytes;
  }
  return report;
}

/** Bits a second since `from`, in milliseconds. */
function bitrate(
  from: number | undefined,
  last: Stat | undefined,
  bytesDelta: number | undefined,
): number | undefined {
  const to = number(last, 'timestamp');
  const seconds = from === undefined || to === undefined ? 0 : (to - from) / 1000;
  return seconds > 0 && bytesDelta !== undefined ? (bytesDelta * 8) / seconds : undefined;
}

function defined<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

/** What the samples say of the way between browser and gateway; undefined with fewer than two. */
export function buildNetworkReport(
  samples: readonly RTCStatsReport[],
  options: { readonly checkBitrate: boolean },
): PreCallNetworkReport | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || first === last) {
    return undefined;
  }
  const numbers = (pick: (sample: RTCStatsReport) => number | undefined): number[] =>
    samples.map(pick).filter((value) => value !== undefined);

  const rtt = minMaxAverage(
    numbers((sample) => number(selectedPair(sample), 'currentRoundTripTime')).map((s) => s * 1000),
  );
  const jitter = minMaxAverage(
    numbers((sample) => {
      const both = [audio(sample, 'inbound-rtp'), audio(sample, 'remote-inbound-rtp')];
      const values = both
        .map((entry) => number(entry, 'jitter'))
        .filter((value) => value !== undefined);
      return values.length > 0 ? Math.max(...values) * 1000 : undefined;
    }),
  );
  const [firstIn, lastIn] = [audio(first, 'inbound-rtp'), audio(last, 'inbound-rtp')];
  const [firstOut, lastOut] = [audio(first, 'outbound-rtp'), audio(last, 'outbound-rtp')];
  const inbound = direction(firstIn, lastIn, 'Received');
  const outbound = direction(firstOut, lastOut, 'Sent');
  const received = number(lastIn, 'packetsReceived');
  const lost = number(lastIn, 'packetsLost');
  const total = (received ?? 0) + Math.max(0, lost ?? 0);
  const loss = total > 0 ? Math.max(0, lost ?? 0) / total : undefined;
  // A direction has no entry before its first packet: then it began at nothing when the first sample was taken.
  const rates = {
    inbound: bitrate(number(firstIn, 'timestamp') ?? timeOf(first), lastIn, inbound.bytesDelta),
    outbound: bitrate(number(firstOut, 'timestamp') ?? timeOf(first), lastOut, outbound.bytesDelta),
  };

  const reasons: PreCallDiagnosticReason[] = [];
  const add = (code: string, message: string): void => {
    reasons.push({ code, message, source: 'network' });
  };
  const levels = [
    level(rtt.average, RTT_MS),
    level(jitter.average, JITTER_MS),
    level(loss, LOSS_FRACTION),
  ];
  if (levels[0]) {
    add(NetworkReasonCode.HighRtt, 'The round trip to the gateway takes long');
  }
  if (levels[1]) {
    add(NetworkReasonCode.HighJitter, 'Packets arrive unevenly');
  }
  if (levels[2]) {
    add(NetworkReasonCode.PacketLoss, 'Packets are lost on the way');
  }
  const slow = [rates.inbound, rates.outbound].some(
    (rate) => rate !== undefined && rate < LOW_BITRATE,
  );
  if (options.checkBitrate && slow) {
    levels.push(1);
    add(NetworkReasonCode.LowBitrate, 'Less than 8 kbit/s of audio got through one way');
  }
  const worst = Math.max(...levels);
  const measured = rtt.average !== undefined || jitter.average !== undefined || loss !== undefined;
  return {
    quality: measured ? ((['good', 'fair', 'poor'] as const)[worst] ?? 'poor') : 'unknown',
    rtt,
    jitter,
    packets: defined({
      packetsSent: number(lastOut, 'packetsSent'),
      packetsReceived: received,
      packetsLost: lost,
      packetLossFraction: loss,
    }),
    bytes: defined({
      bytesSent: number(lastOut, 'bytesSent'),
      bytesReceived: number(lastIn, 'bytesReceived'),
    }),
    bitrate: defined(rates),
    inbound,
    outbound,
    reasons,
  };
}
