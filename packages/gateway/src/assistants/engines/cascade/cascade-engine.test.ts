import { afterEach, expect, test } from 'vitest';
import type { CascadeSettings } from '../../definition.ts';
import type { Engine } from '../../engine.ts';
import { CascadeServer } from '../../testing/cascade-server.ts';
import { HostEar } from '../../testing/engine-host.ts';
import { describeEngine } from '../engine.contract.ts';
import { CascadeEngine } from './cascade-engine.ts';
import { Sentences } from './sentences.ts';

const servers: CascadeServer[] = [];
const engines: Engine[] = [];
const signal = new AbortController().signal;

async function serve(): Promise<CascadeServer> {
  const server = await CascadeServer.start();
  servers.push(server);
  return server;
}

function settings(server: CascadeServer, scheme: 'http' | 'ws', sees = false): CascadeSettings {
  return {
    kind: 'cascade',
    stt: { url: server.url(scheme, '/stt'), model: 'whisper-1' },
    chat: { url: server.url('http', '/chat'), model: 'small', sees, usage: false },
    tts: { url: server.url(scheme, '/tts'), model: 'tts-1', voice: 'alloy', rate: 24_000 },
  };
}

function create(server: CascadeServer, ear: HostEar, sees = false): Engine {
  const engine = new CascadeEngine(settings(server, 'http', sees), ear.setup());
  engines.push(engine);
  return engine;
}

function type(engine: Engine, text: string): void {
  const content = [{ type: 'input_text' as const, text }];
  engine.message({ type: 'message', role: 'user', id: 'm', content });
}

afterEach(async () => {
  for (const engine of engines.splice(0)) {
    engine.close();
  }
  for (const server of servers.splice(0)) {
    await server.close();
  }
});

for (const scheme of ['http', 'ws'] as const) {
  describeEngine(`the cascade engine over ${scheme}`, async () => {
    const server = await serve();
    server.reply = (said) =>
      said === 'book'
        ? { text: 'One moment. ', tool: { name: 'fill_booking', args: '{"people":2}' } }
        : { text: `You said ${said}. Is that right?` };
    return {
      create: (setup) => new CascadeEngine(settings(server, scheme), setup),
      toolText: 'book',
      understood: 'hello',
      stop: () => Promise.resolve(),
    };
  });
}

test('an answer is spoken sentence by sentence while it comes', async () => {
  const server = await serve();
  const ear = new HostEar();
  const engine = create(server, ear);
  await engine.open(signal);
  type(engine, 'hello');
  await ear.until('responded completed');
  expect(server.spoken).toEqual(['You said hello.', 'Is that right?']);
  expect(ear.samples).toBe(2 * 4800);
});

test('what an answer cost is asked for where that is set, and told', async () => {
  const server = await serve();
  for (const usage of [false, true]) {
    const ear = new HostEar();
    const { chat, ...rest } = settings(server, 'http');
    const engine: Engine = new CascadeEngine({ ...rest, chat: { ...chat, usage } }, ear.setup());
    engines.push(engine);
    await engine.open(signal);
    type(engine, 'hello');
    await ear.until('responded completed');
    expect(ear.has('used 21 7')).toBe(usage);
  }
});

test('an endpoint that is not there is named to the operator when the call ends', async () => {
  const server = await serve();
  const ear = new HostEar();
  const { chat, ...rest } = settings(server, 'http');
  const away = { ...chat, url: 'http://127.0.0.1:9/chat' };
  const engine: Engine = new CascadeEngine({ ...rest, chat: away }, ear.setup());
  engines.push(engine);
  await engine.open(signal);
  for (let time = 1; time <= 3; time += 1) {
    type(engine, 'hello');
    await ear.until('responded failed', time);
  }
  expect(ear.errors.at(-1)).toMatchObject({
    message: 'the engine failed again and again',
    detail: 'connect ECONNREFUSED 127.0.0.1:9',
  });
});

test('what streams back while the caller speaks is shown at once', async () => {
  const server = await serve();
  const ear = new HostEar();
  const engine = new CascadeEngine(settings(server, 'ws'), ear.setup());
  engines.push(engine);
  engine.hear(new Int16Array(320));
  engine.speech(true, 'u1');
  engine.speech(false, 'u1');
  await ear.until('heard u1 hello');
  expect(ear.told.slice(0, 2)).toEqual(['hearing u1 he', 'hearing u1 ll']);
});

test('a model that sees gets the images, another one says that it does not', async () => {
  const server = await serve();
  const ear = new HostEar();
  const content = [
    { type: 'input_text' as const, text: 'what is this' },
    { type: 'image_url' as const, image_url: { url: 'https://img.example/a.png' } },
  ];
  create(server, ear, true).message({ type: 'message', role: 'user', id: 'm', content });
  await ear.until('responded completed');
  expect(JSON.stringify(server.questions[0])).toContain('https://img.example/a.png');
  create(server, ear).message({ type: 'message', role: 'user', id: 'm', content });
  await ear.until('responded completed', 2);
  expect(ear.errors[0]?.code).toBe('unsupported');
  expect(JSON.stringify(server.questions[1])).not.toContain('img.example');
});

test.each(['chat', 'tts'] as const)(
  'a %s that fails costs the answer, and after three the call',
  async (part) => {
    const server = await serve();
    server.misbehaviour[part] = 500;
    const ear = new HostEar();
    const engine = create(server, ear);
    await engine.open(signal);
    for (let i = 1; i <= 3; i += 1) {
      expect(ear.errors).toEqual([]);
      type(engine, 'hello');
      await ear.until('responded failed', i);
    }
    await ear.until('failed engine_lost');
  },
);

test('speech that cannot be written down is told, and the call goes on', async () => {
  const server = await serve();
  server.misbehaviour.stt = 503;
  const ear = new HostEar();
  const engine = create(server, ear);
  engine.speech(true, 'u1');
  engine.speech(false, 'u1');
  await ear.until('heard u1 -');
  type(engine, 'hello');
  await ear.until('responded completed');
});

test('a stream that is cut short is a failure, not half an answer', async () => {
  const server = await serve();
  server.misbehaviour.cutChat = true;
  const ear = new HostEar();
  const engine = create(server, ear);
  type(engine, 'hello');
  await ear.until('responded failed');
});

test('the caller’s voice ends what is being thought of', async () => {
  const server = await serve();
  server.misbehaviour.slowChat = 2000;
  const ear = new HostEar();
  const engine = create(server, ear);
  type(engine, 'hello');
  await ear.until('responding');
  engine.speech(true, 'u1');
  expect(ear.told.at(-1)).toBe('responded cancelled');
});

test('keys go to their own servers, and a missing one is found at the beginning', async () => {
  const server = await serve();
  const base = settings(server, 'http');
  process.env['TEST_CASCADE_KEY'] = 'canary';
  const ear = new HostEar();
  const engine: Engine = new CascadeEngine(
    { ...base, chat: { ...base.chat, key: { env: 'TEST_CASCADE_KEY' } } },
    ear.setup(),
  );
  engines.push(engine);
  await engine.open(signal);
  type(engine, 'hello');
  await ear.until('responded completed');
  expect([...server.keys]).toEqual(['Bearer canary', undefined]);
  delete process.env['TEST_CASCADE_KEY'];
  await expect(engine.open(signal)).rejects.toThrow('TEST_CASCADE_KEY is not set');
});

test('sentences end where a speaker would pause', () => {
  const sentences = new Sentences();
  const out = ['It costs 3.5', ' euros. And', ' "why?" Because', '\nso'].flatMap((piece) => [
    ...sentences.add(piece),
  ]);
  expect([...out, sentences.end()]).toEqual(['It costs 3.5 euros.', 'And "why?"', 'Because', 'so']);
});
