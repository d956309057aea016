import * as v from 'valibot';

/** What of a request is not understood; the message is for people. */
export class QueryError extends Error {}

/** A number in an address. */
export const number = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.maxLength(24),
  v.transform(Number),
  v.number(),
  v.finite(),
);

export const whole = (most: number) => v.pipe(number, v.integer(), v.minValue(0), v.maxValue(most));

/** Which part of a long list is asked for. */
export const paging = {
  limit: v.optional(whole(200), '50'),
  offset: v.optional(whole(10_000_000), '0'),
};

export const search = v.optional(v.pipe(v.string(), v.maxLength(128)));

/** @throws {QueryError} that names the part of an address which is not understood */
export function readQuery<const S extends v.GenericSchema>(
  schema: S,
  query: unknown,
): v.InferOutput<S> {
  return read(schema, query, 'query');
}

/** @throws {QueryError} that names the part of a body which is not understood */
export function readBody<const S extends v.GenericSchema>(
  schema: S,
  body: unknown,
): v.InferOutput<S> {
  return read(schema, body, 'the body');
}

function read<const S extends v.GenericSchema>(
  schema: S,
  given: unknown,
  whole: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, given);
  if (result.success) {
    return result.output;
  }
  const [issue] = result.issues;
  const place = issue.path?.map(({ key }) => String(key)).join('.') ?? whole;
  throw new QueryError(`${place.slice(0, 64)} is not understood`);
}
