import { expect, test, afterEach } from 'vitest';
import { describeEngine } from '../engine.contract.ts';
import { HostEar } from '../../testing/engine-host.ts';
import { RealtimeServer } from '../../testing/realtime-server.ts';
import type { RealtimeSettings } from '../../definition.ts';
import { RealtimeEngine } from './realtime-engine.ts';

const servers: RealtimeServer[] = [];
const engines: RealtimeEngine[] = [];
const signal = new AbortController().signal;

async function serve(): Promise<RealtimeServer> {
  const server = await RealtimeServer.start();
  servers.push(server);
  return server;
}

function settings(server: RealtimeServer, more: Partial<RealtimeSettings> = {}): RealtimeSettings {
  return {
    kind: 'openai-realtime',
    url: server.url,
    model: 'gpt-realtime',
    voice: 'marin',
    transcription: 'gpt-4o-transcribe',
    turnDetection: 'server_vad',
    session: {},
    ...more,
  };
}

function create(
  server: RealtimeServer,
  ear: HostEar,
  more: Partial<RealtimeSettings> = {},
): RealtimeEngine {
  const engine = new RealtimeEngine(settings(server, more), ear.setup());
  engines.push(engine);
  return engine;
}

afterEach(async () => {
  for (const engine of engines.splice(0)) {
    engine.close();
  }
  for (const server of servers.splice(0)) {
    expect(server.faults).toEqual([]);
    await server.close();
  }
});

for (const turnDetection of ['server_vad', 'gateway'] as const) {
  describeEngine(`the realtime engine, turns by ${turnDetection}`, async () => {
    const server = await serve();
    server.answerMs = 200;
    server.reply = (said) =>
      said === 'book'
        ? { text: '', tool: { name: 'fill_booking', args: '{"people":2}' } }
        : { text: `You said ${said}.` };
    return {
      create: (setup) => new RealtimeEngine(settings(server, { turnDetection }), setup),
      toolText: 'book',
      understood: 'hello',
      stop: () => Promise.resolve(),
    };
  });
}

test('the key goes to the server in a header, and nowhere else', async () => {
  const server = await serve();
  process.env['TEST_REALTIME_KEY'] = 'sk-canary';
  const ear = new HostEar();
  const engine = create(server, ear, { key: { env: 'TEST_REALTIME_KEY' } });
  await engine.open(signal);
  delete process.env['TEST_REALTIME_KEY'];
  expect(server.requests[0]?.headers.authorization).toBe('Bearer sk-canary');
  expect(server.requests[0]?.url).toBe('/v1/realtime?model=gpt-realtime');
  expect(JSON.stringify([ear.told, server.events])).not.toContain('canary');
});

test('a missing key, a refusal and a session that is not taken are told, and not tried again', async () => {
  const server = await serve();
  const ear = new HostEar();
  await expect(
    create(server, ear, { key: { env: 'NOT_SET_ANYWHERE' } }).open(signal),
  ).rejects.toThrow('NOT_SET_ANYWHERE is not set');
  server.misbehaviour.refuse = 401;
  await expect(create(server, ear).open(signal)).rejects.toThrow('HTTP 401');
  delete server.misbehaviour.refuse;
  server.misbehaviour.rejectSession = true;
  await expect(create(server, ear).open(signal)).rejects.toThrow('did not take the session');
  expect(server.requests.length).toBe(2);
});

test('a server that says nothing is given up when the call does not wait any more', async () => {
  const server = await serve();
  server.misbehaviour.mute = true;
  const abort = new AbortController();
  const opening = create(server, new HostEar()).open(abort.signal);
  abort.abort();
  await expect(opening).rejects.toThrow('did not answer in time');
});

test('a connection that breaks in an answer comes back, with the conversation carried over', async () => {
  const server = await serve();
  const ear = new HostEar();
  const engine = create(server, ear);
  await engine.open(signal);
  engine.begin();
  await ear.until('responded completed');
  server.misbehaviour.closeInAnswer = true;
  const content = [{ type: 'input_text' as const, text: 'first question' }];
  engine.message({ type: 'message', role: 'user', id: 'm', content });
  await ear.until('responded failed');
  const before = server.events.length;
  // The question was not answered to its end, so the new connection is asked again.
  await ear.until('responded completed', 2);
  expect(server.requests.length).toBe(2);
  const carried = JSON.stringify(server.events.slice(before));
  expect(carried).toContain('Hello there.');
  expect(carried).toContain('first question');
});

test('one that does not come back ends the call', async () => {
  const server = await serve();
  const ear = new HostEar();
  const engine = create(server, ear);
  await engine.open(signal);
  engine.begin();
  await ear.until('responded completed');
  server.misbehaviour.refuse = 503;
  server.dropAll();
  await ear.until('failed engine_lost', 1, 15_000);
});

test('a server that is not there is named to the operator, with what the system says, and not to the caller', async () => {
  const server = await serve();
  const engine = create(server, new HostEar(), { url: 'ws://127.0.0.1:9/v1/realtime?key=hidden' });
  await expect(engine.open(signal)).rejects.toMatchObject({
    message: 'the engine cannot be reached',
    detail: 'ws://127.0.0.1:9/v1/realtime (ECONNREFUSED)',
  });
});

test('what an answer cost is told', async () => {
  const server = await serve();
  const ear = new HostEar();
  const engine = create(server, ear);
  await engine.open(signal);
  engine.begin();
  await ear.until('responded completed');
  expect(ear.has('used 12 34')).toBe(true);
});

test('what the caller hears is told to the server when it is cut off', async () => {
  const server = await serve();
  server.answerMs = 5000;
  const ear = new HostEar();
  const engine = create(server, ear);
  await engine.open(signal);
  engine.begin();
  await ear.until('responded completed');
  engine.interrupted(ear.responses[0] ?? '', 1234.5);
  await server.when(() => server.types().includes('conversation.item.truncate'));
  expect(server.events.at(-1)).toMatchObject({
    type: 'conversation.item.truncate',
    content_index: 0,
    audio_end_ms: 1234,
  });
});

test('errors of the server, frames that are none, and slow answers do not end the call', async () => {
  const server = await serve();
  Object.assign(server.misbehaviour, { errors: true, noise: true, slow: 300 });
  const ear = new HostEar();
  const engine = create(server, ear);
  await engine.open(signal);
  engine.begin();
  await ear.until('responded completed');
  expect(ear.errors).toEqual([]);
  expect(ear.has(/^log the engine reports server_error/)).toBe(true);
});
