export type Quality = 'excellent' | 'good' | 'fair' | 'poor' | 'bad';

/** ITU-T G.107, annex B: R to MOS. Below R = 6.5 the polynomial turns around and would call worse better. */
const fromR = (r: number): number =>
  r < 6.5 ? 1 : 1 + 0.035 * r + 0.000007 * r * (r - 60) * (100 - r);
const clamp = (value: number, max: number): number => Math.min(Math.max(value, 1), max);

/**
 * MOS as `telnyx.stats.frame` gives it, 1 to 4.5. Never rises with jitter, loss or round trip. Jitter and round trip in milliseconds, packet counters cumulative.
 * NaN when there were no packets at all.
 */
export function frameMos(jitterMs: number, rttMs: number, received: number, lost: number): number {
  const latency = jitterMs + rttMs / 2;
  const delay = 0.024 * latency + (latency > 177.3 ? 0.11 * (latency - 177.3) : 0);
  // Late packets are counted back: a browser may well count fewer than none as lost.
  const missing = Math.max(0, lost);
  const loss = (100 * missing) / (received + missing);
  return clamp(fromR(93.2 - delay - 20 * Math.log(1 + loss)), 4.5);
}

/** MOS that warning 31004 judges, 1 to 4.5. Never rises with jitter, loss (percent) or round trip. */
export function warningMos(jitterMs: number, lossPercent: number, rttMs: number): number {
  return clamp(fromR(93.2 - 0.11 * jitterMs - 2.5 * lossPercent - 0.01 * rttMs), 4.5);
}

/** The class of a MOS, without holes; null for NaN. */
export function qualityOf(mos: number): Quality | null {
  if (Number.isNaN(mos)) {
    return null;
  }
  if (mos > 4.2) {
    return 'excellent';
  }
  if (mos > 4.0) {
    return 'good';
  }
  if (mos > 3.6) {
    return 'fair';
  }
  return mos > 3.0 ? 'poor' : 'bad';
}
