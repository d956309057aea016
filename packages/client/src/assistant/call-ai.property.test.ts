import type { AiEventBody } from '@offhook/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AiBench } from '../testing/ai-bench.ts';
import { NOTHING } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';
import { TURN_TABLE, type AssistantState } from './turns.ts';

const id = fc.constantFrom('1', '2', '3');
const text = fc.string({ maxLength: 8 });

const event: fc.Arbitrary<AiEventBody> = fc.oneof(
  fc.constantFrom<AiEventBody>(
    { type: 'input_audio_buffer.speech_started', item_id: 'u' },
    { type: 'input_audio_buffer.speech_stopped', item_id: 'u' },
    {
      type: 'conversation.created',
      conversation: { id: 'c' },
      assistant: { id: 'd', version: '1', name: 'D', engine: 'local', hears: 'phrases' },
    },
  ),
  fc.record({
    type: fc.constant('response.created' as const),
    response: fc.record({ id }),
  }),
  fc.record({
    type: fc.constantFrom(
      'output_audio_buffer.started' as const,
      'output_audio_buffer.stopped' as const,
      'output_audio_buffer.cleared' as const,
    ),
    response_id: id,
  }),
  fc.record({
    type: fc.constant('response.done' as const),
    response: fc.record({ id, status: fc.constantFrom('completed', 'cancelled', 'failed') }),
  }) as fc.Arbitrary<AiEventBody>,
  fc.record({
    type: fc.constant('response.output_audio_transcript.delta' as const),
    response_id: id,
    item_id: id,
    delta: text,
  }),
  fc.record({
    type: fc.constant('response.output_audio_transcript.done' as const),
    response_id: id,
    item_id: id,
    transcript: text,
  }),
  fc.record({
    type: fc.constant('conversation.item.truncated' as const),
    item_id: id,
    audio_end_ms: fc.nat(),
    transcript: text,
  }),
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('conversation.item.created' as const),
      item: fc.record({
        type: fc.constant('function_call' as const),
        call_id: fc.constantFrom('f1', 'f2', 'f3', 'f4'),
        name: fc.constantFrom('quick', 'slow', 'never', 'broken', 'unknown'),
        arguments: fc.constantFrom('{}', '', 'no', '{"a":1}'),
      }),
    }),
  },
);

type Step =
  | { readonly is: 'event'; readonly event: AiEventBody }
  | { readonly is: 'time'; readonly ms: number }
  | { readonly is: 'offline' | 'online' | 'end' | 'settle' | 'interrupt' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: event.map((it): Step => ({ is: 'event', event: it })) },
  { weight: 1, arbitrary: fc.nat({ max: 12_000 }).map((ms): Step => ({ is: 'time', ms })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('offline' as const, 'online' as const, 'settle' as const, 'interrupt' as const)
      .map((is): Step => ({ is })),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ is: 'end' }) },
);

const moves = new Set(
  Object.entries(TURN_TABLE).flatMap(([from, exits]) =>
    Object.values(exits).map((to) => `${from} ${to}`),
  ),
);

describe('An assistant whose events come late, twice, out of order or not at all', () => {
  it('keeps to the table, runs each tool call once, answers each once, and leaves nothing running', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const bench = await AiBench.start();
        const { ai } = bench.call;
        const runs: string[] = [];
        const states: string[] = [];
        ai.on('state', (state, before) => states.push(`${before} ${state}`));
        ai.tool('quick', { type: 'object' }, (_, { toolCall }) => runs.push(toolCall.id));
        ai.tool(
          'slow',
          { type: 'object' },
          (_, { toolCall, signal }) =>
            new Promise((resolve, reject) => {
              runs.push(toolCall.id);
              bench.platform.clock.setTimeout(() => resolve('ok'), 3_000);
              signal.addEventListener('abort', () => reject(signal.reason as Error));
            }),
        );
        ai.tool('never', { type: 'object' }, (_, { toolCall }) => {
          runs.push(toolCall.id);
          return new Promise(() => undefined);
        });
        ai.tool('broken', { type: 'object' }, (_, { toolCall }) => {
          runs.push(toolCall.id);
          throw new Error('broken');
        });
        let over = false;
        for (const it of steps) {
          switch (it.is) {
            case 'event':
              bench.hear(it.event);
              break;
            case 'time':
              await bench.platform.clock.advance(it.ms);
              break;
            case 'settle':
              await settle();
              break;
            case 'offline':
              bench.signaling.ready = false;
              break;
            case 'online':
              bench.signaling.ready = true;
              bench.registry.onSignalingReady();
              break;
            case 'interrupt':
              try {
                ai.interrupt();
              } catch {
                expect(bench.signaling.ready).toBe(false);
              }
              break;
            case 'end':
              await bench.receive('bye', { callID: bench.call.id });
              over = true;
              break;
          }
          const snapshot = ai.transcript.getSnapshot();
          expect(ai.transcript.getSnapshot()).toBe(snapshot);
          expect(new Set(snapshot.map((entry) => entry.id)).size).toBe(snapshot.length);
        }
        const answered = bench.signaling.notifications.length;
        await bench.receive('bye', { callID: bench.call.id });
        await bench.platform.clock.advance(60_000);
        expect(new Set(runs).size).toBe(runs.length);
        const outputs = outputIds(bench);
        expect(new Set(outputs).size).toBe(outputs.length);
        if (over) {
          expect(bench.signaling.notifications).toHaveLength(answered);
        }
        expect(states.filter((move) => !moves.has(move))).toEqual([]);
        expect(ai.state satisfies AssistantState).toBe('ended');
        expect(bench.running()).toEqual(NOTHING);
        expect(bench.platform.reported).toEqual([]);
      }),
      { numRuns: 150 },
    );
  }, 30_000);
});

const outputIds = (bench: AiBench): string[] =>
  bench.signaling.notifications.flatMap(({ params }) => {
    const { item } = params as { item?: { call_id: string } };
    return item ? [item.call_id] : [];
  });
