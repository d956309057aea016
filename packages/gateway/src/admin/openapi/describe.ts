import type {} from '@fastify/swagger';
import type { ApiScope } from '@offhook/protocol';
import { toJsonSchema } from '@valibot/to-json-schema';
import type { FastifyContextConfig, FastifySchema } from 'fastify';
import type * as v from 'valibot';
import type { AdminGuard } from '../guard.ts';
import { ANSWERS } from './answers.ts';

type JsonSchema = ReturnType<typeof toJsonSchema>;
type Schema = v.GenericSchema;
type Properties = Readonly<Record<string, JsonSchema>>;

export interface Answer {
  readonly says: string;
  /** Absent: the answer has no body. */
  readonly body?: keyof typeof ANSWERS;
  /** Instead of JSON. */
  readonly types?: readonly string[];
}

/** What the description tells of one route. */
export interface Operation {
  /** By which programs that are made of the description call it. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** What stands in the address, by its name. */
  readonly params?: Readonly<Record<string, string>>;
  /** The schemas that requests are checked against. */
  readonly query?: Schema;
  readonly body?: Schema;
  /** The body may be left out. */
  readonly bodyOptional?: true;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Refusals beside those of every route of its kind. */
  readonly refusals?: Readonly<Record<number, string>>;
}

interface Described {
  readonly onRequest: ReturnType<AdminGuard['read']>;
  readonly config: FastifyContextConfig;
}

const ADMITTED: Readonly<Record<number, string>> = {
  401: 'Nobody is signed in (`signed_out`), or the API key is wrong (`bad_key`) or has expired (`key_expired`)',
  403: 'The API key lacks the scope (`scope`), or whoever asks may not do that (`forbidden`)',
  429: 'Too many requests of this key, or too many wrong keys from this address (`too_many`)',
  503: 'A database does not answer at the moment; try again (`busy`)',
};
const UNREADABLE = 'What was sent is not understood (`bad_request`)';

/** The options of a route that reads. @param scope what a key must have; null: no key may, only an administrator at the pages */
export function reads(guard: AdminGuard, scope: ApiScope | null, told: Operation): Described {
  const security = scope === null ? [{ session: [] }] : [{ key: [scope] }, { session: [] }];
  return { onRequest: guard.read(scope), config: described(told, security, ADMITTED) };
}

/** The same of a route that changes something. */
export function writes(guard: AdminGuard, scope: ApiScope | null, told: Operation): Described {
  const session = { session: [], csrf: [] };
  const security = scope === null ? [session] : [{ key: [scope] }, session];
  return { onRequest: guard.write(scope), config: described(told, security, ADMITTED) };
}

/** The description of a route that needs no session and no key. */
export function open(told: Operation): FastifyContextConfig {
  return described(told, [], { 403: 'The request names a host that is none of this gateway' });
}

/**
 * Fastify itself gets no schema of a route, so it neither checks nor changes anything by one: the description alone is made of them, when
 * it is asked for.
 */
function described(
  told: Operation,
  security: NonNullable<FastifySchema['security']>,
  admitted: Readonly<Record<number, string>>,
): FastifyContextConfig {
  return {
    swaggerTransform: ({ url }) => ({ url, schema: schemaOf(told, security, admitted) }),
  };
}

function schemaOf(
  told: Operation,
  security: NonNullable<FastifySchema['security']>,
  admitted: Readonly<Record<number, string>>,
): FastifySchema {
  const { id, tag, summary, description, params, query, body } = told;
  const refusals = {
    ...(query || body ? { 400: UNREADABLE } : {}),
    ...admitted,
    ...(body ? { 413: 'The body is too large', 415: 'The body is not JSON' } : {}),
    500: 'Something went wrong (`internal`)',
    ...told.refusals,
  };
  const refused: Answer[] = Object.values(refusals).map((says) => ({ says, body: 'Refusal' }));
  const codes = Object.keys(refusals);
  const answers = [
    ...Object.entries(told.answers),
    ...codes.map((code, index) => [code, refused[index]] as const),
  ] as readonly (readonly [string, Answer])[];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(params ? { params: paramsOf(params) } : {}),
    ...(query ? { querystring: queryOf(query) } : {}),
    ...(body ? { body: toJsonSchema(body, { typeMode: 'input', errorMode: 'ignore' }) } : {}),
    ...(told.bodyOptional ? { 'x-body-optional': true } : {}),
    security,
    response: Object.fromEntries(answers.map(([code, answer]) => [code, answerOf(code, answer)])),
  };
}

/** Marked for {@link bodiesLeftOut}: the plug-in takes every body for required. */
interface Marked {
  'x-body-optional'?: true;
  requestBody?: { required?: boolean };
}

/** Bodies that may be left out are described so. */
export function bodiesLeftOut(paths: Readonly<Record<string, unknown>>): void {
  for (const path of Object.values(paths) as Record<string, Marked>[]) {
    for (const operation of Object.values(path)) {
      if (operation['x-body-optional'] === true && operation.requestBody) {
        operation.requestBody.required = false;
      }
      delete operation['x-body-optional'];
    }
  }
}

function answerOf(code: string, { says, body, types }: Answer): object {
  if (types) {
    const contents = types.map((type) => [type, { schema: contentOf(type, body) }]);
    return { description: says, content: Object.fromEntries(contents) as object };
  }
  if (body === undefined) {
    return { description: says, type: 'null' };
  }
  const headers = { 'Retry-After': { type: 'integer', description: 'Seconds' } };
  return {
    description: says,
    ...(code === '429' ? { headers } : {}),
    content: { 'application/json': { schema: refTo(body) } },
  };
}

function contentOf(type: string, body: keyof typeof ANSWERS | undefined): object {
  if (type !== 'application/json') {
    return { type: 'string' };
  }
  return body === undefined ? { type: 'object' } : refTo(body);
}

const refTo = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` });

/** The schemas of all answers, by their names. */
export function answerSchemas(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ANSWERS).map(([name, schema]) => {
      const json = toJsonSchema(schema, {
        typeMode: 'output',
        errorMode: 'ignore',
        definitions: Object.fromEntries(
          Object.entries(ANSWERS).filter(([other]) => other !== name),
        ),
        overrideRef: ({ referenceId }) => refTo(referenceId).$ref,
      });
      const { $schema: _, $defs: __, ...rest } = json;
      return [name, filledIn(rest)];
    }),
  );
}

/** In an answer, what has a default is always there. */
function filledIn(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) {
    return schema;
  }
  if (Array.isArray(schema)) {
    return schema.map(filledIn);
  }
  const { default: _, ...rest } = schema as JsonSchema;
  const properties = rest.properties as Properties | undefined;
  if (properties === undefined) {
    return mapped(rest, filledIn);
  }
  const given = Object.keys(properties).filter((name) => properties[name]?.default !== undefined);
  return {
    ...mapped(rest, filledIn),
    properties: mapped(properties, filledIn),
    required: [...new Set([...(rest.required ?? []), ...given])],
  };
}

function mapped(members: object, change: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(members).map(([key, value]) => [key, change(value)]));
}

function paramsOf(params: Readonly<Record<string, string>>): object {
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(params).map(([name, description]) => [name, { type: 'string', description }]),
    ),
    required: Object.keys(params),
  };
}

/**
 * Parameters of an address: their types are those that the text is read as, and whether one is needed is what the reader says. Of a choice
 * between several sets each is there, and needed where every set needs it.
 */
function queryOf(query: Schema): object {
  const asked = shapesOf(toJsonSchema(query, { typeMode: 'input', errorMode: 'ignore' }));
  const read = shapesOf(toJsonSchema(query, { typeMode: 'output', errorMode: 'ignore' }));
  const properties: Properties = Object.fromEntries(
    read
      .flatMap((shape) => Object.entries((shape.properties ?? {}) as Properties))
      .map(([name, schema]) => [name, typed(schema)]),
  );
  const required = Object.keys(properties).filter((name) =>
    asked.every((shape) => shape.required?.includes(name)),
  );
  return { type: 'object', properties, required };
}

function shapesOf(schema: JsonSchema): JsonSchema[] {
  return (schema.anyOf as JsonSchema[] | undefined) ?? [schema];
}

/** A default is written as it stands in an address: a text. */
function typed(schema: JsonSchema): JsonSchema {
  const { default: given, ...rest } = schema;
  if (given === undefined) {
    return rest;
  }
  return { ...rest, default: schema.type === 'string' ? given : Number(given) };
}
