import type { Random } from '../random.ts';
import type { Mutation } from '../target.ts';

/** Damages of JSON that is still JSON: the wrong value in the right place gets past the parser of the text. */

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  -0,
  0.5,
  2 ** 53,
  2 ** 32,
  '',
  'x',
  '\ud800',
  '\u0000',
  '2.0',
  'constructor',
  'toString',
  '1970-01-01T00:00:00Z',
  [],
  {},
  [null],
  [[]],
  { length: -1 },
  { toString: 1, valueOf: 1 },
];

const MAX_LENGTH = 1024 * 1024;

type Container = Record<string, unknown> | unknown[];

/** All objects and lists of a value, at most so many. */
function containersOf(root: unknown): Container[] {
  const found: Container[] = [];
  const pending = [root];
  while (pending.length > 0 && found.length < 2000) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) {
      continue;
    }
    found.push(value as Container);
    pending.push(...Object.values(value).slice(0, 200));
  }
  return found;
}

function keyOf(container: Container, random: Random): string | undefined {
  const keys = Object.keys(container);
  return keys.length > 0 ? random.pick(keys) : undefined;
}

function put(container: Container, key: string, value: unknown): void {
  Object.defineProperty(container, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function parsed(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString('utf8'));
  } catch {
    return undefined;
  }
}

const pieceOf = (other: unknown, random: Random): unknown => {
  const containers = containersOf(other);
  if (containers.length === 0) {
    return null;
  }
  const container = random.pick(containers);
  const key = keyOf(container, random);
  return key === undefined ? container : (container as Record<string, unknown>)[key];
};

/** @param words strings and names of members that the format knows */
export function jsonMutations(words: readonly string[]): Mutation[] {
  const value = (random: Random): unknown => {
    if (random.oneIn(3)) {
      return random.pick(words);
    }
    // A copy: what is put into one input must not be in the next.
    return random.oneIn(10)
      ? random.pick(words).repeat(random.size(4000))
      : structuredClone(random.pick(VALUES));
  };
  const change = (root: unknown, other: unknown, random: Random): unknown => {
    const containers = containersOf(root);
    if (containers.length === 0) {
      return value(random);
    }
    const container = random.pick(containers);
    const key = keyOf(container, random);
    switch (random.below(8)) {
      case 0:
        put(container, random.pick(words), value(random));
        break;
      case 1:
        put(container, random.pick(words), pieceOf(other, random));
        break;
      case 2:
        if (key !== undefined) {
          Reflect.deleteProperty(container, key);
        }
        break;
      case 3:
        if (key !== undefined) {
          put(container, key, pieceOf(other, random));
        }
        break;
      case 4: {
        // Many of one kind.
        const one = pieceOf(root, random);
        const many = Array<unknown>(random.size(3000)).fill(one);
        if (key === undefined) {
          return many;
        }
        put(container, key, many);
        break;
      }
      case 5: {
        let deep = pieceOf(root, random);
        for (let left = random.size(60); left > 0; left -= 1) {
          deep = random.oneIn(2) ? [deep] : { a: deep };
        }
        if (key === undefined) {
          return deep;
        }
        put(container, key, deep);
        break;
      }
      case 6: {
        for (let left = random.size(300); left > 0; left -= 1) {
          put(container, `k${String(left)}`, 0);
        }
        break;
      }
      default:
        if (key !== undefined) {
          put(container, key, value(random));
        }
    }
    return root;
  };
  const mutation: Mutation = (input, random, others) => {
    const other = parsed(random.pick(others));
    let root = parsed(input);
    if (root === undefined) {
      root = other ?? {};
    }
    for (let left = random.size(4); left > 0; left -= 1) {
      root = change(root, other, random);
      // A piece of a value in itself, many times over: writing that down would take longer than all inputs before it.
      if (isLarge(root)) {
        return input;
      }
    }
    return Buffer.from(safeJson(root), 'utf8');
  };
  return [mutation, mutation, mutation];
}

/** Several times as long as any input may be, as JSON; or without an end, as a value that holds itself. */
function isLarge(root: unknown): boolean {
  let left = MAX_LENGTH;
  const pending = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    left -= typeof value === 'string' ? value.length + 2 : 2;
    if (left < 0) {
      return true;
    }
    if (typeof value !== 'object' || value === null) {
      continue;
    }
    for (const [key, member] of Object.entries(value)) {
      left -= Array.isArray(value) ? 1 : key.length + 3;
      if (left < 0) {
        return true;
      }
      pending.push(member);
    }
  }
  return false;
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return 'null';
  }
}
