import type { Random } from '../random.ts';
import type { Mutation } from '../target.ts';

/** Damages of texts that consist of lines, such as SDP and SIP. */

type LineMutation = (lines: string[], random: Random, others: readonly string[]) => void;

const LENGTHS = [1, 2, 10, 100, 1000, 10_000];
const NUMBERS = ['0', '-1', '1', '65535', '65536', '4294967295', '99999999999999999999', '1e9', ''];

function anyOf(lines: readonly string[], random: Random): number {
  return random.below(lines.length);
}

const duplicate: LineMutation = (lines, random) => {
  const at = anyOf(lines, random);
  const times = random.oneIn(3) ? random.size(2000) : 1;
  lines.splice(at, 0, ...Array<string>(times).fill(lines[at] ?? ''));
};

const drop: LineMutation = (lines, random) => {
  lines.splice(anyOf(lines, random), random.size(4));
};

const swap: LineMutation = (lines, random) => {
  const [a, b] = [anyOf(lines, random), anyOf(lines, random)];
  [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
};

const borrow: LineMutation = (lines, random, others) => {
  const from = random.below(others.length);
  const block = others.slice(from, from + random.size(12));
  lines.splice(random.below(lines.length + 1), random.below(2), ...block);
};

/** Inputs are cut far below this; a string of JavaScript cannot be of any length. */
const LONGEST = 1 << 22;

/** How often a word may stand at most. */
const often = (text: string): number => Math.floor(LONGEST / (text.length + 1));

/** One word of a line is another number, stands often, is very long, or goes. */
const word: LineMutation = (lines, random) => {
  const at = anyOf(lines, random);
  const words = (lines[at] ?? '').split(/([ :;,/=])/);
  const chosen = random.below(words.length);
  const old = words[chosen] ?? '';
  switch (random.below(5)) {
    case 0:
      words[chosen] = random.pick(NUMBERS);
      break;
    case 1:
      words[chosen] = Array<string>(Math.min(random.size(4000), often(old)))
        .fill(old)
        .join(random.pick([' ', ';', '/']));
      break;
    case 2:
      words[chosen] = old.repeat(Math.min(random.pick(LENGTHS), often(old)));
      break;
    case 3:
      words[chosen] = /^\d+$/.test(old) ? String(Number(old) + random.below(9) - 4) : old + old;
      break;
    default:
      words.splice(chosen, 1);
  }
  lines[at] = words.join('');
};

/** As many values as a list can hold, each another one: "0 1 2 3 ...". */
const count: LineMutation = (lines, random) => {
  const at = anyOf(lines, random);
  const list = Array.from({ length: random.size(8000) }, (_, index) => String(index % 128));
  lines[at] = `${lines[at] ?? ''} ${list.join(' ')}`;
};

/** @param known whole lines of the format */
export function lineMutations(known: readonly string[]): Mutation[] {
  const insert: LineMutation = (lines, random) => {
    lines.splice(random.below(lines.length + 1), 0, random.pick(known));
  };
  return [duplicate, drop, swap, borrow, word, word, count, insert].map(
    (mutation): Mutation =>
      (input, random, others) => {
        const lines = input.toString('latin1').split('\r\n');
        const other = random.pick(others).toString('latin1').split('\r\n');
        mutation(lines, random, other);
        return Buffer.from(lines.join('\r\n'), 'latin1');
      },
  );
}
