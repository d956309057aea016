import type { Random } from '../random.ts';
import type { Mutation } from '../target.ts';

/** Values that lengths and counters break at. */
const INTERESTING = [0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1023, 1024];
const LARGE = [0x7fff, 0x8000, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xffffffff];

function replace(input: Buffer, from: number, to: number, middle: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, from), middle, input.subarray(to)]);
}

const flipBit: Mutation = (input, random) => {
  const copy = Buffer.from(input);
  const at = random.below(copy.length);
  if (copy.length > 0) {
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  }
  return copy;
};

const setByte: Mutation = (input, random) => {
  const copy = Buffer.from(input);
  if (copy.length > 0) {
    copy[random.below(copy.length)] = random.below(256);
  }
  return copy;
};

/** One to four bytes, in either order, get a value that something may break at, or go up or down a little. */
const setNumber: Mutation = (input, random) => {
  const copy = Buffer.from(input);
  const width = 1 + random.below(4);
  if (copy.length < width) {
    return copy;
  }
  const at = random.below(copy.length - width + 1);
  const limit = 2 ** (8 * width);
  const isBig = random.oneIn(2);
  const old = isBig ? copy.readUIntBE(at, width) : copy.readUIntLE(at, width);
  const near = old + random.below(35) - 17;
  const value = random.oneIn(2)
    ? near
    : random.oneIn(3)
      ? random.pick(LARGE)
      : random.pick(INTERESTING);
  const fitting = ((value % limit) + limit) % limit;
  if (isBig) {
    copy.writeUIntBE(fitting, at, width);
  } else {
    copy.writeUIntLE(fitting, at, width);
  }
  return copy;
};

const remove: Mutation = (input, random) => {
  const from = random.below(input.length);
  return replace(input, from, from + random.size(input.length), Buffer.alloc(0));
};

const cutOff: Mutation = (input, random) => input.subarray(0, random.below(input.length + 1));

/** A piece stands once more, or very often: what costs more than linear time shows here. */
const repeat: Mutation = (input, random) => {
  const from = random.below(input.length);
  const piece = input.subarray(from, from + random.size(64));
  const times = random.oneIn(4) ? random.size(4096) : random.size(8);
  return replace(input, from, from, Buffer.concat(Array<Buffer>(times).fill(piece)));
};

const move: Mutation = (input, random) => {
  const from = random.below(input.length);
  const piece = input.subarray(from, from + random.size(64));
  const rest = replace(input, from, from + piece.length, Buffer.alloc(0));
  const to = random.below(rest.length + 1);
  return replace(rest, to, to, piece);
};

const insert: Mutation = (input, random) => {
  const at = random.below(input.length + 1);
  const bytes = Array.from({ length: random.size(16) }, () => random.below(256));
  return replace(input, at, at, Buffer.from(bytes));
};

/** The beginning of one and the end of another. */
const splice: Mutation = (input, random, others) => {
  const other = random.pick(others);
  const from = random.below(input.length + 1);
  const start = random.below(other.length + 1);
  return Buffer.concat([input.subarray(0, from), other.subarray(start)]);
};

/** A piece of another one in the midst. */
const graft: Mutation = (input, random, others) => {
  const other = random.pick(others);
  const start = random.below(other.length);
  const piece = other.subarray(start, start + random.size(128));
  const at = random.below(input.length + 1);
  return replace(input, at, random.oneIn(2) ? at + piece.length : at, piece);
};

export const BYTE_MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setNumber,
  setNumber,
  remove,
  cutOff,
  repeat,
  move,
  insert,
  splice,
  graft,
];

/** Puts a word of the format in, or over what stands there. */
export function words(dictionary: readonly string[]): Mutation {
  const known = dictionary.map((word) => Buffer.from(word, 'latin1'));
  return (input: Buffer, random: Random): Buffer => {
    const word = random.pick(known);
    const at = random.below(input.length + 1);
    return replace(input, at, random.oneIn(2) ? at + word.length : at, word);
  };
}
