import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RANDOM_PASSWORD_COST, hashPassword } from '../auth/passwords.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import { configFrom } from '../config.ts';
import { startGateway } from '../gateway.ts';
import type { Gateway } from '../gateway.ts';
import { createLogger } from '../logging/logger.ts';
import { FakeMediaPlane } from '../media/testing/fake-media-plane.ts';
import { createSignalingServer } from '../signaling/server.ts';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import { WireClient } from '../signaling/testing/wire-client.ts';
import { SqliteReports } from './sqlite/store.ts';
import type { CallDetail } from './store.ts';
import { report } from './testing/samples.ts';

/** A whole gateway, with no media behind its media plane: what clients send, and what is then on disk. */
let folder: string;
let gateway: Gateway;
let media: FakeMediaPlane;
let logged: string[];
let clients: WireClient[];

async function start(config: Record<string, unknown> = {}): Promise<void> {
  const write = (line: string) => void logged.push(line);
  gateway = await startGateway(
    configFrom({
      port: 0,
      dataDir: folder,
      drain: { callSeconds: 0, idleSeconds: 0 },
      limits: { callsPerUser: 200, framesPerSecond: 1000, frameBurst: 5000 },
      ...config,
    }),
    createLogger('info', { write }),
    {
      createSignaling: createSignalingServer,
      createMedia: () => {
        media = new FakeMediaPlane();
        return media;
      },
    },
  );
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-reports-'));
  logged = [];
  clients = [];
  const store = new Store(databasePath(folder));
  for (const name of ['1001', '1002']) {
    const passwordHash = await hashPassword(`secret-${name}`, RANDOM_PASSWORD_COST);
    const rest = { displayName: name, passwordHash, admin: false, generateRingback: false };
    new Users(store).add({ name, ...rest });
  }
  store.close();
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

async function stop(): Promise<void> {
  await gateway.close();
  await Promise.all(clients.map((client) => client.closed));
  expect(logged.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
}

interface Signed {
  readonly client: WireClient;
  readonly key: string;
}

async function signIn(user: string): Promise<Signed> {
  const client = await WireClient.connect(`ws://127.0.0.1:${String(gateway.port)}/`);
  clients.push(client);
  await client.register(user);
  const { result } = await client.request('gatewayState', {});
  const { call_report_id: key } = result?.['params'] as { call_report_id?: string };
  return { client, key: key ?? '' };
}

async function post(
  { key, client }: Signed,
  callId: string,
  body: unknown = report(callId),
): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${String(gateway.port)}/call_report`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'x-call-report-id': key,
      'x-call-id': callId,
      'x-voice-sdk-id': client.voiceSdkId ?? '',
    },
    body: gzipSync(JSON.stringify(body)),
  });
  await response.arrayBuffer();
  return response.status;
}

/** What is on disk when the gateway has ended. */
async function kept(callId: string): Promise<CallDetail> {
  await stop();
  const store = new SqliteReports({ dataDir: folder, retentionDays: 30, maxBytes: 2 ** 30 });
  const detail = store.find(callId);
  store.close();
  if (!detail) {
    throw new Error(`no call ${callId}`);
  }
  return detail;
}

const metrics = async (): Promise<string> =>
  (await fetch(`http://127.0.0.1:${String(gateway.port)}/metrics`)).text();

async function talk(ann: Signed, bob: Signed): Promise<readonly [string, string]> {
  const { callID } = await dial(ann.client, '1002');
  const answered = await answerNext(bob.client);
  await ann.client.next('answer');
  return [callID, answered];
}

describe('a call', () => {
  it('is kept as both ends and the gateway saw it', async () => {
    await start();
    const ann = await signIn('1001');
    const bob = await signIn('1002');
    const [annCall, bobCall] = await talk(ann, bob);
    for (const leg of media.legs.values()) {
      media.setState(leg.leg, 'connected');
    }
    // Segments may come before the end, and the last one before the bye.
    const early = { segment: 0, flushReason: { type: 'buffer-limit' } };
    expect(await post(ann, annCall, report(annCall, early))).toBe(204);
    expect(await post(ann, annCall, report(annCall, { segment: 1 }))).toBe(204);
    await hangup(bob.client, bobCall, 'NORMAL_CLEARING', 16);
    await ann.client.next('bye');
    expect(await post(bob, bobCall)).toBe(204);
    const text = await metrics();
    expect(text).toContain('offhook_call_setup_seconds_count{phase="ringing"} 1');
    expect(text).toContain('offhook_call_setup_seconds_count{phase="media"} 2');
    expect(text).toContain('offhook_report_uploads_total{kind="report",outcome="stored"} 3');
    // The two ends of the call, not its segments.
    expect(text).toContain('offhook_call_mos_count 2');
    expect(text).toContain('offhook_calls_ended_total{cause="NORMAL_CLEARING"} 1');
    expect(text).toContain('offhook_calls 0');

    const { call, legs, events } = await kept(annCall);
    expect(call).toMatchObject({
      caller: '1001',
      callee: '1002',
      destination: '1002',
      service: null,
      cause: 'NORMAL_CLEARING',
      reports: 3,
      sdks: ['2.27.10'],
    });
    expect(call.answeredAt).toBeGreaterThanOrEqual(call.startedAt);
    expect(legs).toMatchObject([
      { role: 'caller', callId: annCall, endedBy: 'gateway', media: { codec: 'opus' } },
      { role: 'callee', callId: bobCall, endedBy: 'party', media: { codec: 'opus' } },
    ]);
    expect(legs.map((leg) => leg.reports.length)).toEqual([2, 1]);
    const told = (index: number): string[] =>
      events
        .filter(({ leg, type }) => leg === legs[index]?.id && ['told', 'asked'].includes(type))
        .map(({ type, name }) => `${type === 'told' ? '→' : '←'}${String(name)}`);
    expect(told(0)).toEqual(['→ringing', '→answer', '→bye']);
    expect(told(1)).toEqual(['→invite', '←answer', '←bye']);
    expect(events.map(({ t }) => t)).toEqual(events.map(({ t }) => t).sort((a, b) => a - b));
    expect(events.filter(({ type }) => type === 'media')).toHaveLength(2);
  });

  it('is told to other programs when it has ended, and none of them can delay it', async () => {
    const told: { call: { id: string; cause: string; legs: object[] } }[] = [];
    const receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        told.push(JSON.parse(body) as (typeof told)[number]);
        // The first receiver never answers.
        if (request.url === '/works') {
          response.writeHead(204).end();
        }
      });
    });
    await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}`;
    await start({
      webhooks: { urls: [`${base}/hangs`, `${base}/works`], secret: 'of the receivers' },
    });
    const ann = await signIn('1001');
    const bob = await signIn('1002');
    const [, bobCall] = await talk(ann, bob);
    await hangup(bob.client, bobCall, 'NORMAL_CLEARING', 16);
    await ann.client.next('bye');
    await vi.waitFor(
      async () => {
        expect(told).toHaveLength(2);
        expect(await metrics()).toContain(
          'offhook_webhook_deliveries_total{outcome="delivered"} 1',
        );
      },
      { timeout: 30_000 },
    );
    expect(told[0]?.call).toMatchObject({ cause: 'NORMAL_CLEARING', legs: [{}, {}] });
    receiver.closeAllConnections();
    receiver.close();
  });

  it('to a service, and one to nobody, are kept with their causes', async () => {
    await start();
    const ann = await signIn('1001');
    const echo = await dial(ann.client, 'echo');
    await ann.client.next('answer');
    await hangup(ann.client, echo.callID, 'NORMAL_CLEARING', 16);
    const nobody = await dial(ann.client, '7777');
    await ann.client.next('bye');
    await stop();
    const store = new SqliteReports({ dataDir: folder, retentionDays: 30, maxBytes: 2 ** 30 });
    expect(store.find(echo.callID)?.call).toMatchObject({ service: 'echo', callee: null });
    expect(store.find(nobody.callID)?.call).toMatchObject({
      cause: 'UNALLOCATED_NUMBER',
      answeredAt: null,
    });
    store.close();
  });

  it('is known by its time away from the network', async () => {
    await start();
    const ann = await signIn('1001');
    const [annCall] = await talk(ann, await signIn('1002'));
    await ann.client.drop();
    const again = await WireClient.connect(`ws://127.0.0.1:${String(gateway.port)}/`);
    clients.push(again);
    await again.register('1001', { sessid: ann.client.sessid });
    const { events, legs } = await kept(annCall);
    const own = events.filter(({ leg }) => leg === legs[0]?.id).map(({ type }) => type);
    expect(own).toContain('away');
    expect(own.indexOf('back')).toBeGreaterThan(own.indexOf('away'));
  });
});

describe('a key', () => {
  it('is good for its own session only', async () => {
    await start();
    const ann = await signIn('1001');
    const bob = await signIn('1002');
    const [annCall, bobCall] = await talk(ann, bob);
    expect(await post(ann, bobCall)).toBe(404);
    expect(await post({ ...ann, key: bob.key }, annCall)).toBe(404);
    expect(await post({ ...ann, key: '' }, annCall)).toBe(401);
    const second = await signIn('1001');
    expect(await post(second, annCall)).toBe(404);
    const { call } = await kept(annCall);
    expect(call.reports).toBe(0);
  });

  it('outlives its socket, its session and the gateway', async () => {
    await start();
    const ann = await signIn('1001');
    const { callID } = await dial(ann.client, 'echo');
    await ann.client.next('answer');
    await stop();
    await start();
    expect(await post(ann, callID)).toBe(204);
    expect((await kept(callID)).call.reports).toBe(1);
  });

  it('is given to nobody where no reports are kept', async () => {
    await start({ reports: { enabled: false } });
    const ann = await signIn('1001');
    expect(ann.key).toBe('');
    await dial(ann.client, 'echo');
    await ann.client.next('answer');
    const url = `http://127.0.0.1:${String(gateway.port)}/call_report`;
    expect((await fetch(url, { method: 'OPTIONS' })).status).toBe(404);
    expect(await metrics()).toContain('offhook_call_setup_seconds_count{phase="ringing"} 1');
  });
});

it('A debug report, begun before the invite and ended after the bye, is kept with its call', async () => {
  await start();
  const ann = await signIn('1001');
  const callID = crypto.randomUUID();
  const send = (type: string, data?: unknown) =>
    ann.client.send({
      type: `debug_report_${type}`,
      debug_report_id: 'd-1',
      debug_report_version: 1,
      call_id: callID,
      ...(data === undefined ? {} : { debug_report_data: data }),
    });
  expect((await send('start')).result).toBeDefined();
  await send('data', { event: 'addConnection' });
  await dial(ann.client, 'echo', { callID });
  await ann.client.next('answer');
  await send('data', { event: 'stats', credential: 'canary' });
  await hangup(ann.client, callID, 'NORMAL_CLEARING', 16);
  await send('stop');
  await send('stop');
  const { legs } = await kept(callID);
  const debug = legs[0]?.debug as { type: string; data?: { event: string } }[];
  expect(debug.map(({ type, data }) => data?.event ?? type)).toEqual([
    'debug_report_start',
    'addConnection',
    'stats',
    'debug_report_stop',
    'debug_report_stop',
  ]);
  expect(JSON.stringify(debug)).not.toContain('canary');
});

it('A hundred calls that end at once lose no report', async () => {
  await start();
  // Sixteen sessions a user: a hundred calls are more than one session may upload at once.
  const parties = await Promise.all(Array.from({ length: 10 }, () => signIn('1001')));
  const calls = await Promise.all(
    parties.flatMap((party) =>
      Array.from({ length: 10 }, async () => {
        const { callID } = await dial(party.client, 'echo');
        return { party, callID };
      }),
    ),
  );
  const statuses = await Promise.all(
    calls.map(async ({ party, callID }) => {
      const bye = hangup(party.client, callID, 'NORMAL_CLEARING', 16);
      const status = await post(party, callID);
      await bye;
      return status;
    }),
  );
  expect(statuses.filter((status) => status !== 204)).toEqual([]);
  await stop();
  const store = new SqliteReports({ dataDir: folder, retentionDays: 30, maxBytes: 2 ** 30 });
  const page = store.list({ limit: 1000 });
  expect(page.calls.map(({ reports }) => reports)).toEqual(Array.from({ length: 100 }, () => 1));
  expect(page.calls.every(({ cause }) => cause === 'NORMAL_CLEARING')).toBe(true);
  store.close();
});
