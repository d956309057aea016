import type { Speex } from '@echogarden/speex-resampler-wasm';

const QUALITY = 5;
/** Of one call: a quarter of a second at 48 kHz. */
const MAX_INPUT = 12_000;

/** Changes the rate of a stream of samples. With equal rates it hands them on. */
export class Resampler {
  /** Of what goes in. */
  readonly rate: number;
  readonly #speex: Speex;
  readonly #state: number;
  readonly #ratio: number;
  readonly #input: number;
  readonly #output: number;
  readonly #lengths: number;
  readonly #maxOutput: number;

  constructor(speex: Speex, from: number, to: number) {
    this.rate = from;
    this.#speex = speex;
    this.#ratio = to / from;
    this.#maxOutput = Math.ceil(MAX_INPUT * this.#ratio) + 16;
    this.#state = from === to ? 0 : speex._speex_resampler_init(1, from, to, QUALITY, 0);
    if (from !== to && this.#state === 0) {
      throw new Error(`There is no resampler from ${String(from)} to ${String(to)} Hz.`);
    }
    this.#input = speex._malloc(MAX_INPUT * 2);
    this.#output = speex._malloc(this.#maxOutput * 2);
    this.#lengths = speex._malloc(8);
  }

  process(samples: Int16Array): Int16Array {
    if (this.#state === 0) {
      return samples;
    }
    const parts: Int16Array[] = [];
    for (let from = 0; from < samples.length; from += MAX_INPUT) {
      parts.push(this.#part(samples.subarray(from, from + MAX_INPUT)));
    }
    const [first] = parts;
    if (parts.length <= 1) {
      return first ?? samples;
    }
    const all = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #part(samples: Int16Array): Int16Array {
    const speex = this.#speex;
    speex.HEAP16.set(samples, this.#input / 2);
    speex.HEAP32[this.#lengths / 4] = samples.length;
    speex.HEAP32[this.#lengths / 4 + 1] = this.#maxOutput;
    const [from, lengths, to] = [this.#input, this.#lengths, this.#output];
    speex._speex_resampler_process_int(this.#state, 0, from, lengths, to, lengths + 4);
    const length = speex.HEAP32[this.#lengths / 4 + 1] ?? 0;
    return speex.HEAP16.slice(this.#output / 2, this.#output / 2 + length);
  }

  free(): void {
    if (this.#state !== 0) {
      this.#speex._speex_resampler_destroy(this.#state);
    }
    for (const pointer of [this.#input, this.#output, this.#lengths]) {
      this.#speex._free(pointer);
    }
  }
}
