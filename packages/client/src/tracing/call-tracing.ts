import type { Call, CallEnd, ICallOptions, INotification, TelnyxRTC } from '../index.ts';
import type { TracedSpan, TracedSpanContext, TracingApi } from './tracing-api.ts';

/** `SpanKind` and `SpanStatusCode` of OpenTelemetry. */
const SERVER = 1;
const CLIENT = 2;
const ERROR = 2;

/** The custom header that carries a span to the gateway and to who is called (W3C Trace Context, 3.2). */
const HEADER = 'X-Traceparent';
const FORM = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

/** Causes that are no person's decision: from Q.850's "no circuit available" to the end of Q.850. */
const FAILURES = { from: 34, to: 127 } as const;

/**
 * One span for each call of a client, by the OpenTelemetry that an application has set up. A call that is placed by {@link newCall} tells the
 * gateway and whoever it calls about its span, so that all of them are one trace; a call that comes in belongs to its caller's.
 *
 * ```ts
 * import * as api from '@opentelemetry/api';
 * import { CallTracing } from '@offhook/client/tracing';
 * const tracing = new CallTracing(client, api);
 * const call = tracing.newCall({ destinationNumber: '1002' });
 * ```
 *
 * Spans are named `call`. Attributes: `offhook.call.direction`, `offhook.call.id` (`telnyx_session_id`, as the gateway's spans have it), and at the end
 * `offhook.call.cause` and `offhook.call.cause_code`. Events: states, holds, warnings. A call that a reloaded page takes up again has no span there.
 */
export class CallTracing {
  readonly #client: Pick<TelnyxRTC, 'newCall' | 'off'>;
  readonly #api: TracingApi;
  readonly #seen = new WeakSet<Call>();
  readonly #heard = (notification: INotification): void => {
    if (notification.type === 'callUpdate') {
      this.#meet(notification.call);
    }
  };

  /** @param api the module `@opentelemetry/api` */
  constructor(client: Pick<TelnyxRTC, 'newCall' | 'on' | 'off'>, api: TracingApi) {
    this.#client = client;
    this.#api = api;
    client.on('telnyx.notification', this.#heard);
  }

  /** Places a call as `client.newCall()` does; its span is a child of the one that is active. */
  newCall(options: ICallOptions): Call {
    const span = this.#start(CLIENT, 'outbound', this.#api.context.active());
    const given = { ...options };
    const { traceId, spanId, traceFlags } = span.spanContext();
    const flags = (traceFlags & 1).toString(16).padStart(2, '0');
    given.customHeaders = [
      ...(Array.isArray(given.customHeaders) ? given.customHeaders : []),
      { name: HEADER, value: `00-${traceId}-${spanId}-${flags}` },
    ];
    try {
      const call = this.#client.newCall(given);
      this.#follow(call, span);
      return call;
    } catch (error) {
      span.setStatus({ code: ERROR, message: String(error) });
      span.end();
      throw error;
    }
  }

  /** Calls that come in from now on have no span; those that have one keep it to their end. */
  dispose(): void {
    this.#client.off('telnyx.notification', this.#heard);
  }

  #meet(call: Call): void {
    if (call.state !== 'ringing' || call.direction !== 'inbound' || this.#seen.has(call)) {
      return;
    }
    const parent = parentIn(call);
    const active = this.#api.context.active();
    const context = parent ? this.#api.trace.setSpanContext(active, parent) : active;
    this.#follow(call, this.#start(SERVER, 'inbound', context));
  }

  #start(kind: number, direction: 'inbound' | 'outbound', context: unknown): TracedSpan {
    const attributes = { 'offhook.call.direction': direction };
    return this.#api.trace
      .getTracer('@offhook/client')
      .startSpan('call', { kind, attributes }, context);
  }

  #follow(call: Call, span: TracedSpan): void {
    this.#seen.add(call);
    let now = call;
    const end = ({ cause, causeCode }: CallEnd): void => {
      const { telnyxSessionId } = now.telnyxIDs;
      span.setAttributes({
        ...(telnyxSessionId ? { 'offhook.call.id': telnyxSessionId } : {}),
        'offhook.call.cause': cause,
        'offhook.call.cause_code': causeCode,
      });
      if (causeCode >= FAILURES.from && causeCode <= FAILURES.to) {
        span.setStatus({ code: ERROR, message: cause });
      }
      span.end();
    };
    // It was refused at once.
    if (call.end) {
      end(call.end);
      return;
    }
    call.on('state', (state) => span.addEvent(state));
    call.on('hold', ({ side, held }) => span.addEvent(held ? 'held' : 'resumed', { side }));
    call.on('warning', ({ code, name }) => span.addEvent('warning', { code, name }));
    call.on('recovered', (next) => {
      now = next;
      this.#seen.add(next);
      span.addEvent('recovered');
    });
    call.on('ended', end);
  }
}

function parentIn(call: Call): TracedSpanContext | null {
  const header = call.options.customHeaders?.find(
    ({ name }) => name.toLowerCase() === HEADER.toLowerCase(),
  );
  const [, traceId, spanId, flags] = FORM.exec(header?.value ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) {
    return null;
  }
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) {
    return null;
  }
  return { traceId, spanId, traceFlags: parseInt(flags, 16) & 1, isRemote: true };
}
