import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RANDOM_PASSWORD_COST, hashPassword } from '../auth/passwords.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import { configFrom } from '../config.ts';
import { startGateway, type Gateway } from '../gateway.ts';
import { silentLogger } from '../logging/logger.ts';
import { FakeMediaPlane } from '../media/testing/fake-media-plane.ts';
import { createSignalingServer } from '../signaling/server.ts';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import { WireClient } from '../signaling/testing/wire-client.ts';
import { traceParent } from './trace-parent.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly events: readonly { readonly name: string }[];
  readonly status: { readonly code?: number };
}

interface ExportBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Span['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

let folder: string;
let collector: Server;
let bodies: ExportBody[];
let heads: IncomingHttpHeaders[];
let status: number;
let gateway: Gateway;
const clients: WireClient[] = [];

beforeEach(async () => {
  [bodies, heads, status] = [[], [], 200];
  folder = mkdtempSync(join(tmpdir(), 'offhook-tracing-'));
  const store = new Store(databasePath(folder));
  const passwordHash = await hashPassword('secret', RANDOM_PASSWORD_COST);
  for (const name of ['ann', 'bob']) {
    const rest = { displayName: name, passwordHash, admin: false, generateRingback: false };
    new Users(store).add({ name, ...rest });
  }
  store.close();
  collector = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      heads.push(request.headers);
      bodies.push(JSON.parse(Buffer.concat(parts).toString()) as ExportBody);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => void collector.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.close();
  }
  await gateway.close();
  collector.closeAllConnections();
  collector.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(tracing: Record<string, unknown> = {}): Promise<void> {
  const { port } = collector.address() as AddressInfo;
  const config = configFrom({
    port: 0,
    dataDir: folder,
    drain: { callSeconds: 0, idleSeconds: 0 },
    tracing: { url: `http://127.0.0.1:${String(port)}/v1/traces`, ...tracing },
  });
  gateway = await startGateway(config, silentLogger(), {
    createSignaling: createSignalingServer,
    createMedia: () => new FakeMediaPlane(),
  });
}

async function signIn(login: string): Promise<WireClient> {
  const client = await WireClient.connect(gateway.url.replace('http', 'ws'));
  clients.push(client);
  const reply = await client.request('login', { login, passwd: 'secret' });
  expect(reply.error).toBeUndefined();
  client.sessid = String(reply.result?.['sessid']);
  return client;
}

/** Ann calls Bob, who answers; then she hangs up. */
async function talk(headers: readonly { name: string; value: string }[] = []): Promise<void> {
  const [ann, bob] = [await signIn('ann'), await signIn('bob')];
  const { callID } = await dial(ann, 'bob', { dialog: { custom_headers: headers } });
  await answerNext(bob);
  await ann.next('answer');
  await hangup(ann, callID, 'NORMAL_CLEARING', 16);
  await bob.next('bye');
}

const spans = (): Span[] =>
  bodies.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
const named = (name: string): Span | undefined => spans().find((span) => span.name === name);
const attribute = (span: Span | undefined, key: string): unknown =>
  Object.values(span?.attributes.find((each) => each.key === key)?.value ?? {})[0];

describe('traces of calls', () => {
  it('are one trace with the page that placed the call, and hold both legs', async () => {
    await start({ authorization: 'Bearer collector-token', service: 'phones' });
    await talk([{ name: 'X-Traceparent', value: `00-${TRACE}-${PARENT}-01` }]);
    // What waits is sent when the gateway ends.
    await gateway.close();
    const call = named('call');
    expect(new Set(spans().map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    expect(call?.parentSpanId).toBe(PARENT);
    expect(attribute(call, 'offhook.call.cause')).toBe('NORMAL_CLEARING');
    expect(attribute(call, 'offhook.call.destination')).toBe('bob');
    expect(call?.status.code ?? 0).toBe(0);
    const [caller, callee] = [named('caller'), named('callee')];
    expect([caller?.parentSpanId, callee?.parentSpanId]).toEqual([call?.spanId, call?.spanId]);
    expect(attribute(callee, 'enduser.id')).toBe('bob');
    expect(callee?.events.map(({ name }) => name)).toContain('answered');
    expect(spans().filter(({ name }) => name === 'set-up')).toHaveLength(2);
    expect(heads[0]?.authorization).toBe('Bearer collector-token');
    const resource = bodies[0]?.resourceSpans[0]?.resource.attributes ?? [];
    expect(resource).toContainEqual({ key: 'service.name', value: { stringValue: 'phones' } });
  });

  it('have an id of their own without a page’s, and say what failed', async () => {
    await start();
    const ann = await signIn('ann');
    await dial(ann, 'bob', {
      dialog: { custom_headers: [{ name: 'X-Traceparent', value: 'nonsense' }] },
    });
    await ann.next('bye');
    await gateway.close();
    const call = named('call');
    expect(call?.traceId).toMatch(/^[\da-f]{32}$/);
    expect(call?.parentSpanId ?? '').toBe('');
    expect(attribute(call, 'offhook.call.cause')).toBe('SUBSCRIBER_ABSENT');
  });

  it('are left out as the page asks, and by the share that is configured, whatever the page asks', async () => {
    await start({ ratio: 0 });
    await talk([{ name: 'X-Traceparent', value: `00-${TRACE}-${PARENT}-01` }]);
    await gateway.close();
    await start();
    await talk([{ name: 'X-Traceparent', value: `00-${TRACE}-${PARENT}-00` }]);
    await gateway.close();
    expect(spans()).toEqual([]);
  });

  it('harm no call when the collector takes none; that is counted', async () => {
    status = 400;
    await start();
    await talk();
    await expect
      .poll(async () => (await fetch(`${gateway.url}/metrics`)).text())
      .toMatch(/offhook_spans_total\{outcome="failed"\} [1-9]/);
    await talk();
  });
});

describe('traceparent', () => {
  it.each([
    `00-${TRACE}-${PARENT}`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    '',
  ])('%j is none', (value) => {
    expect(traceParent([{ name: 'X-Traceparent', value }])).toBeNull();
  });

  it('is read whatever the case of its name', () => {
    const found = traceParent([{ name: 'x-TraceParent', value: `00-${TRACE}-${PARENT}-01` }]);
    expect(found).toMatchObject({ traceId: TRACE, spanId: PARENT, traceFlags: 1, isRemote: true });
    expect(traceParent(undefined)).toBeNull();
  });
});
