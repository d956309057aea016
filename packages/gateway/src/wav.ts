/** The samples of a mono file: signed integers of 16 bits, or floats of 32. */
export type WavFormat = 'int16' | 'float32';

const FORMATS = { int16: { tag: 1, bytes: 2 }, float32: { tag: 3, bytes: 4 } } as const;

/** The head of a mono WAV file, before `bytes` of samples. What is not PCM has a longer `fmt ` chunk, and the `fact` chunk that players ask for. */
export function wavHeader(
  format: WavFormat,
  sampleRate: number,
  bytes: number,
): Buffer<ArrayBuffer> {
  const { tag, bytes: sampleBytes } = FORMATS[format];
  const rest = format === 'float32' ? 14 : 0;
  const head = Buffer.from(new ArrayBuffer(44 + rest));
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + rest + bytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(rest > 0 ? 18 : 16, 16);
  head.writeUInt16LE(tag, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * sampleBytes, 28);
  head.writeUInt16LE(sampleBytes, 32);
  head.writeUInt16LE(sampleBytes * 8, 34);
  if (rest > 0) {
    head.write('fact', 38, 'latin1');
    head.writeUInt32LE(4, 42);
    head.writeUInt32LE(bytes / sampleBytes, 46);
  }
  head.write('data', 36 + rest, 'latin1');
  head.writeUInt32LE(bytes, 40 + rest);
  return head;
}
