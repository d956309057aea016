import { execFileSync } from 'node:child_process';
import { writeWav } from '../lib/wav.ts';

const RATE = 48_000;

/**
 * A microphone into which somebody says one sentence over and over, with pauses. Spoken by espeak-ng.
 * @param quietSeconds before the sentence, and again after it until it comes anew
 */
export function writeSpeech(text: string, quietSeconds: readonly [number, number]): string {
  const wav = execFileSync('espeak-ng', ['--stdout', '--stdin', '-v', 'en-us', '-s', '150'], {
    input: text,
  });
  const rate = wav.readUInt32LE(24);
  const from = wav.indexOf('data') + 8;
  const spoken = Math.floor((wav.length - from) / 2);
  const speech = Buffer.alloc(Math.floor((spoken * RATE) / rate) * 2);
  for (let i = 0; i < speech.length / 2; i += 1) {
    const at = (i * rate) / RATE;
    const left = Math.min(spoken - 1, Math.floor(at));
    const right = Math.min(spoken - 1, left + 1);
    const a = wav.readInt16LE(from + left * 2);
    const b = wav.readInt16LE(from + right * 2);
    speech.writeInt16LE(Math.round(a + (b - a) * (at - left)), i * 2);
  }
  const quiet = (seconds: number): Buffer => Buffer.alloc(Math.round(RATE * seconds) * 2);
  const samples = Buffer.concat([quiet(quietSeconds[0]), speech, quiet(quietSeconds[1])]);
  return writeWav(text.replaceAll(/\W+/g, '-'), samples);
}
