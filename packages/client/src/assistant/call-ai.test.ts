import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import { AiBench } from '../testing/ai-bench.ts';
import { NOTHING } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';

const booking = {
  type: 'object',
  properties: { day: { type: 'string' }, guests: { type: 'integer', minimum: 1 } },
  required: ['day'],
} as const;

const error = (code: string, message: unknown = expect.any(String) as unknown) => ({
  error: message,
  code,
});

describe('A tool of the page', () => {
  it('gets checked arguments, and its result goes to the assistant of this call', async () => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    const asked = vi.fn();
    ai.on('toolCall', asked);
    ai.tool('fill_booking', booking, ({ day, guests }) => {
      // The types come from the schema.
      const typed: [string, number | undefined] = [day, guests];
      return { filled: typed };
    });
    await bench.ask('fill_booking', '{"day":"Friday","guests":2}');
    expect(bench.outputs).toEqual([['fc-1', { filled: ['Friday', 2] }]]);
    expect(bench.signaling.notifications[0]?.params).toMatchObject({
      type: 'conversation.item.create',
      call_id: bench.call.id,
    });
    expect(asked).toHaveBeenCalledExactlyOnceWith({
      id: 'fc-1',
      name: 'fill_booking',
      arguments: '{"day":"Friday","guests":2}',
    });
    expect(ai.transcript.getSnapshot()).toMatchObject([
      { role: 'tool', name: 'fill_booking', status: 'done' },
    ]);
  });

  it('is not run with arguments that do not fit; the assistant is told what is wrong', async () => {
    const bench = await AiBench.start();
    const handler = vi.fn();
    bench.call.ai.tool('fill_booking', booking, handler);
    await bench.ask('fill_booking', '{"guests":0}', 'a');
    await bench.ask('fill_booking', 'no JSON', 'b');
    await bench.ask('fill_booking', '[]', 'c');
    expect(handler).not.toHaveBeenCalled();
    expect(bench.outputs).toEqual([
      ['a', error('invalid_arguments', expect.stringContaining('day'))],
      ['b', error('invalid_arguments', 'The arguments are not JSON')],
      ['c', error('invalid_arguments')],
    ]);
  });

  it('may be checked by any Standard Schema validator, which may also change the arguments', async () => {
    const bench = await AiBench.start();
    const schema = v.object({ day: v.pipe(v.string(), v.toLowerCase()) });
    bench.call.ai.tool('book', schema, ({ day }) => day.length);
    bench.call.ai.tool('say', v.object({}), () => 'plain text');
    await bench.ask('book', '{"day":"FRIDAY"}', 'a');
    await bench.ask('book', '{"day":5}', 'b');
    expect(bench.outputs).toEqual([
      ['a', 6],
      ['b', error('invalid_arguments', expect.stringContaining('day: '))],
    ]);
    await bench.ask('say', '', 'c');
    expect(bench.signaling.notifications.at(-1)?.params).toMatchObject({
      item: { output: 'plain text' },
    });
  });

  it('that throws, rejects, returns what is no JSON or too much gives an error result', async () => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    const any = { type: 'object' } as const;
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    ai.tool('throws', any, () => {
      throw new Error('no table');
    });
    ai.tool('rejects', any, () => Promise.reject(new Error('later')));
    ai.tool('cycle', any, () => cycle);
    ai.tool('huge', any, () => 'x'.repeat(65_537));
    ai.tool('nothing', any, () => undefined);
    for (const name of ['throws', 'rejects', 'cycle', 'huge', 'nothing']) {
      await bench.ask(name, '{}', name);
    }
    expect(bench.outputs).toEqual([
      ['throws', error('failed', 'no table')],
      ['rejects', error('failed', 'later')],
      ['cycle', error('unserialisable')],
      ['huge', error('too_long')],
      ['nothing', null],
    ]);
  });

  it('has a time; what it says after that is not heard', async () => {
    const bench = await AiBench.start();
    let finish: (value: unknown) => void = () => undefined;
    let signal: AbortSignal | undefined;
    const handler = (_: unknown, context: { signal: AbortSignal }) => {
      signal = context.signal;
      return new Promise((resolve) => (finish = resolve));
    };
    bench.call.ai.tool('slow', { type: 'object' }, handler, { timeoutMs: 500 });
    await bench.ask('slow', '{}');
    await bench.platform.clock.advance(499);
    expect(bench.outputs).toEqual([]);
    await bench.platform.clock.advance(1);
    expect(signal?.aborted).toBe(true);
    finish('late');
    await settle();
    expect(bench.outputs).toEqual([['fc-1', error('timeout')]]);
  });

  it('is aborted at the end of the call, and nothing is told any more', async () => {
    const bench = await AiBench.start();
    let signal: AbortSignal | undefined;
    bench.call.ai.tool('slow', { type: 'object' }, (_, context) => {
      signal = context.signal;
      return new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(new Error('stopped')));
      });
    });
    await bench.ask('slow', '{}');
    await bench.receive('bye', { callID: bench.call.id });
    expect(signal?.aborted).toBe(true);
    expect(bench.outputs).toEqual([]);
    expect(bench.call.ai.state).toBe('ended');
    await bench.ask('slow', '{}', 'after');
    await bench.platform.clock.advance(60_000);
    expect(bench.outputs).toEqual([]);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('is aborted when the gateway gave an output in its place, and says nothing more', async () => {
    const bench = await AiBench.start();
    let signal: AbortSignal | undefined;
    bench.call.ai.tool('slow', { type: 'object' }, (_, context) => {
      signal = context.signal;
      return new Promise<never>(() => undefined);
    });
    await bench.ask('slow', '{}');
    await bench.ask('unknown', '{}', 'fc-2');
    for (const id of ['fc-1', 'fc-2']) {
      const item = { type: 'function_call_output', call_id: id, output: '{}' } as const;
      await bench.tell({ type: 'conversation.item.created', item });
    }
    await bench.platform.clock.advance(60_000);
    expect(signal?.aborted).toBe(true);
    expect(bench.outputs).toEqual([]);
    expect(bench.call.ai.transcript.getSnapshot()).toMatchObject([{ status: 'failed' }]);
  });

  it('runs once, however often its call comes', async () => {
    const bench = await AiBench.start();
    const handler = vi.fn(() => 1);
    bench.call.ai.tool('once', { type: 'object' }, handler);
    await bench.ask('once', '{}');
    await bench.ask('once', '{}');
    expect(handler).toHaveBeenCalledOnce();
    expect(bench.outputs).toEqual([['fc-1', 1]]);
  });

  it('may be registered a moment after its call came; one that is not there is named', async () => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    await bench.ask('late', '{}', 'a');
    ai.tool('late', { type: 'object' }, () => 'here');
    await settle();
    await bench.ask('never', '{}', 'b');
    expect(bench.signaling.notifications).toHaveLength(1);
    await bench.platform.clock.advance(2_000);
    expect(bench.signaling.notifications.at(-1)?.params).toMatchObject({
      item: {
        call_id: 'b',
        output: JSON.stringify(error('unknown_tool', 'The page has no tool "never"')),
      },
    });
  });

  it('is left to the application where it registered none here', async () => {
    const bench = await AiBench.start();
    await bench.ask('own', '{}');
    await bench.platform.clock.advance(60_000);
    expect(bench.signaling.notifications).toEqual([]);
    expect(bench.events.some(({ event }) => event === 'telnyx.ai.conversation')).toBe(true);
  });

  it('has its result sent when the connection is back', async () => {
    const bench = await AiBench.start();
    bench.call.ai.tool('book', { type: 'object' }, () => 'ok');
    bench.signaling.ready = false;
    await bench.ask('book', '{}');
    expect(bench.signaling.notifications).toEqual([]);
    bench.signaling.ready = true;
    bench.registry.onSignalingReady();
    await settle();
    expect(bench.signaling.notifications).toHaveLength(1);
  });

  it.each<[string, unknown, unknown, object]>([
    ['a b', { type: 'object' }, () => 1, {}],
    ['ok', null, () => 1, {}],
    ['ok', { type: 'string' }, () => 1, {}],
    ['ok', { type: 'object' }, 'no function', {}],
    ['ok', { type: 'object' }, () => 1, { timeoutMs: 0 }],
    ['ok', { type: 'object' }, () => 1, { timeoutMs: NaN }],
  ])('is refused where it makes no sense: %j %j', async (name, schema, handler, options) => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    expect(() => ai.tool(name, schema as never, handler as never, options)).toThrow(TypeError);
  });

  it('is refused where its name is taken, until that one is undone', async () => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    const undo = ai.tool('one', { type: 'object' }, () => 1);
    expect(() => ai.tool('one', { type: 'object' }, () => 2)).toThrow('already');
    undo();
    ai.tool('one', { type: 'object' }, () => 2);
    undo();
    await bench.ask('one', '{}');
    expect(bench.outputs).toEqual([['fc-1', 2]]);
  });

  it('is told to a gateway that says who answers, all of one moment together', async () => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    const undo = ai.tool('a', booking, () => 1, { description: 'Fills the form' });
    ai.tool('b', v.object({}), () => 1, { parameters: { type: 'object' } });
    await settle();
    expect(bench.signaling.of('ai_conversation')).toEqual([]);
    await bench.tell({
      type: 'conversation.created',
      conversation: { id: 'conv' },
      assistant: { id: 'demo', version: '1', name: 'Demo', engine: 'local', hears: 'phrases' },
    });
    expect(bench.signaling.of('ai_conversation').map(({ params }) => params)).toEqual([
      {
        type: 'session.update',
        call_id: bench.call.id,
        session: {
          tools: [
            { type: 'function', name: 'a', description: 'Fills the form', parameters: booking },
            { type: 'function', name: 'b', parameters: { type: 'object' } },
          ],
        },
      },
    ]);
    bench.signaling.last('ai_conversation').reply({ tools: { accepted: ['a'], refused: ['b'] } });
    undo();
    await settle();
    expect(bench.signaling.last('ai_conversation').params).toMatchObject({
      session: { tools: [{ name: 'b' }] },
    });
    await settle();
    expect(bench.logged.flat().join()).toContain('The assistant has no tool b');
    expect(ai.info).toMatchObject({ name: 'Demo', hears: 'phrases', conversationId: 'conv' });
  });
});

describe('Turns', () => {
  it('are told as they change, and an interruption by its name', async () => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    const told: string[] = [];
    for (const event of ['speaking', 'listening', 'thinking', 'interrupted'] as const) {
      ai.on(event, () => told.push(event));
    }
    expect(ai.state).toBe('listening');
    await bench.tell({ type: 'response.created', response: { id: 'r1' } });
    await bench.tell({ type: 'output_audio_buffer.started', response_id: 'r1' });
    await bench.tell({ type: 'input_audio_buffer.speech_started', item_id: 'u1' });
    expect(ai.callerSpeaking).toBe(true);
    await bench.tell({ type: 'output_audio_buffer.cleared', response_id: 'r1' });
    await bench.tell({ type: 'output_audio_buffer.cleared', response_id: 'r1' });
    expect(told).toEqual(['thinking', 'speaking', 'listening', 'interrupted']);
    await bench.tell({ type: 'input_audio_buffer.speech_stopped', item_id: 'u1' });
    expect(ai.callerSpeaking).toBe(false);
  });

  it('think until the voice begins, also when the words are complete before it', async () => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    const states: string[] = [];
    ai.on('state', (state) => states.push(state));
    const said = { response_id: 'r1', item_id: 'i1', transcript: 'Hello' };
    await bench.tell({ type: 'response.created', response: { id: 'r1' } });
    await bench.tell({ type: 'response.output_audio_transcript.done', ...said });
    await bench.tell({ type: 'response.done', response: { id: 'r1', status: 'completed' } });
    await bench.tell({ type: 'output_audio_buffer.started', response_id: 'r1' });
    await bench.tell({ type: 'output_audio_buffer.stopped', response_id: 'r1' });
    expect(states).toEqual(['thinking', 'speaking', 'listening']);
    // A voice that never comes is not waited for once the caller goes on.
    const lost = { response_id: 'r2', item_id: 'i2', transcript: 'Lost' };
    await bench.tell({ type: 'response.created', response: { id: 'r2' } });
    await bench.tell({ type: 'response.output_audio_transcript.done', ...lost });
    await bench.tell({ type: 'response.done', response: { id: 'r2', status: 'completed' } });
    expect(ai.state).toBe('thinking');
    await bench.tell({ type: 'input_audio_buffer.speech_started', item_id: 'u' });
    expect(ai.state).toBe('listening');
  });

  it('do not go back when an event of an answer that is over comes late', async () => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    await bench.tell({ type: 'output_audio_buffer.stopped', response_id: 'r1' });
    await bench.tell({ type: 'output_audio_buffer.started', response_id: 'r1' });
    await bench.tell({ type: 'response.created', response: { id: 'r1' } });
    expect(ai.state).toBe('listening');
    await bench.tell({ type: 'response.created', response: { id: 'r2' } });
    await bench.tell({ type: 'response.done', response: { id: 'r2', status: 'failed' } });
    expect(ai.state).toBe('listening');
  });

  it('are cut short by interrupt(), where the gateway can and there is something to cut', async () => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    expect(ai.interrupt()).toBe(false);
    await bench.tell({ type: 'output_audio_buffer.started', response_id: 'r1' });
    expect(ai.interrupt()).toBe(true);
    expect(bench.signaling.notifications).toEqual([
      { method: 'ai_conversation', params: { type: 'response.cancel', call_id: bench.call.id } },
    ]);
    bench.signaling.ready = false;
    expect(() => ai.interrupt()).toThrow();
    const foreign = await AiBench.start({ announced: false });
    await foreign.tell({ type: 'output_audio_buffer.started', response_id: 'r1' });
    expect(foreign.call.ai.interrupt()).toBe(false);
    expect(foreign.signaling.notifications).toEqual([]);
  });
});

describe('Messages of an assistant', () => {
  it('reach the call that they name, and no other', async () => {
    const bench = await AiBench.start();
    const first = bench.call;
    const second = await bench.connect({ destinationNumber: '' });
    await bench.tell({ type: 'output_audio_buffer.started', response_id: 'r1' }, second.id);
    expect([first.ai.state, second.ai.state]).toEqual(['listening', 'speaking']);
    await bench.tell({ type: 'output_audio_buffer.stopped', response_id: 'r1' }, 'unknown');
    expect(second.ai.state).toBe('speaking');
  });

  it('that name none mean the only call, as Telnyx sends them; with several calls nobody’s', async () => {
    const bench = await AiBench.start({ announced: false });
    const handler = vi.fn();
    bench.call.ai.tool('t', { type: 'object' }, handler);
    const item = { type: 'function_call', call_id: 'fc', name: 't', arguments: '{}' } as const;
    const event = { type: 'conversation.item.created', item } as const;
    bench.hear(event, undefined);
    // hear() names the bench's call by default, so this one is written out.
    bench.registry.onGatewayRequest({
      kind: 'request',
      method: 'ai_conversation',
      params: event,
    } as never);
    await settle();
    expect(handler).toHaveBeenCalledOnce();
    await bench.connect({ destinationNumber: '' });
    const other = { ...event, item: { ...item, call_id: 'fc2' } };
    bench.registry.onGatewayRequest({
      kind: 'request',
      method: 'ai_conversation',
      params: other,
    } as never);
    await settle();
    expect(handler).toHaveBeenCalledOnce();
  });

  it('are kept from the first one on, also when call.ai is looked at later', async () => {
    const bench = await AiBench.start();
    await bench.tell({
      type: 'response.output_audio_transcript.done',
      response_id: 'r1',
      item_id: 'i1',
      transcript: 'Good morning',
    });
    expect(bench.call.ai.transcript.getSnapshot()).toMatchObject([{ text: 'Good morning' }]);
  });

  it('go on with the call in the object that a recovery put in its place', async () => {
    const bench = await AiBench.start();
    const { ai } = bench.call;
    ai.tool('t', { type: 'object' }, () => 'ok');
    let next: unknown;
    bench.call.on('recovered', (call) => (next = call));
    const { fakeSdp } = await import('../testing/fake-peer-connection.ts');
    await bench.receive('attach', { callID: bench.call.id, sdp: fakeSdp() });
    await settle();
    expect(next).toBeDefined();
    expect(next).not.toBe(bench.call);
    expect((next as typeof bench.call).ai).toBe(ai);
    expect(ai.state).not.toBe('ended');
    await bench.ask('t', '{}');
    expect(bench.signaling.notifications).toHaveLength(1);
  });
});
