import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';

const RATE = 48_000;

/**
 * Writes a sine tone as a 48 kHz mono 16-bit WAV and returns its path: what Chromium takes as a fake microphone.
 * Chromium plays the file in a loop, so it holds whole cycles (one second, integer frequency).
 * @param level peak, 0 to 1 of full scale
 * @param seconds for a program that makes a pause before it plays the file again
 */
export function writeTone(frequency: number, level = 0.5, seconds = 1): string {
  const name = [frequency, level === 0.5 ? [] : level, seconds === 1 ? [] : `${String(seconds)}s`];
  const samples = Buffer.alloc(RATE * 2 * seconds);
  for (let index = 0; index < RATE * seconds; index += 1) {
    const value = Math.sin((2 * Math.PI * frequency * index) / RATE) * level * 32_767;
    samples.writeInt16LE(Math.round(value), index * 2);
  }
  return writeWav(name.flat().join('-'), samples);
}

/** Nothing, for a microphone that nobody speaks into. */
export const writeSilence = (): string => writeTone(440, 0);

/** 48 kHz mono 16-bit samples as a file of this name, in a folder of this process. */
export function writeWav(name: string, samples: Buffer): string {
  const path = join(tmpdir(), `offhook-tones-${String(process.pid)}`, `${name}.wav`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.concat([header(samples.length), samples]));
  return path;
}

function header(bytes: number): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + bytes, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(bytes, 40);
  return head;
}
