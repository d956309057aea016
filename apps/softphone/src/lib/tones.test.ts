// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { renderBursts, toWav } from './tones.ts';

/** Loudness at one frequency, by Goertzel's method. */
function strength(samples: Int16Array, hertz: number): number {
  const k = 2 * Math.cos((2 * Math.PI * hertz) / 8000);
  let a = 0;
  let b = 0;
  for (const sample of samples) {
    [a, b] = [sample + k * a - b, a];
  }
  return Math.sqrt(a * a + b * b - k * a * b) / samples.length;
}

describe('a ring sound', () => {
  const samples = renderBursts([{ startMs: 0, endMs: 500, hertz: [440] }], 1000, 0.5);

  it('has its frequency while it sounds and is silent for the rest of its period', () => {
    expect(samples).toHaveLength(8000);
    const sound = samples.subarray(0, 4000);
    expect(strength(sound, 440)).toBeGreaterThan(20 * strength(sound, 600));
    expect(samples.subarray(4000).every((sample) => sample === 0)).toBe(true);
  });

  it('begins and ends without a click, and never clips', () => {
    expect(Math.abs(samples[1] ?? 0)).toBeLessThan(500);
    expect(Math.max(...samples.map(Math.abs))).toBeLessThanOrEqual(Math.round(0.5 * 32_767));
  });

  it('is a RIFF file with the right lengths', () => {
    const view = new DataView(toWav(samples));
    const text = (at: number) =>
      String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
    expect([text(0), text(8), text(36)]).toEqual(['RIFF', 'WAVE', 'data']);
    expect(view.getUint32(4, true)).toBe(view.byteLength - 8);
    expect(view.getUint32(40, true)).toBe(16_000);
    expect(view.getUint32(24, true)).toBe(8000);
  });
});
