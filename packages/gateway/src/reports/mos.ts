/** ITU-T G.107, annex B: R to MOS. Below R = 6.5 the polynomial turns around and would call worse better. */
function fromR(r: number): number {
  return r < 6.5 ? 1 : 1 + 0.035 * r + 0.000007 * r * (r - 60) * (100 - r);
}

/**
 * MOS as our client gives it (client specification 14.2, the formula of warning 31004), 1 to 4.5, for reports of clients that
 * give none. Never rises with jitter, loss or round trip.
 */
export function estimateMos(jitterMs: number, lossPercent: number, rttMs: number): number {
  const mos = fromR(93.2 - 0.11 * jitterMs - 2.5 * lossPercent - 0.01 * rttMs);
  return Math.min(Math.max(mos, 1), 4.5);
}
