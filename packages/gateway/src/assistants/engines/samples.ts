/** 16-bit samples as bytes, little-endian as on every machine this runs on. */
export function toBytes({ buffer, byteOffset, byteLength }: Int16Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** A copy: bytes from elsewhere need not begin at an even place. An odd byte at the end is left out. */
export function toSamples(bytes: Buffer): Int16Array {
  const pcm = new Int16Array(Math.floor(bytes.length / 2));
  for (let i = 0; i < pcm.length; i += 1) {
    pcm[i] = bytes.readInt16LE(i * 2);
  }
  return pcm;
}
