/** Damages texts, the same way for the same seed. */
export class Mutator {
  readonly #corpus: readonly string[];
  #state: number;

  constructor(seed: number, corpus: readonly string[]) {
    this.#state = seed >>> 0;
    this.#corpus = corpus;
  }

  /** One text of the corpus after one to three damages. */
  next(): string {
    let text = this.#pick(this.#corpus);
    for (let n = 1 + this.#below(3); n > 0; n--) {
      text = this.#damage(text);
    }
    return text;
  }

  #damage(text: string): string {
    const at = this.#below(text.length + 1);
    switch (this.#below(20)) {
      case 0: {
        const flipped = text.charCodeAt(at) ^ (1 << this.#below(16));
        return text.slice(0, at) + String.fromCharCode(flipped) + text.slice(at + 1);
      }
      case 1:
        return text.slice(0, at);
      case 2: {
        const other = this.#pick(this.#corpus);
        return text.slice(0, at) + other.slice(this.#below(other.length + 1));
      }
      case 3:
        return text.slice(0, at) + this.#pick(INSERTS) + text.slice(at);
      case 4:
        return text.slice(0, at) + text.slice(at + 1 + this.#below(20));
      case 5:
        return text.replace(/"[^"]*"/, this.#pick(VALUES));
      case 6: {
        const depth = 1 + this.#below(60);
        return `${'{"a":['.repeat(depth)}${text}${']}'.repeat(depth)}`;
      }
      // The wrong value in the right place gets past the JSON parser, so it is the most frequent damage.
      default:
        return this.#replaceMember(text);
    }
  }

  /** Another value, or another name, for one of the members. */
  #replaceMember(text: string): string {
    const members = [
      ...text.matchAll(/"([\w-]{1,30})":("(?:[^"\\]|\\.)*"|-?\d+|true|false|null|[{[])/g),
    ];
    if (members.length === 0) {
      return text;
    }
    const member = this.#pick(members);
    const value = member[2] ?? '';
    const start = member.index;
    if (this.#below(8) === 0) {
      return `${text.slice(0, start)}"__proto__":${text.slice(start + member[0].length - value.length)}`;
    }
    if (value === '{' || value === '[') {
      const other = value === '{' ? '{"toString":1,"valueOf":1,"length":9,' : '[[[],{}],';
      return (
        text.slice(0, start) +
        `"${member[1] ?? ''}":${other}` +
        text.slice(start + member[0].length)
      );
    }
    const end = start + member[0].length;
    return text.slice(0, end - value.length) + this.#pick(VALUES) + text.slice(end);
  }

  #pick<T>(list: readonly T[]): T {
    const item = list[this.#below(list.length)];
    if (item === undefined) {
      throw new RangeError('Nothing to pick from');
    }
    return item;
  }

  /** xorshift32. */
  #below(bound: number): number {
    let x = this.#state || 1;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % bound;
  }
}

const INSERTS = [
  '\ud800',
  '\udc00',
  '\u0000',
  '"',
  '\\',
  '\\ud800',
  '\\u0000',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '1e999',
  '#SPU',
  '"__proto__":{"polluted":1},',
  '"\\u005f\\u005fproto__":{"polluted":1},',
];

const VALUES = [
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  '-0',
  '123456789012345678901234567890',
  '""',
  '"\\ud800"',
  '"\\u0000"',
  '"2.0"',
  '"login"',
  '"telnyx_rtc.invite"',
  '"verto.bye"',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '[]',
  '{}',
  '[null]',
  '{"__proto__":null}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"toString":1,"valueOf":1}',
  '{"length":-1}',
  '{"result":{"code":{"valueOf":1}}}',
  '[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]',
];
