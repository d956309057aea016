import OpusScript from 'opusscript';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Codec } from '../../media-plane.ts';
import { encodeALaw, encodeMuLaw } from './g711.ts';
import { Player } from './player.ts';
import { loadSounds } from './sound-bank.ts';
import type { SoundBanks } from './sound-bank.ts';

/** Share of the samples' power at a frequency (Goertzel). */
function share(samples: readonly number[], rate: number, frequency: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let [one, two, power] = [0, 0, 0];
  for (const sample of samples) {
    [one, two] = [sample + coefficient * one - two, one];
    power += sample * sample;
  }
  const found = one * one + two * two - coefficient * one * two;
  return (2 * found) / (samples.length * Math.max(1, power));
}

function decodeMuLaw(byte: number): number {
  const inverted = ~byte & 0xff;
  const magnitude = (((inverted & 0x0f) << 3) + 0x84) << ((inverted >> 4) & 7);
  return (inverted & 0x80 ? -1 : 1) * (magnitude - 0x84);
}

function decodeALaw(byte: number): number {
  const value = byte ^ 0x55;
  const exponent = (value >> 4) & 7;
  const mantissa = ((value & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return value & 0x80 ? magnitude : -magnitude;
}

describe('the service sounds', () => {
  let sounds: SoundBanks;
  beforeAll(() => {
    sounds = loadSounds();
  });

  function samplesOf(codec: Codec, frames: readonly Buffer[]): { samples: number[]; rate: number } {
    if (codec === 'PCMU') {
      return { samples: frames.flatMap((frame) => [...frame].map(decodeMuLaw)), rate: 8_000 };
    }
    if (codec === 'PCMA') {
      return { samples: frames.flatMap((frame) => [...frame].map(decodeALaw)), rate: 8_000 };
    }
    const decoder = new OpusScript(48_000, 1, OpusScript.Application.AUDIO);
    const samples = frames.flatMap((frame) => {
      const pcm = decoder.decode(frame);
      return Array.from({ length: pcm.length / 2 }, (_, i) => pcm.readInt16LE(i * 2));
    });
    decoder.delete();
    return { samples, rate: 48_000 };
  }

  const frames = (
    codec: Codec,
    count: number,
    ...source: [ConstructorParameters<typeof Player>[1]]
  ) => {
    const player = new Player(sounds[codec], ...source);
    return Array.from({ length: count }, () => player.next());
  };

  const CODECS = ['opus', 'PCMU', 'PCMA'] as const;

  it.each(CODECS)('have 1000 Hz as tone in %s, without end', (codec) => {
    const played = frames(codec, 120, { kind: 'tone' }).map(({ payload }) => payload);
    const { samples, rate } = samplesOf(codec, played.slice(20));
    expect(share(samples, rate, 1_000)).toBeGreaterThan(0.95);
  });

  it.each(CODECS)('have 440 and 480 Hz for 2 s of 6 as ringback in %s', (codec) => {
    const played = frames(codec, 350, { kind: 'ringback' }).map(({ payload }) => payload);
    const { samples, rate } = samplesOf(codec, played.slice(10, 90));
    for (const frequency of [440, 480]) {
      expect(share(samples, rate, frequency)).toBeGreaterThan(0.4);
    }
    const silent = played.map((payload) => payload === sounds[codec].silence);
    expect(silent.indexOf(true)).toBe(100);
    expect(silent.lastIndexOf(true)).toBe(299);
  });

  it.each(CODECS)('have two tones for each of the sixteen digits in %s', (codec) => {
    const rows = [697, 770, 852, 941];
    const columns = [1_209, 1_336, 1_477, 1_633];
    '123A456B789C*0#D'.split('').forEach((digits, i) => {
      const played = frames(codec, 10, { kind: 'dtmf', digits });
      const { samples, rate } = samplesOf(
        codec,
        played.map(({ payload }) => payload),
      );
      const [row, column] = [rows[Math.floor(i / 4)] ?? 0, columns[i % 4] ?? 0];
      for (const frequency of [row, column]) {
        expect(share(samples, rate, frequency), `${digits} ${codec}`).toBeGreaterThan(0.35);
      }
    });
  });

  it('mark the first frame behind silence', () => {
    const played = frames('PCMU', 31, { kind: 'dtmf', digits: '12' });
    const starts = played.flatMap(({ starts: mark }, i) => (mark ? [i] : []));
    expect(starts).toEqual([0, 15]);
    expect(frames('opus', 5, { kind: 'silence' }).some(({ starts: mark }) => mark)).toBe(false);
  });

  it('pass over what is no digit', () => {
    const played = frames('PCMU', 30, { kind: 'dtmf', digits: 'x1' });
    expect(played.slice(5, 15).every(({ payload }) => payload !== sounds.PCMU.silence)).toBe(true);
  });
});

describe('G.711', () => {
  it.each([
    ['µ-law', encodeMuLaw, decodeMuLaw],
    ['A-law', encodeALaw, decodeALaw],
  ])('keeps %s within its step, which grows with the level', (_name, encode, decode) => {
    for (let sample = -32_768; sample <= 32_767; sample += 7) {
      const error = Math.abs(decode(encode(sample)) - sample);
      expect(error).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 16));
    }
  });
});
