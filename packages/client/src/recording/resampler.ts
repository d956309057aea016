/** Linear resampling of a mono stream, block after block without a seam. */
export class Resampler {
  readonly #to: number;
  /** Where the next output sample lies, in input samples, counted from the first sample of the next block. */
  #position = 0;
  #last = 0;

  constructor(to: number) {
    this.#to = to;
  }

  process(input: Float32Array, from: number): Float32Array {
    if (from === this.#to || input.length === 0) {
      return input;
    }
    const step = from / this.#to;
    const output: number[] = [];
    let position = this.#position;
    for (; position <= input.length - 1; position += step) {
      const index = Math.floor(position);
      const before = index < 0 ? this.#last : (input[index] ?? 0);
      const after = input[index + 1] ?? before;
      output.push(before + (after - before) * (position - index));
    }
    this.#position = position - input.length;
    this.#last = input[input.length - 1] ?? 0;
    return Float32Array.from(output);
  }
}
