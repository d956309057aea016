/** Compact forms (RFC 3261, 7.3.3 and 20; RFC 3515; RFC 4028). */
const COMPACT: Readonly<Record<string, string>> = {
  i: 'call-id',
  m: 'contact',
  e: 'content-encoding',
  l: 'content-length',
  c: 'content-type',
  f: 'from',
  s: 'subject',
  k: 'supported',
  t: 'to',
  v: 'via',
  r: 'refer-to',
  b: 'referred-by',
  x: 'session-expires',
  o: 'event',
  u: 'allow-events',
};

/** Headers that may stand in one line with commas between their values, and are read so here. */
const LISTS: ReadonlySet<string> = new Set(['via', 'route', 'record-route', 'contact']);

/** The name as it is looked up: lower case, never the compact form. */
function keyOf(name: string): string {
  const lower = name.toLowerCase();
  return COMPACT[lower] ?? lower;
}

/** The headers of a SIP message, in order. Names are compared without regard to case and compact forms. */
export class Headers {
  readonly #lines: { readonly key: string; readonly name: string; readonly value: string }[] = [];

  constructor(lines: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of lines) {
      this.add(name, value);
    }
  }

  /** The first value; undefined when there is none. */
  get(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** Every value, in order; those of Via, Route, Record-Route and Contact apart. */
  all(name: string): readonly string[] {
    const key = keyOf(name);
    const values = this.#lines.filter((line) => line.key === key).map(({ value }) => value);
    return LISTS.has(key) ? values.flatMap(splitList) : values;
  }

  add(name: string, value: string): this {
    this.#lines.push({ key: keyOf(name), name, value });
    return this;
  }

  /** In the place of all that there were. */
  set(name: string, value: string): this {
    const key = keyOf(name);
    const at = this.#lines.findIndex((line) => line.key === key);
    if (at === -1) {
      return this.add(name, value);
    }
    this.#lines[at] = { key, name, value };
    for (let i = this.#lines.length - 1; i > at; i--) {
      if (this.#lines[i]?.key === key) {
        this.#lines.splice(i, 1);
      }
    }
    return this;
  }

  has(name: string): boolean {
    const key = keyOf(name);
    return this.#lines.some((line) => line.key === key);
  }

  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (const { name, value } of this.#lines) {
      yield [name, value];
    }
  }
}

/** Splits at commas outside of quotes and angle brackets. */
function splitList(value: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let inUri = false;
  for (let at = 0; at < value.length; at++) {
    const character = value[at];
    if (quoted) {
      if (character === '\\') {
        at++;
      } else if (character === '"') {
        quoted = false;
      }
    } else if (character === '"') {
      quoted = true;
    } else if (character === '<') {
      inUri = true;
    } else if (character === '>') {
      inUri = false;
    } else if (character === ',' && !inUri) {
      parts.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(value.slice(start).trim());
  return parts.filter((part) => part !== '');
}
