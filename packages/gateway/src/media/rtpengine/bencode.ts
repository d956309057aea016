/** Bencoding, as rtpengine's control protocol speaks it: strings, integers, lists, dictionaries. */
export type BencodeInput =
  string | number | readonly BencodeInput[] | { readonly [key: string]: BencodeInput };

export type BencodeValue = string | number | readonly BencodeValue[] | BencodeDictionary;
export type BencodeDictionary = ReadonlyMap<string, BencodeValue>;

/** Deeper than any answer of rtpengine. */
const MAX_DEPTH = 24;
/** Values of one message. */
const MAX_VALUES = 20_000;
/** Of a safe integer, with its sign. */
const MAX_DIGITS = 17;

export function encode(value: BencodeInput): string {
  if (typeof value === 'string') {
    return `${String(Buffer.byteLength(value))}:${value}`;
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) {
      throw new RangeError('Bencoding has whole numbers only.');
    }
    return `i${String(value)}e`;
  }
  if (isList(value)) {
    return `l${value.map((each) => encode(each)).join('')}e`;
  }
  const keys = Object.keys(value).sort();
  return `d${keys.map((key) => encode(key) + encode(value[key] ?? '')).join('')}e`;
}

function isList(value: BencodeInput): value is readonly BencodeInput[] {
  return Array.isArray(value);
}

/** @throws RangeError for what is none, is cut off, or is too deep or too much */
export function decode(data: Buffer): BencodeValue {
  const reader = new Reader(data);
  const value = reader.value(0);
  if (!reader.isAtEnd) {
    throw new RangeError('Something follows the value.');
  }
  return value;
}

const CODE = { d: 0x64, e: 0x65, i: 0x69, l: 0x6c, colon: 0x3a } as const;

class Reader {
  readonly #data: Buffer;
  #at = 0;
  #values = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#data.length;
  }

  value(depth: number): BencodeValue {
    this.#values += 1;
    if (depth > MAX_DEPTH || this.#values > MAX_VALUES) {
      throw new RangeError('The message is too deep or holds too much.');
    }
    switch (this.#data[this.#at]) {
      case CODE.i:
        this.#at += 1;
        return this.#number(CODE.e);
      case CODE.l:
        this.#at += 1;
        return this.#list(depth);
      case CODE.d:
        this.#at += 1;
        return this.#dictionary(depth);
      default:
        return this.#string();
    }
  }

  #list(depth: number): readonly BencodeValue[] {
    const list: BencodeValue[] = [];
    while (!this.#ends()) {
      list.push(this.value(depth + 1));
    }
    return list;
  }

  #dictionary(depth: number): BencodeDictionary {
    const dictionary = new Map<string, BencodeValue>();
    while (!this.#ends()) {
      const key = this.#string();
      dictionary.set(key, this.value(depth + 1));
    }
    return dictionary;
  }

  #ends(): boolean {
    if (this.#data[this.#at] !== CODE.e) {
      return false;
    }
    this.#at += 1;
    return true;
  }

  #number(end: number): number {
    const until = this.#data.indexOf(end, this.#at);
    if (until < 0 || until - this.#at > MAX_DIGITS) {
      throw new RangeError('A number has no end.');
    }
    const text = this.#data.toString('latin1', this.#at, until);
    if (!/^(0|-?[1-9]\d{0,15})$/.test(text)) {
      throw new RangeError('This is no number.');
    }
    this.#at = until + 1;
    return Number(text);
  }

  #string(): string {
    const length = this.#number(CODE.colon);
    const end = this.#at + length;
    if (length < 0 || end > this.#data.length) {
      throw new RangeError('A string is cut off.');
    }
    const text = this.#data.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }
}
