/**
 * A vowel of a man who says it over and over: a buzz of 120 Hz through three resonances. Voice detectors take it for speech, which they
 * do not do with tones.
 */
export function vowel(rate: number, seconds: number): Int16Array {
  const samples = new Float64Array(Math.round(rate * seconds));
  const resonances = [
    [700, 110],
    [1200, 120],
    [2500, 160],
  ] as const;
  for (let i = 0; i < samples.length; i += 1) {
    const phase = ((i / rate) * 120) % 1;
    samples[i] = phase < 120 / rate ? 1 : -120 / rate;
  }
  for (const [frequency, width] of resonances) {
    const r = Math.exp((-Math.PI * width) / rate);
    const c = 2 * r * Math.cos((2 * Math.PI * frequency) / rate);
    for (let i = 0; i < samples.length; i += 1) {
      samples[i] = (samples[i] ?? 0) + c * (samples[i - 1] ?? 0) - r * r * (samples[i - 2] ?? 0);
    }
  }
  const peak = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
  return Int16Array.from(samples, (sample, i) => {
    // Syllables, four a second.
    const swell = 0.55 + 0.45 * Math.sin((2 * Math.PI * 4 * i) / rate);
    return Math.round((sample / peak) * swell * 12_000);
  });
}

export function rms(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) {
    sum += sample * sample;
  }
  return Math.sqrt(sum / Math.max(1, samples.length));
}
