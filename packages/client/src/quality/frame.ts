import { frameMos, qualityOf } from './mos.ts';
import type { QualitySample } from './sampler.ts';

/**
 * The payload of `telnyx.stats.frame`. Null until something was received: a frame holds neither NaN nor Infinity.
 * `jitter` and `rtt` in seconds, as the far side reports them; before its first report, our own.
 */
export function statsFrame(callId: string, sample: QualitySample): Record<string, unknown> | null {
  const { inbound, outbound, remoteInbound, remoteOutbound, report } = sample;
  const jitter = remoteInbound?.jitter ?? sample.jitter ?? 0;
  const rtt = remoteInbound?.roundTripTime ?? sample.rtt ?? 0;
  const mos = frameMos(
    jitter * 1_000,
    rtt * 1_000,
    inbound?.packetsReceived ?? 0,
    inbound?.packetsLost ?? 0,
  );
  if (Number.isNaN(mos)) {
    return null;
  }
  const withCodec = (stats: RTCRtpStreamStats | null, bitrate: number | null): unknown => {
    const { clockRate, mimeType, payloadType } = (report.get(stats?.codecId ?? '') ??
      {}) as Partial<RTCRtpCodec & { payloadType: number }>;
    return stats && { ...stats, clockRate, mimeType, payloadType, bitrate: bitrate ?? 0 };
  };
  return {
    callId,
    jitter,
    rtt,
    mos,
    quality: qualityOf(mos),
    inboundAudio: withCodec(inbound, sample.inboundBitrate),
    outboundAudio: withCodec(outbound, sample.outboundBitrate),
    remoteInboundAudio: remoteInbound,
    remoteOutboundAudio: remoteOutbound,
  };
}
