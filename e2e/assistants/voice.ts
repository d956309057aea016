import { execFileSync } from 'node:child_process';
import { writeVoice } from '../lib/voice.ts';

/**
 * A microphone into which somebody says one sentence over and over, with pauses. Spoken by espeak-ng.
 * @param quietSeconds before the sentence, and again after it until it comes anew
 */
export function writeSpeech(text: string, quietSeconds: readonly [number, number]): string {
  const wav = execFileSync('espeak-ng', ['--stdout', '--stdin', '-v', 'en-us', '-s', '150'], {
    input: text,
  });
  return writeVoice(text.replaceAll(/\W+/g, '-'), wav, quietSeconds);
}
