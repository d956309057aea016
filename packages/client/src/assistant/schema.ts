/**
 * What a tool's arguments are checked with: a validator that follows the Standard Schema (valibot, zod, arktype and others), or a
 * JSON Schema of an object, the form in which assistants are told of tools.
 */
export type ToolSchema = StandardSchema | JsonSchema;

/** The part of https://standardschema.dev that is used here. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** JSON Schema, draft 2020-12. `type: 'object'` at the top. */
export interface JsonSchema {
  readonly type: 'object';
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/** What a handler gets: the validator's own output, or what the JSON Schema describes, as far as TypeScript can say it. */
export type ToolArguments<S> =
  S extends StandardSchema<infer Output> ? Output : S extends JsonSchema ? ObjectOf<S> : never;

type ObjectOf<S> = S extends {
  readonly properties: infer P extends Readonly<Record<string, unknown>>;
}
  ? { [K in keyof P as K extends RequiredOf<S> ? K : never]: ValueOf<P[K]> } & {
      [K in keyof P as K extends RequiredOf<S> ? never : K]?: ValueOf<P[K]>;
    }
  : Record<string, unknown>;

type RequiredOf<S> = S extends { readonly required: readonly (infer Name)[] } ? Name : never;

type ValueOf<P> = P extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : P extends { readonly const: infer Value }
    ? Value
    : P extends { readonly type: 'string' }
      ? string
      : P extends { readonly type: 'number' | 'integer' }
        ? number
        : P extends { readonly type: 'boolean' }
          ? boolean
          : P extends { readonly type: 'array'; readonly items: infer Item }
            ? ValueOf<Item>[]
            : P extends { readonly type: 'object' }
              ? ObjectOf<P>
              : unknown;

/** The arguments as the handler gets them, or what is wrong with them, for the assistant to read. */
export type Checked =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

export const isStandard = (schema: ToolSchema): schema is StandardSchema => '~standard' in schema;
