import { expect, test } from 'vitest';
import { readAiEvent } from './read-event.ts';
import { parseAiClientMessage } from './client-message.ts';

test('an event keeps its own members and the call that it belongs to, and nothing else', () => {
  expect(
    readAiEvent({
      type: 'response.output_audio_transcript.delta',
      call_id: 'c1',
      response_id: 'r1',
      item_id: 'i1',
      delta: 'Hello',
      event_id: 'later',
    }),
  ).toEqual({
    type: 'response.output_audio_transcript.delta',
    call_id: 'c1',
    response_id: 'r1',
    item_id: 'i1',
    delta: 'Hello',
  });
});

test('a tool call as Telnyx sends it, without the call, is read', () => {
  const params = {
    type: 'conversation.item.created',
    item: { type: 'function_call', call_id: 'fc-3', name: 'track_parcel', arguments: '{}' },
  };
  expect(readAiEvent(params)).toEqual(params);
});

test('the first event says who answers and what can be heard', () => {
  const params = {
    type: 'conversation.created',
    call_id: 'c1',
    conversation: { id: 'conv-1' },
    assistant: { id: 'demo', version: '1', name: 'Demo', engine: 'local', hears: 'phrases' },
  };
  expect(readAiEvent(params)).toEqual(params);
});

test('an error event always has a code and a message', () => {
  expect(readAiEvent({ type: 'error' })).toEqual({
    type: 'error',
    error: { code: 'unknown', message: '' },
  });
  expect(readAiEvent({ type: 'error', error: { code: 10007, message: 'no' } })).toEqual({
    type: 'error',
    error: { code: 10007, message: 'no' },
  });
});

test.each([
  null,
  'text',
  {},
  { type: 'constructor' },
  { type: 'rate_limits.updated' },
  { type: 'conversation.item.created', item: { type: 'function_call', call_id: 1 } },
  { type: 'response.done', response: [] },
])('what is unknown or broken is passed over: %j', (params) => {
  expect(readAiEvent(params)).toBeNull();
});

test('a typed text, a tool result and an interruption are taken from a page', () => {
  for (const params of [
    {
      type: 'conversation.item.create',
      previous_item_id: null,
      item: {
        id: 'i',
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Where?' },
          { type: 'image_url', image_url: { url: 'https://img.example/p.png' } },
        ],
      },
    },
    {
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: 'fc', output: '{}' },
    },
    { type: 'response.cancel', call_id: 'c1' },
    { type: 'session.update', session: { tools: [{ type: 'function', name: 'fill_booking' }] } },
  ]) {
    expect(parseAiClientMessage(params).ok).toBe(true);
  }
});

test.each([
  [{ type: 'conversation.item.create' }, 'item'],
  [
    { type: 'conversation.item.create', item: { type: 'message', role: 'system', content: [] } },
    'role',
  ],
  [
    {
      type: 'conversation.item.create',
      item: {
        type: 'message',
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }],
      },
    },
    'url',
  ],
  [{ type: 'session.update', session: { tools: [{ type: 'function', name: 'a b' }] } }, 'name'],
])('what a page may not say is refused by name: %j', (params, member) => {
  const result = parseAiClientMessage(params);
  expect(result.ok).toBe(false);
  if (!result.ok) {
    expect(result.error.message).toContain(member);
  }
});
