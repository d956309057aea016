import type { Spoken } from './speech.ts';

/**
 * Reads a WAV file of 16-bit samples; of several channels the first. Programs that write to a pipe do not know the length beforehand, so the
 * data go to the end whatever the header says.
 * @throws Error for anything else
 */
export function readWav(file: Buffer): Spoken {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('no WAV file');
  }
  let channels = 0;
  let rate = 0;
  for (let at = 12; at + 8 <= file.length;) {
    const id = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === 'fmt ' && body + 16 <= file.length) {
      const isPcm = [1, 0xfffe].includes(file.readUInt16LE(body));
      if (!isPcm || file.readUInt16LE(body + 14) !== 16) {
        throw new Error('no 16-bit samples');
      }
      channels = file.readUInt16LE(body + 2);
      rate = file.readUInt32LE(body + 4);
    }
    if (id === 'data') {
      if (channels < 1 || rate < 1) {
        break;
      }
      const end = Math.min(file.length, body + size);
      return { pcm: samplesOf(file.subarray(body, end), channels), rate };
    }
    at = body + size + (size % 2);
  }
  throw new Error('a WAV file without samples');
}

function samplesOf(data: Buffer, channels: number): Int16Array {
  const pcm = new Int16Array(Math.floor(data.length / (2 * channels)));
  for (let i = 0; i < pcm.length; i += 1) {
    pcm[i] = data.readInt16LE(i * 2 * channels);
  }
  return pcm;
}
