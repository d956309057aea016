import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../http/testing/harness.ts';
import { FakeMediaPlane } from '../../media/testing/fake-media-plane.ts';
import { ThreadedReports } from '../../reports/sqlite/threaded.ts';
import { call, leg, recording, report, upload } from '../../reports/testing/samples.ts';
import { answerNext, dial } from '../../signaling/testing/fixture.ts';
import { WireClient } from '../../signaling/testing/wire-client.ts';
import { AdminGateway } from '../testing/admin-gateway.ts';

let folder: string;
let gateway: AdminGateway;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-openapi-'));
  await AdminGateway.addUser(folder, 'root', true);
  await AdminGateway.addUser(folder, '1001', false);
  await AdminGateway.addUser(folder, '1002', false);
});
afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly { name: string; in: string; description?: string }[];
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, unknown>> }>>;
}
interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object };
}

async function start(config: Record<string, unknown> = {}): Promise<void> {
  gateway = await AdminGateway.start(folder, new FakeMediaPlane(), config);
}

async function description(): Promise<{ readonly text: string; readonly api: Description }> {
  const { status, body: text } = await ask(gateway.base, '/api/openapi.json', {
    headers: { host: gateway.base },
  });
  expect(status).toBe(200);
  return { text, api: JSON.parse(text) as Description };
}

const operationsOf = ({ paths }: Description): (readonly [string, Operation])[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  );

describe('the description of /api', () => {
  it('is OpenAPI 3.1, for everybody, the same of every gateway', async () => {
    await start({ sip: { port: 0, devices: { realm: 'phone.example.com' } } });
    const { text, api } = await description();
    expect(api.openapi).toBe('3.1.0');
    expect(
      await new Validator().validate(structuredClone(api) as unknown as Record<string, unknown>),
    ).toMatchObject({
      valid: true,
    });
    await gateway.close();
    await start({ reports: { enabled: false } });
    expect((await description()).text).toBe(text);
  });

  it('has every route that there is under /api, and nothing else', async () => {
    const routes = new Set<string>();
    const collect = (message: unknown): void => {
      (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url }) => {
        for (const one of [method].flat()) {
          if (url.startsWith('/api') && one !== 'HEAD') {
            routes.add(`${one} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
          }
        }
      });
    };
    subscribe('fastify.initialization', collect);
    await start();
    unsubscribe('fastify.initialization', collect);
    const { api } = await description();
    expect(routes).toContain('GET /api/calls/{id}');
    // A route that is missing here is registered without reads(), writes() or open() of describe.ts.
    const told = operationsOf(api).filter(([, { summary }]) => summary !== undefined);
    expect(told.map(([name]) => name).sort()).toEqual([...routes].sort());
  });

  it('tells of each what it does, who may, what is in its address and what is answered', async () => {
    await start();
    const operations = operationsOf((await description()).api);
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, operation] of operations) {
      expect(operation.tags, name).toHaveLength(1);
      expect(operation.security, name).toBeDefined();
      expect(
        Object.keys(operation.responses).some((code) => code.startsWith('2')),
        name,
      ).toBe(true);
      const inPath = (operation.parameters ?? []).filter((each) => each.in === 'path');
      expect(
        inPath.map((each) => each.name),
        name,
      ).toEqual([...name.matchAll(/\{(\w+)\}/g)].map(([, param]) => param));
      for (const parameter of inPath) {
        expect(parameter.description, name).toBeTruthy();
      }
    }
    expect(operations.find(([name]) => name === 'DELETE /api/live/{id}')?.[1].security).toEqual([
      { key: ['calls:end'] },
      { session: [], csrf: [] },
    ]);
    expect(operations.find(([name]) => name === 'GET /api/keys')?.[1].security).toEqual([
      { session: [] },
    ]);
  });
});

/** Objects may hold nothing but what is described of them. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(closed);
  }
  if (typeof schema !== 'object' || schema === null) {
    return schema;
  }
  const members = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, closed(value)]),
  );
  const properties = members['properties'] as object | undefined;
  return members['type'] === 'object' && properties && Object.keys(properties).length > 0
    ? { additionalProperties: false, ...members }
    : members;
}

/** Sends requests, and holds each answer against the description. */
class Checked {
  readonly called = new Set<string>();
  readonly #api: Description;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(api: Description) {
    this.#api = api;
    const components = closed(api.components) as object;
    this.#ajv.addSchema({ ...api, components }, 'api');
  }

  async call(
    route: string,
    status: number,
    address: string,
    headers: Readonly<Record<string, string>>,
    body?: unknown,
  ): Promise<Record<string, unknown>> {
    const [method = '', path = ''] = route.split(' ');
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await ask(gateway.base, address, {
      method,
      headers: {
        host: gateway.base,
        origin: `http://${gateway.base}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: text }),
    });
    expect(reply.status, `${route} ${reply.body}`).toBe(status);
    const told = this.#api.paths[path]?.[method.toLowerCase()]?.responses[String(status)];
    expect(told, `${route} answers ${String(status)}`).toBeDefined();
    if (status < 300) {
      this.called.add(route);
    }
    if (told?.content === undefined) {
      expect(reply.body, route).toBe('');
      return {};
    }
    const type = String(reply.headers['content-type']).split(';')[0] ?? '';
    expect(Object.keys(told.content), route).toContain(type);
    if (type !== 'application/json') {
      return {};
    }
    const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status)];
    const way = [...pointer, 'content', type, 'schema']
      .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    const answer = JSON.parse(reply.body) as Record<string, unknown>;
    const valid = this.#ajv.validate({ $ref: `api#/${way}` }, answer);
    expect(valid ? [] : this.#ajv.errors, `${route} ${reply.body.slice(0, 2000)}`).toEqual([]);
    return answer;
  }
}

/** A call that ended a minute ago, with what is kept of calls. */
async function storeCall(): Promise<void> {
  const store = await ThreadedReports.start({
    dataDir: folder,
    retentionDays: 30,
    maxBytes: 2 ** 28,
    onBroken: (reason) => {
      throw new Error(reason);
    },
  });
  const startedAt = Date.now() - 180_000;
  const times = { startedAt, answeredAt: startedAt + 3000, endedAt: startedAt + 63_000 };
  const far = { lossPercent: 1, jitterMs: null, rttMs: 30 };
  const counted = { packetsReceived: 10, bytesReceived: 100, packetsLost: 1, jitterMs: 2 };
  const media = { codec: 'opus', ...counted, packetsSent: 10, bytesSent: 100, far };
  const ann = leg('c1-a', times);
  const bob = leg('c1-b', { ...times, role: 'callee', user: '1002', via: 'sip', media });
  await store.saveCall({
    ...call('c1', { ...times, rangAt: startedAt + 100, legs: [ann, bob] }),
    events: [{ t: startedAt, leg: ann.id, type: 'told', name: 'telnyx_rtc.ringing' }],
  });
  const receivedAt = times.endedAt + 1000;
  for (const outcome of [
    await store.addReport(upload(ann, report(ann.callId), { receivedAt })),
    await store.addRecording(upload(ann, recording(ann.callId), { receivedAt })),
  ]) {
    expect(outcome).toMatchObject({ ok: true });
  }
  const point = { t: startedAt + 5000, packetsReceived: 0, bytesReceived: 0, packetsLost: 0 };
  const sent = { jitterMs: 1, packetsSent: 0, bytesSent: 0 };
  const later = { t: startedAt + 10_000, packetsReceived: 250, bytesReceived: 20_000 };
  await store.saveSeries({
    leg: ann.id,
    points: [
      { ...point, ...sent },
      { ...point, ...sent, ...later },
    ],
  });
  await store.saveMessages({
    call: 'c1',
    dropped: 0,
    messages: [
      {
        ...{ t: startedAt, leg: ann.id, protocol: 'Verto', sent: false },
        ...{ first: 'telnyx_rtc.invite', text: '{}', cut: false },
      },
    ],
  });
  const turn = { at: startedAt, answerMs: 300, gatewayInMs: 1, gatewayOutMs: 2 };
  await store.saveConversation({
    ...{ call: 'c1', conversation: 'x', assistant: 'desk', version: '1', owner: null },
    items: [
      { role: 'user', text: 'Hello', at: startedAt, by: 'voice' },
      { role: 'tool', name: 'find', arguments: '{}', output: '{}', at: startedAt },
    ],
    ...{ turns: [{ ...turn, engine: { firstMs: 3 } }], interruptions: 0 },
    usage: { input: 1, output: 2 },
  });
  await store.close();
}

describe('answers of a gateway', () => {
  it('are as described, of every route', async () => {
    await storeCall();
    const version = { version: '1', greeting: 'Hello', engine: { kind: 'local' } };
    const key = { env: 'TOOL_KEY' };
    const tools = [
      { name: 'find', run: { url: 'https://tools.example.com/find', key } },
      { name: 'hand_over', run: { transfer: { desk: '1001' } } },
    ];
    const trunk = { name: 'net', servers: ['127.0.0.1:9'] };
    await start({
      sip: { port: 0, devices: { realm: 'phone.example.com' }, trunks: [trunk] },
      assistants: [{ id: 'fixed', versions: [version, { ...version, version: '2', tools }] }],
    });
    const { api } = await description();
    const checked = new Checked(api);
    await checked.call('GET /api/openapi.json', 200, '/api/openapi.json', {});

    const { write } = await gateway.signedIn();
    const root = { user: 'root', password: 'secret-root' };
    await checked.call('POST /api/session', 200, '/api/session', {}, root);
    const wrong = { ...root, password: 'wrong' };
    await checked.call('POST /api/session', 401, '/api/session', {}, wrong);
    await checked.call('POST /api/session', 400, '/api/session', {}, {});
    const other = { user: '1001', password: 'secret-1001' };
    await checked.call('POST /api/session', 403, '/api/session', {}, other);
    await checked.call('GET /api/session', 200, '/api/session', write);
    await checked.call('GET /api/session/ways', 200, '/api/session/ways', {});
    await checked.call('GET /api/session', 401, '/api/session', {});

    await checked.call('GET /api/trunks', 200, '/api/trunks', write);
    await checked.call('GET /api/overview', 200, '/api/overview?last=3600000', write);
    await checked.call('GET /api/overview', 400, '/api/overview', write);
    const page = await checked.call(
      'GET /api/calls',
      200,
      '/api/calls?limit=5&reported=true',
      write,
    );
    expect(page).toMatchObject({ total: 1, calls: [{ id: 'c1', reports: 1 }] });
    await checked.call('GET /api/calls', 400, '/api/calls?reported=yes', write);
    const exported = 'GET /api/calls/export';
    await checked.call(exported, 200, '/api/calls/export?format=json', write);
    await checked.call(exported, 200, '/api/calls/export?format=csv', write);
    const view = await checked.call('GET /api/calls/{id}', 200, '/api/calls/c1', write);
    expect(view).toMatchObject({
      legs: [{ client: {}, gateway: {}, recordings: [{}] }, { media: {} }],
      messages: [{}],
      conversation: { items: [{}, {}] },
    });
    await checked.call('GET /api/calls/{id}', 404, '/api/calls/none', write);
    await checked.call('GET /api/calls/{id}/all', 200, '/api/calls/c1/all', write);
    const [caller] = view['legs'] as [{ recordings: [{ id: number }] }];
    const file = `/api/recordings/${String(caller.recordings[0].id)}`;
    await checked.call('GET /api/recordings/{id}', 200, file, write);
    await checked.call('GET /api/recordings/{id}', 404, '/api/recordings/x', write);

    // One after the other: the second is dialled by the first.
    const clients: WireClient[] = [];
    for (const user of ['1001', '1002']) {
      const client = await WireClient.connect(`ws://${gateway.base}/`);
      gateway.undo.push(() => client.close());
      await client.register(user);
      clients.push(client);
    }
    const [ann, bob] = clients as [WireClient, WireClient];
    await dial(ann, '1002');
    await answerNext(bob);
    await ann.next('answer');
    const live = await checked.call('GET /api/live', 200, '/api/live', write);
    const [talk] = live['calls'] as [{ id: string }];
    const sessions = await checked.call('GET /api/sessions', 200, '/api/sessions', write);
    expect(sessions['sessions']).toHaveLength(2);
    await checked.call('DELETE /api/live/{id}', 204, `/api/live/${talk.id}`, write);
    await checked.call('DELETE /api/live/{id}', 404, '/api/live/none', write);
    await checked.call('DELETE /api/sessions/{user}', 204, '/api/sessions/1001', write);
    await checked.call('DELETE /api/sessions/{user}', 404, '/api/sessions/1001', write);

    const helper = '/api/assistants/helper';
    const one = 'PUT /api/assistants/{id}';
    const engine = { kind: 'openai-realtime', url: 'wss://voice.example.com', model: 'm' };
    const versions = [version, { version: '2', engine, tools: [{ name: 'look' }] }];
    const put = await checked.call(one, 200, helper, write, { versions });
    expect(put).toMatchObject({ id: 'helper', current: '2' });
    await checked.call(one, 400, helper, write, { versions: [] });
    await checked.call('GET /api/assistants', 200, '/api/assistants', write);
    await checked.call('GET /api/assistants/{id}', 200, helper, write);
    await checked.call('GET /api/assistants/{id}', 404, '/api/assistants/none', write);
    await checked.call('DELETE /api/assistants/{id}', 204, helper, write);
    await checked.call('DELETE /api/assistants/{id}', 404, helper, write);
    await checked.call('DELETE /api/assistants/{id}', 409, '/api/assistants/fixed', write);

    const add = 'POST /api/users';
    await checked.call(add, 201, '/api/users', write, { name: '1003' });
    await checked.call(add, 201, '/api/users', write, { name: '1004', password: 'long enough 1' });
    await checked.call(add, 409, '/api/users', write, { name: '1003' });
    await checked.call(add, 400, '/api/users', write, { nobody: true });
    await checked.call(add, 413, '/api/users', write, { name: 'x'.repeat(9000) });
    const text = { ...write, 'content-type': 'text/plain' };
    await checked.call(add, 415, '/api/users', text, 'name');
    await checked.call('GET /api/users', 200, '/api/users?limit=3', write);
    await checked.call('PATCH /api/users/{name}', 200, '/api/users/1003', write, {
      disabled: true,
    });
    await checked.call('PATCH /api/users/{name}', 404, '/api/users/none', write, {});
    const password = 'POST /api/users/{name}/password';
    await checked.call(password, 200, '/api/users/1003/password', write);
    const chosen = { password: 'long enough 2' };
    await checked.call(password, 204, '/api/users/1003/password', write, chosen);
    const devices = 'POST /api/users/{name}/devices';
    await checked.call(devices, 201, '/api/users/1004/devices', write, { name: 'desk' });
    const user = await checked.call('GET /api/users/{name}', 200, '/api/users/1004', write);
    expect(user['devices']).toHaveLength(1);
    const device = 'DELETE /api/users/{name}/devices/{device}';
    await checked.call(device, 204, '/api/users/1004/devices/desk', write);
    await checked.call(device, 404, '/api/users/1004/devices/desk', write);
    await checked.call('DELETE /api/users/{name}', 204, '/api/users/1004', write);
    await checked.call('DELETE /api/users/{name}', 403, '/api/users/root', write);

    const wish = { name: 'crm', scopes: ['calls:read'], expiresAt: null };
    const made = await checked.call('POST /api/keys', 201, '/api/keys', write, wish);
    const bearer = { authorization: `Bearer ${String(made['key'])}` };
    await checked.call('GET /api/live', 200, '/api/live', bearer);
    await checked.call('GET /api/users', 403, '/api/users', bearer);
    await checked.call('GET /api/keys', 200, '/api/keys', write);
    const removed = `/api/keys/${String(made['id'])}`;
    await checked.call('DELETE /api/keys/{id}', 204, removed, write);
    await checked.call('DELETE /api/keys/{id}', 404, removed, write);
    await checked.call('GET /api/live', 401, '/api/live', bearer);

    const audit = await checked.call('GET /api/audit', 200, '/api/audit?limit=200', write);
    expect((audit['entries'] as object[]).length).toBeGreaterThan(10);
    await checked.call('GET /api/audit', 400, '/api/audit?action=none', write);
    await checked.call('DELETE /api/session', 403, '/api/session', {
      cookie: write['cookie'] ?? '',
    });
    await checked.call('DELETE /api/session', 204, '/api/session', write);
    expect([...checked.called].sort()).toEqual(
      operationsOf(api)
        .map(([name]) => name)
        .sort(),
    );
  });

  it('without kept calls, and to who asks too often, are as described', async () => {
    await start({ reports: { enabled: false }, limits: { apiRequestsPerMinute: 1 } });
    const checked = new Checked((await description()).api);
    const { write } = await gateway.signedIn();
    await checked.call('GET /api/overview', 404, '/api/overview?last=1', write);
    const wish = { name: 'crm', scopes: ['calls:read'], expiresAt: null };
    const made = await checked.call('POST /api/keys', 201, '/api/keys', write, wish);
    const bearer = { authorization: `Bearer ${String(made['key'])}` };
    await checked.call('GET /api/live', 200, '/api/live', bearer);
    await checked.call('GET /api/live', 429, '/api/live', bearer);
  });
});
