import { Application, createDecoder, createEncoder, Signal } from 'libopus-wasm';
import type { OpusDecoderHandle, OpusEncoderHandle } from 'libopus-wasm';
import type { Codec, VoiceRate } from '../../media-plane.ts';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../sounds/g711.ts';
import type { VoiceLibraries } from './libraries.ts';
import { Resampler } from './resampler.ts';

/** Between a leg's packets and samples at a voice's rate. */
export interface VoiceCodec {
  /** @throws Error for a packet that is none */
  decode(payload: Buffer): Int16Array;
  /** What was probably in packets that did not come: so many of 20 ms. */
  conceal(frames: number): Int16Array;
  /** 20 ms. */
  encode(frame: Int16Array): Buffer;
  free(): void;
}

const BITRATE = 32_000;
/** Of 10. Speech sounds the same to the ear from here on, and costs half of the highest. */
const COMPLEXITY = 4;

export function createVoiceCodec(
  codec: Codec,
  rate: VoiceRate,
  libraries: VoiceLibraries,
): Promise<VoiceCodec> {
  if (codec === 'opus') {
    return OpusVoice.create(rate);
  }
  const tables = codec === 'PCMU' ? MU_LAW : A_LAW;
  return Promise.resolve(new G711Voice(tables, rate, libraries));
}

/** libopus codes and decodes at each of the rates by itself, so nothing is resampled. */
class OpusVoice implements VoiceCodec {
  readonly #encoder: OpusEncoderHandle;
  readonly #decoder: OpusDecoderHandle;

  private constructor(encoder: OpusEncoderHandle, decoder: OpusDecoderHandle) {
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  static async create(rate: VoiceRate): Promise<OpusVoice> {
    const format = { channels: 1, sampleRate: rate } as const;
    const encoder = await createEncoder({
      ...format,
      application: Application.Voip,
      signal: Signal.Voice,
      bitrate: BITRATE,
      complexity: COMPLEXITY,
      frameSize: rate / 50,
    });
    try {
      return new OpusVoice(encoder, await createDecoder(format));
    } catch (error) {
      encoder.free();
      throw error;
    }
  }

  decode(payload: Buffer): Int16Array {
    return this.#decoder.decode(payload);
  }

  conceal(frames: number): Int16Array {
    return this.#decoder.decodePacketLoss((frames * this.#decoder.sampleRate) / 50);
  }

  encode(frame: Int16Array): Buffer {
    const { buffer, byteOffset, byteLength } = this.#encoder.encode(frame);
    return Buffer.from(buffer, byteOffset, byteLength);
  }

  free(): void {
    this.#encoder.free();
    this.#decoder.free();
  }
}

interface Tables {
  readonly decode: Int16Array;
  readonly encode: (sample: number) => number;
}

const table = (decode: (byte: number) => number): Int16Array =>
  Int16Array.from({ length: 256 }, (_, byte) => decode(byte));
const MU_LAW: Tables = { decode: table(decodeMuLaw), encode: encodeMuLaw };
const A_LAW: Tables = { decode: table(decodeALaw), encode: encodeALaw };

const G711_RATE = 8_000;

class G711Voice implements VoiceCodec {
  readonly #tables: Tables;
  readonly #up: Resampler;
  readonly #down: Resampler;

  constructor(tables: Tables, rate: VoiceRate, { speex }: VoiceLibraries) {
    this.#tables = tables;
    this.#up = new Resampler(speex, G711_RATE, rate);
    this.#down = new Resampler(speex, rate, G711_RATE);
  }

  decode(payload: Buffer): Int16Array {
    return this.#up.process(Int16Array.from(payload, (byte) => this.#tables.decode[byte] ?? 0));
  }

  conceal(frames: number): Int16Array {
    return this.#up.process(new Int16Array((frames * G711_RATE) / 50));
  }

  encode(frame: Int16Array): Buffer {
    return Buffer.from(Array.from(this.#down.process(frame), this.#tables.encode));
  }

  free(): void {
    this.#up.free();
    this.#down.free();
  }
}
