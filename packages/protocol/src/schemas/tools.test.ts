import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Check, Misfit } from '../check.ts';
import {
  boolean,
  either,
  lenient,
  list,
  maybe,
  nullish,
  number,
  numeric,
  object,
  oneOf,
  optional,
  otherwise,
  string,
} from './tools.ts';

const misfit = (check: Check<unknown>, value: unknown) => {
  const read = check(value);
  if (!(read instanceof Misfit)) {
    throw new Error('It fits');
  }
  return { path: read.path, expected: read.expected };
};

describe('a check', () => {
  it('says where a value does not fit and what was expected, never what is there', () => {
    const call = object({ parties: list(object({ name: string })) });
    const secret = { parties: [{ name: 'ada' }, { name: { password: 'hunter2' } }] };
    expect(misfit(call, secret)).toEqual({ path: 'parties.1.name', expected: 'string' });
    expect(misfit(call, {})).toEqual({ path: 'parties', expected: 'list' });
    expect(misfit(call, 'hunter2')).toEqual({ path: '', expected: 'object' });
    expect(misfit(oneOf('live', 'gone'), 'dead')).toEqual({ path: '', expected: 'live or gone' });
  });

  it('of an object passes members that nobody knows, and adds none', () => {
    const known = object({ a: lenient(string), b: optional(number) });
    expect(known({ x: [1] })).toStrictEqual({ x: [1] });
    expect(known({ a: 5, b: 2 })).toStrictEqual({ a: undefined, b: 2 });
  });

  it('of an object takes out what would pollute its copies, and does not change its argument', () => {
    const given = JSON.parse('{"__proto__":{"admin":true},"a":"1"}') as object;
    const read = object({ a: numeric })(given);
    expect(Object.keys(read)).toEqual(['a']);
    expect(Object.assign({}, read)).toEqual({ a: 1 });
    expect(JSON.stringify(given)).toBe('{"__proto__":{"admin":true},"a":"1"}');
  });

  it('tells absent, null and wrong apart as asked', () => {
    const absent = [optional(string), nullish(string), maybe(string), lenient(string)];
    expect(absent.map((check) => check(undefined))).toEqual(Array(4).fill(undefined));
    expect(optional(string)(null)).toBeInstanceOf(Misfit);
    expect(nullish(string)(null)).toBeNull();
    expect(maybe(string)(null)).toBeUndefined();
    expect(lenient(string)(null)).toBeUndefined();
    expect(maybe(string)(5)).toBeInstanceOf(Misfit);
    expect(otherwise(boolean, false)('yes')).toBe(false);
  });

  it('reads every whole number of nine digits from its text', () => {
    fc.assert(
      fc.property(fc.integer({ min: -999_999_999, max: 999_999_999 }), (value) => {
        expect(numeric(String(value))).toBe(value);
        expect(numeric(value)).toBe(value);
      }),
    );
    for (const text of ['', ' 1', '1e3', '0x10', '1234567890', '1.5']) {
      expect(numeric(text), text).toBeInstanceOf(Misfit);
    }
  });

  it('fits either of two exactly if it fits one of them', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const fits = typeof value === 'string' || typeof value === 'boolean';
        expect(either(string, boolean)(value) instanceof Misfit).toBe(!fits);
      }),
    );
  });
});
