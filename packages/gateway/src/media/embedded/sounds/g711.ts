/** G.711: 16-bit samples to 8-bit ones (ITU-T G.711; segments of doubling step size). */

const BIAS = 0x84;
const CLIP = 32_635;

export function encodeMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(magnitude >> 7);
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

export function encodeALaw(sample: number): number {
  // Positive values carry the sign bit; even bits are turned over.
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = Math.min(sample >= 0 ? sample : -sample - 1, CLIP) >> 4;
  const exponent = magnitude < 32 ? (magnitude < 16 ? 0 : 1) : 32 - Math.clz32(magnitude >> 4);
  const mantissa = exponent < 2 ? magnitude & 0x0f : (magnitude >> (exponent - 1)) & 0x0f;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}
