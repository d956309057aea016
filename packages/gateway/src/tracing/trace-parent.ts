import { isSpanContextValid, TraceFlags, type SpanContext } from '@opentelemetry/api';
import type { CustomHeader } from '../calls/dialog.ts';

/** The custom header in which a caller's page names its span (W3C Trace Context, 3.2): SIP wants `X-` before what is not its own. */
const HEADER = 'x-traceparent';

const FORM = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

/** The caller's span; null: he named none, or something else. */
export function traceParent(headers: readonly CustomHeader[] | undefined): SpanContext | null {
  const value = headers?.find(({ name }) => name.toLowerCase() === HEADER)?.value;
  const [, traceId = '', spanId = '', flags = ''] = FORM.exec(value ?? '') ?? [];
  const traceFlags = parseInt(flags, 16) & TraceFlags.SAMPLED;
  const context = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(context) ? context : null;
}
