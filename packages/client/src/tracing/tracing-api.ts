/** W3C Trace Context. */
export interface TracedSpanContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** 1: recorded. */
  readonly traceFlags: number;
  readonly isRemote?: boolean;
}

/** What is used of a `Span` of `@opentelemetry/api`. */
export interface TracedSpan {
  spanContext(): TracedSpanContext;
  addEvent(name: string, attributes?: Record<string, string | number>): unknown;
  setAttributes(attributes: Record<string, string | number>): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** What is used of `@opentelemetry/api`: pass the module itself, `import * as api from '@opentelemetry/api'`. */
export interface TracingApi {
  readonly trace: {
    getTracer(name: string): {
      startSpan(
        name: string,
        options: { kind?: number; attributes?: Record<string, string | number> },
        context?: unknown,
      ): TracedSpan;
    };
    setSpanContext(context: unknown, parent: TracedSpanContext): unknown;
  };
  readonly context: { active(): unknown };
}
