/**
 * Ring sounds, made here so that nothing has to be downloaded. Each is one period of a cadence; the SDK plays it in a
 * loop.
 */
const RATE = 8000;

interface Burst {
  readonly startMs: number;
  readonly endMs: number;
  readonly hertz: readonly number[];
}

/** Sine waves faded in and out over 8 ms, so that no burst begins with a click. */
export function renderBursts(
  bursts: readonly Burst[],
  periodMs: number,
  gain: number,
): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(Math.round((periodMs / 1000) * RATE));
  const fade = RATE * 0.008;
  for (const { startMs, endMs, hertz } of bursts) {
    const from = Math.round((startMs / 1000) * RATE);
    const to = Math.min(Math.round((endMs / 1000) * RATE), samples.length);
    for (let i = from; i < to; i++) {
      const edge = Math.min(1, (i - from) / fade, (to - i) / fade);
      const t = i / RATE;
      const wave = hertz.reduce((sum, f) => sum + Math.sin(2 * Math.PI * f * t), 0) / hertz.length;
      samples[i] = (samples[i] ?? 0) + Math.round(wave * edge * gain * 32_767);
    }
  }
  return samples;
}

/** A RIFF file of 16-bit mono PCM. */
export function toWav(samples: Int16Array<ArrayBuffer>): ArrayBuffer {
  const bytes = samples.byteLength;
  const file = new ArrayBuffer(44 + bytes);
  const view = new DataView(file);
  const ascii = (offset: number, text: string) =>
    new TextEncoder().encode(text).forEach((byte, i) => view.setUint8(offset + i, byte));
  ascii(0, 'RIFF');
  view.setUint32(4, 36 + bytes, true);
  ascii(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  ascii(36, 'data');
  view.setUint32(40, bytes, true);
  samples.forEach((sample, i) => view.setInt16(44 + i * 2, sample, true));
  return file;
}

/** Two soft rising notes, then quiet. */
function ringtone(): Int16Array<ArrayBuffer> {
  const note = (startMs: number, hertz: number): Burst => ({
    startMs,
    endMs: startMs + 190,
    hertz: [hertz, hertz * 2],
  });
  const phrase = (at: number) => [note(at, 523.25), note(at + 200, 659.25), note(at + 400, 783.99)];
  return renderBursts([...phrase(0), ...phrase(800)], 3200, 0.28);
}

/** 425 Hz, one second in five. */
function ringback(): Int16Array<ArrayBuffer> {
  return renderBursts([{ startMs: 0, endMs: 1000, hertz: [425] }], 5000, 0.18);
}

/** URLs for `ringtoneFile` and `ringbackFile`. They live as long as the page. */
export function makeTones(): { readonly ringtoneFile: string; readonly ringbackFile: string } {
  const url = (samples: Int16Array<ArrayBuffer>) =>
    URL.createObjectURL(new Blob([toWav(samples)], { type: 'audio/wav' }));
  return { ringtoneFile: url(ringtone()), ringbackFile: url(ringback()) };
}
