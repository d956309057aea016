import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { answerNext, dial, Fixture, hangup } from '../signaling/testing/fixture.ts';
import type { WireClient, WireReply } from '../signaling/testing/wire-client.ts';
import { Assistants } from './assistants.ts';
import { Catalogue, parseAssistant } from './catalogue.ts';
import type { ConversationRecord } from './conversation.ts';
import { TargetPolicy } from './target-policy.ts';
import { EngineError } from './engine.ts';
import { FakeEngine } from './testing/fake-engine.ts';

const engines: FakeEngine[] = [];
const records: ConversationRecord[] = [];
let opening: (() => Promise<void>) | null = null;
let fixture: Fixture;

const tool = { name: 'fill_booking', run: 'page' };
const version = { version: '1', greeting: 'Hello', engine: { kind: 'local' }, tools: [tool] };

async function start(...definitions: readonly Record<string, unknown>[]): Promise<void> {
  const list = definitions.map((each) =>
    parseAssistant({ name: 'Helper', versions: [version], anonymous: true, ...each }),
  );
  fixture = await Fixture.start({
    timers: { mediaSilenceSeconds: 3600 },
    assistants: (clock) =>
      new Assistants({
        catalogue: new Catalogue(
          list,
          null,
          new TargetPolicy({ hosts: [], privateHosts: true, keys: [] }),
        ),
        clock,
        logger: pino({ level: 'silent' }),
        save: (record) => records.push(record),
        createEngine: (_found, setup) => {
          const engine = new FakeEngine(setup);
          if (opening) {
            engine.opening = opening();
          }
          engines.push(engine);
          return engine;
        },
      }),
  });
}

afterEach(async () => {
  await fixture.stop();
  expect(engines.every(({ closed }) => closed)).toBe(true);
  engines.length = 0;
  records.length = 0;
  opening = null;
});

async function guest(
  client: WireClient,
  target: string,
  more: Record<string, unknown> = {},
): Promise<WireReply> {
  const reply = await client.request('anonymous_login', {
    target_type: 'ai_assistant',
    target_id: target,
    reconnection: false,
    'User-Agent': { sdkVersion: '2.27.10', data: 'test' },
    ...more,
  });
  const sessid = reply.result?.['sessid'];
  if (typeof sessid === 'string') {
    client.sessid = sessid;
  }
  return reply;
}

interface Talk {
  readonly client: WireClient;
  readonly callID: string;
  readonly engine: FakeEngine;
  readonly leg: string;
  readonly call: string;
}

/** A guest in a call with the assistant. */
async function talk(target: string, more: Record<string, unknown> = {}): Promise<Talk> {
  const client = await fixture.connect();
  const reply = await guest(client, target, more);
  if (!reply.result) {
    throw new Error(JSON.stringify(reply.error));
  }
  const { callID } = await dial(client, '');
  await client.next('answer');
  await client.next('ai_conversation');
  const engine = engines.at(-1);
  const media = [...fixture.media.legs.values()].at(-1);
  if (!engine || !media) {
    throw new Error('no engine');
  }
  await client.barrier();
  return { client, callID, engine, leg: media.leg, call: media.call };
}

async function events(client: WireClient): Promise<string[]> {
  await client.barrier();
  return client.received.flatMap((frame) =>
    typeof frame !== 'string' && frame.method === 'ai_conversation'
      ? [String(frame.params?.['type'])]
      : [],
  );
}

describe('guests', () => {
  test('a visitor talks to the assistant of the page without signing in, whatever is dialled', async () => {
    await start({ id: 'desk' });
    const client = await fixture.connect();
    const reply = await guest(client, 'desk');
    expect(reply.result).toMatchObject({ message: 'logged in', offhook: { ai: true } });
    await dial(client, '1001');
    await client.next('answer');
    const created = await client.next('ai_conversation');
    expect(created.id).toBeUndefined();
    expect(created.params).toMatchObject({
      type: 'conversation.created',
      assistant: { id: 'desk', version: '1', name: 'Helper', engine: 'local', hears: 'speech' },
    });
    await client.barrier();
    expect(engines[0]?.told).toEqual(['begin after 0']);
  });

  test.each([
    ['an unknown assistant', { target_id: 'nobody' }],
    ['one that takes no guests', { target_id: 'staff' }],
    ['an unknown version', { target_id: 'desk', target_version_id: '9' }],
    ['another kind of target', { target_id: 'desk', target_type: 'user' }],
    [
      'a conversation that is no text',
      { target_id: 'desk', target_params: { conversation_id: 1 } },
    ],
  ])('%s is refused with a clear error', async (_, params) => {
    await start({ id: 'desk' }, { id: 'staff', anonymous: false });
    const client = await fixture.connect();
    const reply = await guest(client, 'desk', params);
    expect(reply.error).toMatchObject({ code: -32001, data: { reason: 'no_target' } });
    expect(reply.error?.message).not.toBe('');
    expect((await client.request('gatewayState', {})).error).toBeDefined();
  });

  test('an assistant may be for the pages of some origins only', async () => {
    await start({ id: 'desk', origins: ['https://shop.example'] });
    const client = await fixture.connect();
    const reply = await guest(client, 'desk');
    expect(reply.error?.message).toContain('this site');
  });

  test.each(['1001', 'sip:1001@localhost', 'echo', '9196', 'assistant:other', 'other', '+123'])(
    'a guest that dials %s reaches its own assistant and nobody else',
    async (destination) => {
      await start({ id: 'desk' }, { id: 'other', numbers: ['other'] });
      const user = await fixture.register('1001');
      const client = await fixture.connect();
      await guest(client, 'desk');
      await dial(client, destination);
      await client.next('answer');
      const created = await client.next('ai_conversation');
      expect(created.params?.['assistant']).toMatchObject({ id: 'desk' });
      await user.barrier();
      expect(user.has('invite')).toBe(false);
    },
  );

  test('a guest sends nobody a text, and nobody can call a guest', async () => {
    await start({ id: 'desk' });
    const user = await fixture.register('1001');
    const { client, callID } = await talk('desk');
    const reply = await client.request('info', {
      sessid: client.sessid,
      msg: { from: 'x', to: '1001', body: 'hi' },
      dialogParams: { callID },
    });
    expect(reply.error?.message).toContain('guest');
    await user.barrier();
    expect(user.has('info')).toBe(false);
    await dial(user, 'guest:1');
    expect((await user.next('bye')).params).toMatchObject({ cause: 'UNALLOCATED_NUMBER' });
  });

  test('a guest that lost its socket resumes its session, another guest cannot take it', async () => {
    await start({ id: 'desk' }, { id: 'other' });
    const { client } = await talk('desk');
    const { sessid } = client;
    await fixture.drop(client);
    const thief = await fixture.connect();
    await guest(thief, 'other', { sessid });
    expect(thief.sessid).not.toBe(sessid);
    const back = await fixture.connect();
    await guest(back, 'desk', { sessid, reconnection: true });
    expect(back.sessid).toBe(sessid);
    await back.next('attach');
  });
});

describe('users', () => {
  test('dial an assistant by its id or number', async () => {
    await start({ id: 'desk', anonymous: false, numbers: ['777'] });
    const user = await fixture.register('1001');
    for (const destination of ['777', 'assistant:desk']) {
      await dial(user, destination);
      await user.next('answer');
      expect((await user.next('ai_conversation')).params).toMatchObject({
        assistant: { id: 'desk' },
      });
    }
    expect(fixture.counted).toContain('started assistant');
  });

  test('a page without a call with an assistant is told so', async () => {
    await start({ id: 'desk' });
    const user = await fixture.register('1001');
    const reply = await user.request('ai_conversation', { type: 'response.cancel' });
    expect(reply.error).toMatchObject({ code: -32002 });
  });
});

describe('a call', () => {
  test('the engine hears the caller, and its voice is played', async () => {
    await start({ id: 'desk' });
    const { client, engine, leg, call } = await talk('desk');
    expect(fixture.media.legs.get(leg)?.source).toMatchObject({ kind: 'voice', rate: 16_000 });
    const say = (voice: Parameters<typeof fixture.media.emit>[0] & { type: 'voice' }): void => {
      fixture.media.emit(voice);
    };
    say({ type: 'voice', call, leg, voice: { kind: 'heard', pcm: new Int16Array(320), at: 0 } });
    say({ type: 'voice', call, leg, voice: { kind: 'speech', on: true, at: 0 } });
    say({ type: 'voice', call, leg, voice: { kind: 'speech', on: false, at: 0 } });
    expect(engine.told.slice(1)).toEqual(['hear 320', 'speech true', 'speech false']);
    engine.host.responding('r1');
    engine.host.said('r1', 'Good day to you all', true);
    engine.host.voice('r1', new Int16Array(16_000), 16_000, true);
    engine.host.responded('r1', 'completed');
    const started = { kind: 'started', turn: 'r1', at: 0, sinceSpeechMs: 812.4 } as const;
    say({ type: 'voice', call, leg, voice: started });
    const cut = { kind: 'stopped', turn: 'r1', at: 0, playedMs: 500, cut: 'speech' } as const;
    say({ type: 'voice', call, leg, voice: cut });
    expect(engine.told.at(-1)).toBe('interrupted r1 500');
    expect(await events(client)).toEqual([
      'conversation.created',
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'response.created',
      'response.output_audio_transcript.done',
      'response.done',
      'output_audio_buffer.started',
      'output_audio_buffer.cleared',
      'conversation.item.truncated',
    ]);
    await hangup(client, String(client.received.length), 'NORMAL_CLEARING', 16);
    await fixture.drop(client);
    await fixture.pass(95_000);
    expect(records[0]).toMatchObject({
      assistant: 'desk',
      interruptions: 1,
      turns: [{ answerMs: 812 }],
      items: [{ role: 'assistant', text: 'Good day', cut: true }],
    });
  });

  test('a page runs a tool, and what it returns reaches the engine once', async () => {
    await start({ id: 'desk' });
    const { client, engine, callID } = await talk('desk');
    engine.host.callTool('t1', 'fill_booking', '{"people":2}');
    const frame = await client.next('ai_conversation');
    expect(frame.params).toEqual({
      type: 'conversation.item.created',
      call_id: callID,
      item: {
        type: 'function_call',
        call_id: 't1',
        name: 'fill_booking',
        arguments: '{"people":2}',
      },
    });
    const item = { type: 'function_call_output', call_id: 't1', output: '{"ok":true}' };
    // As the reference does: without an id, and without the call.
    client.sendRaw(
      JSON.stringify({
        jsonrpc: '2.0',
        method: 'ai_conversation',
        params: { type: 'conversation.item.create', item },
      }),
    );
    await client.barrier();
    expect(engine.told.at(-1)).toBe('output t1 {"ok":true}');
    const again = await client.request('ai_conversation', {
      type: 'conversation.item.create',
      call_id: callID,
      item,
    });
    expect(again.error?.message).toContain('nobody waits');
  });

  test('a tool that the page does not run in time, or did not name, fails for the engine', async () => {
    await start({ id: 'desk' });
    const { client, engine, callID } = await talk('desk');
    engine.host.callTool('t1', 'fill_booking', '{}');
    await fixture.pass(21_000);
    expect(engine.told.at(-1)).toContain('output t1 {"error"');
    const reply = await client.request('ai_conversation', {
      type: 'session.update',
      call_id: callID,
      session: { tools: [{ type: 'function', name: 'wipe_disk' }] },
    });
    expect(reply.result).toMatchObject({ tools: { accepted: [], refused: ['wipe_disk'] } });
    expect(engine.told.at(-1)).toBe('tools ');
    engine.host.callTool('t2', 'fill_booking', '{}');
    engine.host.callTool('t3', 'unknown', '{}');
    expect(engine.told.slice(-2).every((line) => line.includes('error'))).toBe(true);
  });

  test('a typed text interrupts, is shown, and reaches the engine', async () => {
    await start({ id: 'desk' });
    const { client, engine, callID } = await talk('desk');
    engine.host.responding('r1');
    const reply = await client.request('ai_conversation', {
      type: 'conversation.item.create',
      previous_item_id: null,
      item: {
        id: 'mine',
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: 'Where?' }],
      },
    });
    expect(reply.result).toEqual({ sessid: client.sessid });
    expect(engine.told.slice(-2)).toEqual(['interrupted r1 null', 'message input_text']);
    await client.next('ai_conversation');
    expect((await client.next('ai_conversation')).params).toMatchObject({
      call_id: callID,
      item: { type: 'message', id: 'mine', role: 'user' },
    });
  });

  test('what a page may not say is refused, and the call goes on', async () => {
    await start({ id: 'desk' });
    const { client } = await talk('desk');
    const item = { type: 'response.audio_stream.subscribe' };
    client.sendRaw(
      JSON.stringify({
        jsonrpc: '2.0',
        method: 'ai_conversation',
        params: { type: 'conversation.item.create', item },
      }),
    );
    expect((await client.next('ai_conversation')).params).toMatchObject({
      type: 'error',
      error: { code: 'unsupported' },
    });
    const bad = await client.request('ai_conversation', { type: 'conversation.item.create' });
    expect(bad.error?.code).toBe(-32602);
    expect(client.has('bye')).toBe(false);
  });

  test('digits reach the engine', async () => {
    await start({ id: 'desk' });
    const { client, engine, callID } = await talk('desk');
    await client.request('info', { sessid: client.sessid, dtmf: '5', dialogParams: { callID } });
    expect(engine.told.at(-1)).toBe('digits 5');
  });

  test('what the answers of a call cost is summed up', async () => {
    await start({ id: 'desk' });
    const { client, engine, callID } = await talk('desk');
    engine.host.used({ input: 10, output: 2 });
    engine.host.used({ input: 5, output: 1 });
    await hangup(client, callID, 'NORMAL_CLEARING', 16);
    expect(records).toMatchObject([{ usage: { input: 15, output: 3 } }]);
  });

  test('the engine hangs up when its last words were heard', async () => {
    await start({ id: 'desk' });
    const { client, engine, leg, call } = await talk('desk');
    engine.host.responding('r1');
    engine.host.voice('r1', new Int16Array(160), 16_000, true);
    engine.host.responded('r1', 'completed');
    engine.host.hangup();
    await client.barrier();
    expect(client.has('bye')).toBe(false);
    const stopped = { kind: 'stopped', turn: 'r1', at: 0, playedMs: 10, cut: null } as const;
    fixture.media.emit({ type: 'voice', call, leg, voice: stopped });
    expect((await client.next('bye')).params).toMatchObject({ cause: 'NORMAL_CLEARING' });
  });

  test('an engine that cannot be reached ends the call, and says why', async () => {
    const detail = 'ws://10.0.0.9/ (ECONNREFUSED)';
    opening = () => Promise.reject(new EngineError('engine_unavailable', 'refused', { detail }));
    await start({ id: 'desk' });
    const client = await fixture.connect();
    await guest(client, 'desk');
    await dial(client, '');
    expect((await client.next('ai_conversation')).params).toMatchObject({
      type: 'conversation.created',
    });
    expect((await client.next('ai_conversation')).params).toMatchObject({
      error: { code: 'engine_unavailable', message: 'refused' },
    });
    expect((await client.next('bye')).params).toMatchObject({ causeCode: 41 });
    // Where the engine is stays with the operator.
    expect(JSON.stringify(client.received)).not.toContain('10.0.0.9');
    expect(records).toMatchObject([{ failure: 'refused: ws://10.0.0.9/ (ECONNREFUSED)' }]);
  });

  test('an engine that never answers is given up', async () => {
    opening = () => new Promise<void>(() => undefined);
    await start({ id: 'desk' });
    const { client, engine } = await talk('desk');
    await fixture.pass(11_000);
    expect((await client.next('bye')).params).toMatchObject({ causeCode: 41 });
    expect(engine.closed).toBe(true);
  });
});

describe('limits', () => {
  test('calls at once, in a minute from one address, and minutes of one call', async () => {
    await start({ id: 'desk', limits: { calls: 1, minutes: 1, callsPerAddressPerMinute: 2 } });
    const first = await talk('desk');
    const second = await fixture.connect();
    await guest(second, 'desk');
    await dial(second, '');
    expect((await second.next('ai_conversation')).params).toMatchObject({
      error: { code: 'busy' },
    });
    expect((await second.next('bye')).params).toMatchObject({ causeCode: 42 });
    await fixture.pass(61_000);
    expect((await first.client.next('ai_conversation')).params).toMatchObject({
      error: { code: 'time_limit' },
    });
    await first.client.next('bye');
    for (const expected of ['answer', 'answer', 'bye']) {
      const { callID } = await dial(second, '');
      await second.next(expected);
      if (expected === 'answer') {
        await hangup(second, callID, 'NORMAL_CLEARING', 16);
      }
    }
  });
});

describe('conversations', () => {
  test('one that ended is joined by its id, with what was said; an unknown or foreign one fails with 10007', async () => {
    await start({ id: 'desk' }, { id: 'other' });
    const first = await talk('desk');
    first.engine.host.said('r1', 'My name is Desk', true);
    first.engine.host.responded('r1', 'completed');
    await hangup(first.client, first.callID, 'NORMAL_CLEARING', 16);
    const id = records[0]?.conversation ?? '';
    const joined = await talk('desk', { target_params: { conversation_id: id } });
    expect(joined.engine.setup.history).toMatchObject([{ text: 'My name is Desk' }]);
    for (const [target, conversation] of [
      ['desk', 'conv_unknown'],
      ['other', id],
    ] as const) {
      const client = await fixture.connect();
      await guest(client, target, { target_params: { conversation_id: conversation } });
      await dial(client, '');
      expect((await client.next('ai_conversation')).params).toMatchObject({
        type: 'error',
        error: { code: 10007 },
      });
      expect((await client.next('bye')).params).toMatchObject({ causeCode: 21 });
    }
  });

  test('what is said is not kept where the assistant’s transcripts are off', async () => {
    await start({ id: 'desk', transcripts: false });
    const { client, callID, engine } = await talk('desk');
    engine.host.said('r1', 'A secret', true);
    await hangup(client, callID, 'NORMAL_CLEARING', 16);
    expect(records).toMatchObject([{ assistant: 'desk', items: [], withheld: true }]);
  });
});

describe('handing the caller over', () => {
  const handsOver = {
    ...version,
    tools: [
      {
        name: 'connect',
        description: 'Connects the caller with a person.',
        run: { transfer: { sales: '1001', nobody: '4711' } },
      },
    ],
  };

  test('by a name of the configuration: the person rings, and the assistant is out', async () => {
    await start({ id: 'desk', versions: [handsOver] });
    const person = await fixture.register('1001');
    const { client, engine, call } = await talk('desk');
    const [declared] = engine.setup.tools();
    expect(declared?.parameters).toEqual({
      type: 'object',
      properties: { to: { type: 'string', enum: ['sales', 'nobody'] } },
      required: ['to'],
    });
    engine.host.callTool('t1', 'connect', '{"to":"sales"}');
    await answerNext(person);
    await client.barrier();
    expect(engine.closed).toBe(true);
    expect(fixture.media.legsOf(call).every(({ connectedTo }) => connectedTo !== null)).toBe(true);
    expect((await client.next('display')).params).toMatchObject({ display_number: '1001' });
    expect(client.has('bye')).toBe(false);
    client.close();
  });

  test.each([
    ['a number that the caller talked it into', '{"to":"1002"}'],
    ['a number outside', '{"to":"+1900555"}'],
    ['a member of every object', '{"to":"constructor"}'],
    ['nothing', '{}'],
    ['no JSON', 'sales'],
    ['a list', '["sales"]'],
  ])('%s is refused, and nobody rings', async (_, args) => {
    await start({ id: 'desk', versions: [handsOver] });
    const person = await fixture.register('1002');
    const { client, engine } = await talk('desk');
    engine.host.callTool('t1', 'connect', args);
    expect(engine.told.at(-1)).toBe('output t1 {"error":"to must be one of sales, nobody"}');
    await person.barrier();
    expect(person.has('invite')).toBe(false);
    client.close();
  });

  test('the person is busy, or there is none: the assistant has the caller back and is told', async () => {
    await start({ id: 'desk', versions: [handsOver] });
    const person = await fixture.register('1001');
    const { client, engine, leg } = await talk('desk');
    engine.host.callTool('t1', 'connect', '{"to":"sales"}');
    const { params } = await person.next('invite');
    await hangup(person, String(params?.['callID']), 'USER_BUSY', 17);
    await client.barrier();
    expect(engine.told.at(-1)).toBe('output t1 {"error":"not connected: USER_BUSY"}');
    expect(fixture.media.legs.get(leg)?.source?.kind).toBe('voice');
    engine.host.callTool('t2', 'connect', '{"to":"nobody"}');
    await client.barrier();
    expect(engine.told.at(-1)).toBe('output t2 {"error":"not connected: UNALLOCATED_NUMBER"}');
    client.close();
  });

  test('the caller hangs up while the person rings: nobody rings any more', async () => {
    await start({ id: 'desk', versions: [handsOver] });
    const person = await fixture.register('1001');
    const { client, engine, callID } = await talk('desk');
    engine.host.callTool('t1', 'connect', '{"to":"sales"}');
    await person.next('invite');
    await hangup(client, callID, 'NORMAL_CLEARING', 16);
    expect((await person.next('bye')).params).toMatchObject({ cause: 'ORIGINATOR_CANCEL' });
    expect(engine.closed).toBe(true);
  });

  test('is the operator’s to set: an administrator may not', () => {
    const policy = new TargetPolicy({ hosts: [], privateHosts: true, keys: [] });
    const assistant = parseAssistant({ id: 'desk', versions: [handsOver] });
    expect(policy.objection(assistant)).toMatch(/transfers stand in the configuration file/);
    expect(() =>
      parseAssistant({
        id: 'desk',
        versions: [{ ...handsOver, tools: [{ name: 'x', run: { transfer: {} } }] }],
      }),
    ).toThrow(/1 to 64 targets/);
  });
});
