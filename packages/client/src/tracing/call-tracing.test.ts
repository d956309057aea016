import * as api from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  StackContextManager,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TelnyxRTC } from '../client.ts';
import { settle } from '../testing/fake-clock.ts';
import { FakeGateway } from '../testing/fake-gateway.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { FakeWebRtc } from '../testing/fake-webrtc.ts';
import { CallTracing } from './call-tracing.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

const exporter = new InMemorySpanExporter();

beforeAll(() => {
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  api.trace.setGlobalTracerProvider(provider);
  api.context.setGlobalContextManager(new StackContextManager().enable());
});
afterAll(() => {
  api.trace.disable();
  api.context.disable();
});
beforeEach(() => {
  exporter.reset();
});

async function setUp() {
  const platform = new FakePlatform({ webrtc: new FakeWebRtc() });
  const gateway = new FakeGateway(platform);
  const client = new TelnyxRTC({ host: 'ws://gw.test', login: '1001', password: 'p' }, platform);
  await client.connect({});
  const tracing = new CallTracing(client, api);
  const invite = (callID: string, value?: string): void => {
    gateway.send(platform.socket, 'invite', {
      callID,
      sdp: fakeSdp(),
      caller_id_number: '1003',
      ...(value === undefined
        ? {}
        : { dialogParams: { custom_headers: [{ name: 'X-Traceparent', value }] } }),
    });
  };
  const headersSent = (): unknown => {
    const sent = platform.socket.sent.find(({ method }) => method === 'telnyx_rtc.invite');
    return (sent?.params as { dialogParams?: { custom_headers?: unknown } } | undefined)
      ?.dialogParams?.custom_headers;
  };
  return { platform, gateway, client, tracing, invite, headersSent };
}

describe('Spans of calls', () => {
  it('a call that is placed is a child of what is active, and tells whoever it calls', async () => {
    const { tracing, platform, headersSent } = await setUp();
    const outer = api.trace.getTracer('app').startSpan('click');
    const call = api.context.with(api.trace.setSpan(api.context.active(), outer), () =>
      tracing.newCall({
        destinationNumber: '1002',
        customHeaders: [{ name: 'X-Account', value: '7' }],
      }),
    );
    await settle();
    await platform.clock.advance(2_000);
    const { traceId } = outer.spanContext();
    expect(headersSent()).toEqual([
      { name: 'X-Account', value: '7' },
      {
        name: 'X-Traceparent',
        value: expect.stringMatching(`^00-${traceId}-[\\da-f]{16}-01$`) as string,
      },
    ]);
    await call.hangup();
    await platform.clock.advance(20_000);
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ name: 'call', kind: api.SpanKind.CLIENT });
    expect(span?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    expect(span?.attributes['offhook.call.cause']).toBe(call.end?.cause);
    expect(span?.events.map(({ name }) => name)).toContain('hangup');
  });

  it('a call that comes in belongs to its caller’s trace, once', async () => {
    const { client, invite, platform } = await setUp();
    invite('in', `00-${TRACE}-${PARENT}-01`);
    await settle();
    await client.calls['in']?.hangup();
    await platform.clock.advance(20_000);
    const spans = exporter.getFinishedSpans();
    expect(spans).toHaveLength(1);
    expect(spans[0]?.spanContext().traceId).toBe(TRACE);
    expect(spans[0]?.parentSpanContext?.spanId).toBe(PARENT);
    expect(spans[0]?.attributes['offhook.call.direction']).toBe('inbound');
  });

  it.each([undefined, 'nonsense', `00-${'0'.repeat(32)}-${PARENT}-01`])(
    'a caller who says %j gets a trace of its own',
    async (value) => {
      const { client, invite, platform } = await setUp();
      invite('in', value);
      await settle();
      await client.calls['in']?.hangup();
      await platform.clock.advance(20_000);
      const [span] = exporter.getFinishedSpans();
      expect(span?.parentSpanContext).toBeUndefined();
      expect(span?.spanContext().traceId).not.toBe(TRACE);
    },
  );

  it('after dispose() no call that comes in has a span', async () => {
    const { client, invite, platform, tracing } = await setUp();
    tracing.dispose();
    invite('in', `00-${TRACE}-${PARENT}-01`);
    await settle();
    await client.calls['in']?.hangup();
    await platform.clock.advance(20_000);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('a call that cannot be placed is a span that failed', async () => {
    const { tracing } = await setUp();
    for (const junk of [null, undefined, 7, { customHeaders: 'x' }] as never[]) {
      expect(() => tracing.newCall(junk)).toThrow('destinationNumber');
    }
    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ status }) => status.code)).toEqual(Array(4).fill(api.SpanStatusCode.ERROR));
  });
});
