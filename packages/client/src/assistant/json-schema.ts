import { Validator, type Schema } from '@cfworker/json-schema';
import type { Checked, JsonSchema } from './schema.ts';

/** Loaded with the first call of a tool that has a JSON Schema. The validator interprets: it needs no `eval`. */
export function checkJson(schema: JsonSchema, value: unknown): Checked {
  const { valid, errors } = new Validator(schema as Schema, '2020-12', false).validate(value);
  if (valid) {
    return { ok: true, value };
  }
  // An error of an object is followed by those of its members, which say more.
  const inner = errors.filter(({ keyword }) => keyword !== 'properties');
  const problem = (inner.length > 0 ? inner : errors)
    .slice(0, 5)
    .map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`)
    .join('; ');
  return { ok: false, problem };
}
