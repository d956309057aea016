import { readFileSync } from 'node:fs';
import type { Codec } from '../../media-plane.ts';
import { encodeALaw, encodeMuLaw } from './g711.ts';

/** Frames of 20 ms. A bank belongs to one codec. */
export interface SoundBank {
  readonly silence: Buffer;
  /** One second of 1000 Hz, to be repeated. */
  readonly tone: readonly Buffer[];
  /** Two seconds of ringback. */
  readonly ringback: readonly Buffer[];
  /** 200 ms each. */
  readonly dtmf: ReadonlyMap<string, readonly Buffer[]>;
}

export type SoundBanks = Readonly<Record<Codec, SoundBank>>;

/** An Opus frame of 20 ms in which nothing is coded (CELT, full band): decoders play silence. */
const OPUS_SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const G711_RATE = 8_000;
const G711_FRAME = 160;
const AMPLITUDE = 0.5 * 32_767;
const DTMF_ROWS = [697, 770, 852, 941];
const DTMF_COLUMNS = [1209, 1336, 1477, 1633];
const DTMF_KEYS = [
  ['1', '2', '3', 'A'],
  ['4', '5', '6', 'B'],
  ['7', '8', '9', 'C'],
  ['*', '0', '#', 'D'],
];

interface SoundFile {
  readonly tone: readonly string[];
  readonly ringback: readonly string[];
  readonly dtmf: Readonly<Record<string, readonly string[]>>;
}

const decode = (frames: readonly string[]): Buffer[] =>
  frames.map((frame) => Buffer.from(frame, 'base64'));

/** Opus frames come from `assets/sounds.json` (made by `scripts/make-sounds.mjs`), G.711 ones are computed here. */
export function loadSounds(): SoundBanks {
  // The same depth from src/ and from dist/.
  const path = new URL('../../../../assets/sounds.json', import.meta.url);
  const file = JSON.parse(readFileSync(path, 'utf8')) as SoundFile;
  const opus: SoundBank = {
    silence: OPUS_SILENCE,
    tone: decode(file.tone),
    ringback: decode(file.ringback),
    dtmf: new Map(Object.entries(file.dtmf).map(([key, frames]) => [key, decode(frames)])),
  };
  return { opus, PCMU: g711Bank(encodeMuLaw), PCMA: g711Bank(encodeALaw) };
}

function g711Bank(encode: (sample: number) => number): SoundBank {
  const frames = (frequencies: readonly number[], count: number): Buffer[] =>
    Array.from({ length: count }, (_, frame) =>
      Buffer.from(
        Array.from({ length: G711_FRAME }, (_sample, i) => {
          const at = (2 * Math.PI * (frame * G711_FRAME + i)) / G711_RATE;
          const sum = frequencies.reduce((value, frequency) => value + Math.sin(frequency * at), 0);
          return encode(Math.round((sum / frequencies.length) * AMPLITUDE));
        }),
      ),
    );
  const dtmf = new Map<string, Buffer[]>();
  DTMF_KEYS.forEach((row, y) => {
    row.forEach((key, x) => {
      dtmf.set(key, frames([DTMF_ROWS[y] ?? 0, DTMF_COLUMNS[x] ?? 0], 10));
    });
  });
  return {
    silence: Buffer.alloc(G711_FRAME, encode(0)),
    tone: frames([1000], 50),
    ringback: frames([440, 480], 100),
    dtmf,
  };
}
