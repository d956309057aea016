import { SDK_ERRORS } from './catalogue.ts';
import type { SdkErrorCode } from './codes.ts';
import { docsOf } from './docs.ts';

export interface ITelnyxError {
  readonly code: SdkErrorCode;
  /** Upper snake case, for example `LOGIN_FAILED`. */
  readonly name: string;
  /** Short text for a user interface. */
  readonly message: string;
  readonly description: string;
  readonly causes: string[];
  readonly solutions: string[];
  /** The page on it: what it means, what the user notices, what to do. */
  readonly docs: string;
  /** What the browser or the gateway reported. A refusal by the gateway is a `RequestError` with `serverCode`. */
  readonly originalError?: unknown;
  /** The call or the session does not go on by itself. */
  readonly fatal: boolean;
}

/** Codes of failed microphone capture. */
export type TelnyxMediaErrorCode = 42001 | 42002 | 42003;
export type ITelnyxMediaError = Omit<ITelnyxError, 'code'> & {
  readonly code: TelnyxMediaErrorCode;
};

/** What every `telnyx.error` carries. `instanceof Error` holds. */
export class TelnyxError extends Error implements ITelnyxError {
  readonly code: SdkErrorCode;
  readonly description: string;
  readonly causes: string[];
  readonly solutions: string[];
  readonly docs: string;
  readonly originalError?: unknown;
  readonly fatal: boolean;

  constructor(params: Omit<ITelnyxError, 'message' | 'docs'> & { readonly message?: string }) {
    super(params.message ?? params.description);
    this.name = params.name;
    this.code = params.code;
    this.description = params.description;
    this.causes = params.causes;
    this.solutions = params.solutions;
    this.docs = docsOf(params.code);
    this.originalError = params.originalError;
    this.fatal = params.fatal;
  }

  toJSON(): ITelnyxError {
    const { code, name, message, description, causes, solutions, docs, originalError, fatal } =
      this;
    return { code, name, message, description, causes, solutions, docs, originalError, fatal };
  }
}

/** The catalogue's error with this code. `originalError` that is not an `Error` is wrapped with its text kept. */
export function createError(
  code: SdkErrorCode,
  originalError?: unknown,
  overrides?: { readonly message?: string; readonly fatal?: boolean },
): TelnyxError {
  const entry = SDK_ERRORS[code];
  return new TelnyxError({
    code,
    ...entry,
    causes: [...entry.causes],
    solutions: [...entry.solutions],
    ...(originalError === undefined ? {} : { originalError: asError(originalError) }),
    ...overrides,
  });
}

export function asError(value: unknown): Error {
  if (value instanceof Error) {
    return value;
  }
  const message = (value as { message?: unknown } | null)?.message;
  return new Error(typeof message === 'string' ? message : String(value));
}
