import { type Check, Misfit } from '../check.ts';
import {
  boolean,
  either,
  type Flat,
  list,
  map,
  type Members,
  number,
  object,
  oneOf,
  openObject,
  type Shape,
  sieve,
  string,
  where,
} from './tools.ts';

/** Bounds on what a client may send (UTF-16 units). */
const MAX_TEXT = 256;
const MAX_LONG_TEXT = 16_384;
const MAX_TOKEN = 16_384;
export const MAX_SDP = 65_536;
const MAX_HEADERS = 64;
const MAX_HEADER_NAME = 128;
const MAX_HEADER_VALUE = 4096;

/** Frame limits bound what a gateway sends; what a client sends is bounded member by member. */
export function boundedList<T>(item: Check<T>, max: number): Check<readonly T[]> {
  const items = list(item);
  return where(items, ({ length }) => length <= max, `at most ${max} elements`);
}

export function upTo(max: number, min = 0): Check<string> {
  const fits = ({ length }: string): boolean => length >= min && length <= max;
  return where(string, fits, `${min} to ${max} characters`);
}

export function pattern(expression: RegExp, expected: string): Check<string> {
  return where(string, (value) => expression.test(value), expected);
}

export function integer(min: number, max = Number.MAX_VALUE): Check<number> {
  const fits = (value: number): boolean => Number.isInteger(value) && value >= min && value <= max;
  return where(number, fits, `a whole number from ${min}`);
}

/** An object of which nothing else goes on. */
export function only<const S extends Shape>(shape: S): Check<Members<S>> {
  const known = Object.keys(shape);
  const keep = (value: object): Members<S> =>
    Object.fromEntries(Object.entries(value).filter(([key]) => known.includes(key))) as Members<S>;
  return map(object(shape), keep);
}

/** Objects told apart by their `type`; nothing else of them goes on. */
export function variant<const V extends Readonly<Record<string, Shape>>>(
  shapes: V,
): Check<{ [K in keyof V]: Flat<{ type: K } & Members<V[K]>> }[keyof V]> {
  const choices = new Map<unknown, Check<unknown>>(
    Object.entries(shapes).map(([type, shape]) => [type, only({ type: string, ...shape })]),
  );
  const known = [...choices.keys()].join(' or ');
  const choose = (value: Record<string, unknown>): unknown =>
    choices.get(value.type)?.(value) ?? new Misfit(known, 'type');
  return map(openObject, choose) as Check<never>;
}

/** Names, numbers, ids. A number is read as its text: applications pass `destinationNumber: 200`. */
export const text = either(
  upTo(MAX_TEXT),
  map(where(number, Number.isFinite, 'a finite number'), String),
);

/** Client state, candidates, message bodies. */
export const longText = upTo(MAX_LONG_TEXT);

/** Passwords and tokens. */
export const secret = upTo(MAX_TOKEN);

export const sdp = upTo(MAX_SDP, 1);

/** 1 to 128 printable characters: nothing of Unicode's category Other, no line or paragraph separator. */
export const callId = pattern(/^[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u, '1 to 128 printable characters');

/** Booleans; the mobile SDKs write some as text. */
export const flag = either(
  boolean,
  map(oneOf('true', 'false'), (value) => value === 'true'),
);

/** Headers that may end up in SIP, where a line break would start another header. */
function oneLine(schema: Check<string>): Check<string> {
  // eslint-disable-next-line no-control-regex -- control characters are what it is about
  const fits = (value: string): boolean => /^[^\u0000-\u0008\u000a-\u001f\u007f]*$/.test(value);
  return where(schema, fits, 'no control characters');
}

const headerValue = either(string, map(either(number, boolean), String));

const customHeader = only({
  name: oneLine(upTo(MAX_HEADER_NAME, 1)),
  value: oneLine(
    where(
      headerValue,
      ({ length }) => length <= MAX_HEADER_VALUE,
      `at most ${MAX_HEADER_VALUE} characters`,
    ),
  ),
});

/** Of an invite: a bad one is an error, since the call can be placed again without it. */
export const customHeaders = boundedList(customHeader, MAX_HEADERS);

/** Of everything else: a bad one is left out. */
export const customHeadersThatFit = sieve(customHeader, MAX_HEADERS);

/**
 * Telephone events as RFC 4733, 3.2 names them, with pauses (`,` and `w`). Read with a kind eye: a number, small letters, `p` for a
 * pause, and blanks and hyphens between digits.
 */
export const digits = map(either(upTo(MAX_TEXT), map(integer(0, 1e21), String)), (value) => {
  const read = value.replace(/[\s-]/g, '').toUpperCase().replaceAll('W', 'w').replaceAll('P', ',');
  return /^[0-9A-D#*w,]{1,64}$/.test(read) ? read : new Misfit('digits');
});
