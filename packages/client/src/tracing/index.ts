/** Entry point `@offhook/client/tracing`: spans of calls, by an application's own OpenTelemetry. */
export { CallTracing } from './call-tracing.ts';
export type { TracedSpan, TracingApi } from './tracing-api.ts';
