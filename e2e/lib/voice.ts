import { readFileSync } from 'node:fs';
import { writeWav } from './wav.ts';

const RATE = 48_000;

/**
 * A microphone into which somebody says a recorded sentence over and over, with pauses.
 * @param recording a mono 16-bit WAV file, or its bytes
 * @param quietSeconds before the sentence, and after it until it comes anew
 */
export function writeVoice(
  name: string,
  recording: string | Buffer,
  [before, after]: readonly [number, number],
): string {
  const wav = typeof recording === 'string' ? readFileSync(recording) : recording;
  const rate = wav.readUInt32LE(24);
  const from = wav.indexOf('data') + 8;
  const spoken = Math.floor((wav.length - from) / 2);
  const speech = Buffer.alloc(Math.floor((spoken * RATE) / rate) * 2);
  for (let index = 0; index < speech.length / 2; index += 1) {
    const at = (index * rate) / RATE;
    const left = Math.min(spoken - 1, Math.floor(at));
    const right = Math.min(spoken - 1, left + 1);
    const a = wav.readInt16LE(from + left * 2);
    const b = wav.readInt16LE(from + right * 2);
    speech.writeInt16LE(Math.round(a + (b - a) * (at - left)), index * 2);
  }
  const quiet = (seconds: number): Buffer => Buffer.alloc(Math.round(RATE * seconds) * 2);
  return writeWav(name, Buffer.concat([quiet(before), speech, quiet(after)]));
}
