/** What a stretch of audio holds. Frequencies in Hz, levels in dBFS (a full-scale sine is -3.01), times in ms. */
export interface Spectrum {
  readonly ms: number;
  readonly dbfs: number;
  /** The strongest frequencies, strongest first, at least 40 Hz apart. */
  readonly peaks: readonly { readonly hz: number; readonly dbfs: number }[];
  /** Share of the power that lies within 25 Hz of the strongest frequency, 0 to 1. */
  readonly purity: number;
  /** Share of the power that lies in the band of a voice, 200 to 3400 Hz, 0 to 1. */
  readonly speech: number;
  /** The longest run of 10 ms windows below {@link SILENCE_DBFS}. */
  readonly longestSilence: number;
}

export const SILENCE_DBFS = -60;
const FLOOR_DBFS = -120;
const PEAKS = 4;

export function analyse(samples: Float32Array, rate: number): Spectrum {
  const { bins, hzPerBin } = powerSpectrum(samples, rate);
  const total = bins.reduce((sum, power) => sum + power, 0);
  const peaks = peaksOf(bins, hzPerBin);
  const first = peaks[0];
  return {
    ms: Math.round((samples.length / rate) * 1000),
    dbfs: decibels(meanSquare(samples)),
    peaks: peaks.map(({ hz, power }) => ({ hz, dbfs: decibels(power) })),
    purity: first && total > 0 ? powerNear(bins, hzPerBin, first.hz, 25) / total : 0,
    speech: total > 0 ? powerWithin(bins, hzPerBin, 200, 3400) / total : 0,
    longestSilence: longestSilence(samples, rate),
  };
}

export const decibels = (power: number): number =>
  power <= 0 ? FLOOR_DBFS : Math.max(FLOOR_DBFS, Math.round(100 * Math.log10(power)) / 10);

export function meanSquare(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) {
    sum += sample * sample;
  }
  return samples.length === 0 ? 0 : sum / samples.length;
}

function longestSilence(samples: Float32Array, rate: number): number {
  const size = Math.round(rate / 100);
  let longest = 0;
  let run = 0;
  for (let start = 0; start + size <= samples.length; start += size) {
    const quiet = decibels(meanSquare(samples.subarray(start, start + size))) < SILENCE_DBFS;
    run = quiet ? run + 10 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** Mean-square power a bin, so that the bins of a sine add up to its own mean square. Hann window, largest power of two. */
function powerSpectrum(samples: Float32Array, rate: number): { bins: number[]; hzPerBin: number } {
  const size = 2 ** Math.floor(Math.log2(Math.max(2, samples.length)));
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  for (let index = 0; index < size; index += 1) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / size);
    real[index] = (samples[index] ?? 0) * window;
  }
  transform(real, imaginary);
  // The Hann window keeps 3/8 of the power.
  const scale = 2 / (size * size * 0.375);
  const bins = Array.from({ length: size / 2 }, (_, bin) => {
    const re = real[bin] ?? 0;
    const im = imaginary[bin] ?? 0;
    return (re * re + im * im) * scale;
  });
  return { bins, hzPerBin: rate / size };
}

const powerNear = (bins: readonly number[], hzPerBin: number, hz: number, width: number): number =>
  powerWithin(bins, hzPerBin, hz - width, hz + width);

function powerWithin(bins: readonly number[], hzPerBin: number, from: number, to: number): number {
  let sum = 0;
  const last = Math.ceil(to / hzPerBin);
  for (let bin = Math.max(0, Math.floor(from / hzPerBin)); bin <= last; bin += 1) {
    sum += bins[bin] ?? 0;
  }
  return sum;
}

function peaksOf(bins: readonly number[], hzPerBin: number): { hz: number; power: number }[] {
  const peaks: { hz: number; power: number }[] = [];
  const order = bins.map((power, bin) => ({ power, bin })).sort((a, b) => b.power - a.power);
  for (const { bin } of order.slice(0, 400)) {
    const hz = interpolate(bins, bin) * hzPerBin;
    if (peaks.some((peak) => Math.abs(peak.hz - hz) < 40)) {
      continue;
    }
    peaks.push({ hz: Math.round(hz * 10) / 10, power: powerNear(bins, hzPerBin, hz, 15) });
    if (peaks.length === PEAKS) {
      break;
    }
  }
  return peaks;
}

/** The true top lies between bins: a parabola through the logarithms of three. */
function interpolate(bins: readonly number[], bin: number): number {
  const [left, middle, right] = [bin - 1, bin, bin + 1].map((at) =>
    Math.log((bins[at] ?? 0) + Number.MIN_VALUE),
  ) as [number, number, number];
  const curve = left - 2 * middle + right;
  return curve === 0 ? bin : bin + (0.5 * (left - right)) / curve;
}

/** Radix-2, in place. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let index = 1, mirror = 0; index < size; index += 1) {
    let bit = size >> 1;
    for (; mirror & bit; bit >>= 1) {
      mirror ^= bit;
    }
    mirror ^= bit;
    if (index < mirror) {
      swap(real, index, mirror);
      swap(imaginary, index, mirror);
    }
  }
  for (let length = 2; length <= size; length *= 2) {
    const angle = (-2 * Math.PI) / length;
    for (let start = 0; start < size; start += length) {
      for (let offset = 0; offset < length / 2; offset += 1) {
        const cos = Math.cos(angle * offset);
        const sin = Math.sin(angle * offset);
        const even = start + offset;
        const odd = even + length / 2;
        const re = (real[odd] ?? 0) * cos - (imaginary[odd] ?? 0) * sin;
        const im = (real[odd] ?? 0) * sin + (imaginary[odd] ?? 0) * cos;
        real[odd] = (real[even] ?? 0) - re;
        imaginary[odd] = (imaginary[even] ?? 0) - im;
        real[even] = (real[even] ?? 0) + re;
        imaginary[even] = (imaginary[even] ?? 0) + im;
      }
    }
  }
}

function swap(values: Float64Array, one: number, other: number): void {
  const kept = values[one] ?? 0;
  values[one] = values[other] ?? 0;
  values[other] = kept;
}
