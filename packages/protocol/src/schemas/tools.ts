import * as v from 'valibot';

/**
 * A parsed message as a type: without the index signature that `looseObject` adds for the unknown members it passes, so
 * that a misspelt member does not compile.
 */
export type Known<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

/** May be absent or null; null becomes undefined. A value of another type is an error. */
export function maybe<const S extends v.GenericSchema>(schema: S) {
  return v.optional(v.nullish(schema, () => undefined));
}

/** May be anything: what does not fit becomes undefined. For members without which a message still means something. */
export function lenient<const S extends v.GenericSchema>(schema: S) {
  return v.fallback(v.optional(schema), undefined);
}

/** A list that its reader does not change. */
export function list<const S extends v.GenericSchema>(item: S) {
  return v.pipe(v.array(item), v.readonly());
}

/** A number, or its decimal text: causes and SIP codes come as either. */
export function numeric() {
  return v.pipe(v.unknown(), v.transform(fromDecimal), v.number());
}

function fromDecimal(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value;
}

/** An open object, handed on as it is. */
export function openObject() {
  return v.looseObject({});
}
