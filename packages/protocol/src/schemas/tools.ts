import { type Check, type Checked, Misfit } from '../check.ts';

/**
 * A parsed message as a type: without the index signature that {@link object} adds for the unknown members it passes, so
 * that a misspelt member does not compile.
 */
export type Known<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

export type Shape = Readonly<Record<string, Check<unknown>>>;
type Optional<S> = { [K in keyof S]: undefined extends Checked<S[K]> ? K : never }[keyof S];
export type Flat<T> = { [K in keyof T]: T[K] };
/** What {@link object} makes of a shape, without the unknown members. */
export type Members<S> = Flat<
  { [K in Exclude<keyof S, Optional<S>>]: Checked<S[K]> } & {
    [K in Optional<S>]?: Checked<S[K]> | undefined;
  }
>;

const typed =
  <T>(type: string): Check<T> =>
  (value) =>
    typeof value === type ? (value as T) : new Misfit(type);

/** What {@link decoration} makes of a member that does not fit. */
class LeftOut extends Misfit {}

const NOTES = /* @__PURE__ */ new WeakMap<object, Misfit[]>();
const MAX_NOTES = 16;

function note(owner: object, misfit: Misfit): void {
  const notes = NOTES.get(owner) ?? [];
  if (notes.length < MAX_NOTES) {
    notes.push(misfit);
  }
  NOTES.set(owner, notes);
}

/** What was left out of a checked value because it did not fit, the first of them; see {@link decoration}. */
export function leftOut(value: unknown): readonly Misfit[] {
  return (typeof value === 'object' && value && NOTES.get(value)) || [];
}

/**
 * For a member of an object without which the message means the same: one that does not fit is left out, and told of by
 * {@link leftOut}. A hangup hangs up, whatever else it says.
 */
export const decoration =
  <T>(schema: Check<T>): Check<T | undefined> =>
  (value) => {
    const checked = schema(value);
    return checked instanceof Misfit ? new LeftOut(checked.expected, checked.path) : checked;
  };

/** A list of which the elements that do not fit are left out, like a {@link decoration}, and those beyond `max`. */
export function sieve<T>(item: Check<T>, max: number): Check<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) {
      return new Misfit('list');
    }
    const output: T[] = [];
    (value as unknown[]).slice(0, max).forEach((element, index) => {
      const read = item(element);
      if (read instanceof Misfit) {
        note(output, read.under(index));
      } else {
        output.push(read);
      }
    });
    if (value.length > max) {
      note(output, new Misfit(`at most ${max} elements`));
    }
    return output;
  };
}

export const string = /* @__PURE__ */ typed<string>('string');
export const number = /* @__PURE__ */ typed<number>('number');
export const boolean = /* @__PURE__ */ typed<boolean>('boolean');
/** Whatever it is, and whether it is there. */
export const anything: Check<unknown> = (value) => value;

/** An object with these members. Others pass; a member whose check takes undefined may be absent. */
export function object<const S extends Shape>(
  shape: S,
): Check<Members<S> & Record<string, unknown>> {
  return (value) => {
    // A list passes as an object of its indices: some applications have one where the others have variables.
    if (typeof value !== 'object' || !value) {
      return new Misfit('object');
    }
    const output: Record<string, unknown> = { ...value };
    // Pollutes whoever copies it by assignment.
    Reflect.deleteProperty(output, '__proto__');
    for (const [key, schema] of Object.entries(shape)) {
      const member = schema((value as Record<string, unknown>)[key]);
      if (member instanceof LeftOut) {
        Reflect.deleteProperty(output, key);
        note(output, member.under(key));
        continue;
      }
      if (member instanceof Misfit) {
        return member.under(key);
      }
      if (member !== undefined || key in value) {
        output[key] = member;
      }
      for (const inner of leftOut(member)) {
        note(output, inner.under(key));
      }
    }
    return output as Members<S>;
  };
}

/** An open object, handed on as it is. */
export const openObject = /* @__PURE__ */ object({});

export function array<T>(item: Check<T>): Check<T[]> {
  return (value) => {
    if (!Array.isArray(value)) {
      return new Misfit('list');
    }
    const output: T[] = [];
    for (const element of value as unknown[]) {
      const read = item(element);
      if (read instanceof Misfit) {
        return read.under(output.length);
      }
      output.push(read);
    }
    return output;
  };
}

/** A list that its reader does not change. */
export const list = <T>(item: Check<T>): Check<readonly T[]> => array(item);

/** What fits with a further condition. */
export function where<T>(
  schema: Check<T>,
  fits: (value: T) => boolean,
  expected: string,
): Check<T> {
  return map(schema, (value) => (fits(value) ? value : new Misfit(expected)));
}

/** What fits, read as something else. */
export function map<T, R>(schema: Check<T>, read: (value: T) => R | Misfit): Check<R> {
  return (value) => {
    const checked = schema(value);
    return checked instanceof Misfit ? checked : read(checked);
  };
}

/** The first that fits; what fits neither is told as a misfit of the first. */
export function either<A, B>(first: Check<A>, second: Check<B>): Check<A | B> {
  return (value) => {
    const one = first(value);
    if (!(one instanceof Misfit)) {
      return one;
    }
    const other = second(value);
    return other instanceof Misfit ? one : other;
  };
}

/** What does not fit is read as this. */
export function otherwise<T, F>(schema: Check<T>, fallback: F): Check<T | F> {
  return (value) => {
    const checked = schema(value);
    return checked instanceof Misfit ? fallback : checked;
  };
}

/** May be anything: what does not fit becomes undefined. For members without which a message still means something. */
export const lenient = <T>(schema: Check<T>): Check<T | undefined> => otherwise(schema, undefined);

/** May be absent. */
export const optional =
  <T>(schema: Check<T>): Check<T | undefined> =>
  (value) =>
    value === undefined ? value : schema(value);

/** May be absent or null. */
export const nullish =
  <T>(schema: Check<T>): Check<T | null | undefined> =>
  (value) =>
    value === null ? value : optional(schema)(value);

/** May be absent or null; null becomes undefined. A value of another type is an error. */
export const maybe = <T>(schema: Check<T>): Check<T | undefined> =>
  map(nullish(schema), (value) => value ?? undefined);

/** One of these words. */
export const oneOf = <const T extends string>(...words: readonly T[]): Check<T> =>
  where(string, (word) => words.includes(word as T), words.join(' or ')) as Check<T>;

/** A number, or its decimal text: causes and SIP codes come as either. */
export const numeric: Check<number> = (value) =>
  number(typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value);

export const nonEmpty = /* @__PURE__ */ where(string, (value) => value !== '', 'text');
