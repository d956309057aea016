/** Mono 32-bit float PCM as a WAV file (format 3, with the `fact` chunk that it asks for), so that any player takes it. */
export function wav(samples: Uint8Array, sampleRate: number): Buffer {
  const head = Buffer.alloc(58);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(50 + samples.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(18, 16);
  head.writeUInt16LE(3, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * 4, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(32, 34);
  head.writeUInt16LE(0, 36);
  head.write('fact', 38, 'latin1');
  head.writeUInt32LE(4, 42);
  head.writeUInt32LE(samples.length / 4, 46);
  head.write('data', 50, 'latin1');
  head.writeUInt32LE(samples.length, 54);
  return Buffer.concat([head, samples]);
}
