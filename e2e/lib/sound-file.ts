import { readFileSync, statSync } from 'node:fs';
import type { Spectrum } from '../pages/spectrum.ts';
import { analyse } from '../pages/spectrum.ts';

/** Bytes before the samples of a sound file. */
const HEAD = 44;
const LATE_MS = 3_000;

interface Format {
  readonly rate: number;
  readonly channels: number;
}

/** What a phone writes into its recording, from now on. @param format where the file says it only at the end */
export async function hearFile(file: string, format = formatOf(file)): Promise<Spectrum> {
  const ms = 500;
  const { rate, channels } = format;
  const { size } = statSync(file);
  const from = size - ((size - HEAD) % (2 * channels));
  const frames = Math.round((ms / 1000) * rate);
  const wanted = frames * channels * 2;
  const until = Date.now() + ms + LATE_MS;
  while (statSync(file).size < from + wanted) {
    if (Date.now() > until) {
      throw new Error('The phone hears no audio at all, not even silence.');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const bytes = readFileSync(file).subarray(from, from + wanted);
  const samples = Float32Array.from(
    { length: frames },
    (_, index) => bytes.readInt16LE(2 * channels * index) / 32_768,
  );
  return analyse(samples, rate);
}

/** Listens until it hears what `enough` wants, or the time is over. */
export async function hearUntil(
  hear: () => Promise<Spectrum>,
  enough: (heard: Spectrum) => boolean,
  timeout = 10_000,
): Promise<Spectrum> {
  const until = Date.now() + timeout;
  for (;;) {
    const late = Date.now() > until;
    try {
      const heard = await hear();
      if (late || enough(heard)) {
        return heard;
      }
    } catch (error) {
      if (late) {
        throw error;
      }
      // A file that is not there yet is asked for again, but not without a pause.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** What the head of a sound file says; its lengths are those of when it was opened. */
function formatOf(file: string): Format {
  const head = readFileSync(file);
  const format = { channels: head.readUInt16LE(22), rate: head.readUInt32LE(24) };
  if (format.channels === 0 || format.rate === 0) {
    throw new Error(`${file} does not say yet what is in it.`);
  }
  return format;
}
