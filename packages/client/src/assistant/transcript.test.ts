import { describe, expect, it, vi } from 'vitest';
import { Transcript, type TranscriptEntry } from './transcript.ts';

function transcript() {
  const told: TranscriptEntry[] = [];
  const reported: unknown[] = [];
  let now = 0;
  const store = new Transcript(
    () => ++now,
    (entry) => told.push(entry),
    (error) => reported.push(error),
  );
  return { store, told, reported };
}

const said = (store: Transcript) =>
  store
    .getSnapshot()
    .map((entry) =>
      entry.role === 'tool' ? `tool ${entry.name} ${entry.status}` : `${entry.role}: ${entry.text}`,
    );

describe('A transcript', () => {
  it('grows by deltas, is settled by the whole text, and keeps the order in which things began', () => {
    const { store } = transcript();
    store.take({ type: 'input_audio_buffer.speech_started', item_id: 'u1' });
    const delta = { type: 'response.output_audio_transcript.delta', response_id: 'r' } as const;
    store.take({ ...delta, item_id: 'a1', delta: 'Good ' });
    store.take({ ...delta, item_id: 'a1', delta: 'day' });
    store.take({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'u1',
      transcript: 'Hello',
    });
    expect(said(store)).toEqual(['user: Hello', 'assistant: Good day']);
    store.take({
      type: 'response.output_audio_transcript.done',
      response_id: 'r',
      item_id: 'a1',
      transcript: 'Good day!',
    });
    store.take({ ...delta, item_id: 'a1', delta: ' late' });
    expect(said(store)).toEqual(['user: Hello', 'assistant: Good day!']);
    expect(store.getSnapshot()[1]).toMatchObject({ final: true, interrupted: false });
  });

  it('holds what was heard of an answer that was cut off, even when its whole text comes later', () => {
    const { store } = transcript();
    store.take({
      type: 'conversation.item.truncated',
      item_id: 'a1',
      audio_end_ms: 400,
      transcript: 'We are',
    });
    store.take({
      type: 'response.output_audio_transcript.done',
      response_id: 'r',
      item_id: 'a1',
      transcript: 'We are open every day',
    });
    expect(store.getSnapshot()).toMatchObject([{ text: 'We are', interrupted: true, final: true }]);
  });

  it('shows what was typed, with its pictures, and what was not understood', () => {
    const { store } = transcript();
    store.take({
      type: 'conversation.item.created',
      item: {
        type: 'message',
        id: 'm1',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'https://img.example/p.png' } },
        ],
      },
    });
    store.take({
      type: 'conversation.item.input_audio_transcription.failed',
      item_id: 'u1',
      error: { message: 'noise' },
    });
    expect(store.getSnapshot()).toMatchObject([
      { text: 'Look', typed: true, images: ['https://img.example/p.png'], final: true },
      { text: '', failed: true, final: true },
    ]);
  });

  it('gives the same snapshot until something changes, and tells each change once', () => {
    const { store, told } = transcript();
    const listener = vi.fn();
    const undo = store.subscribe(listener);
    const event = {
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'u1',
      transcript: 'Hi',
    } as const;
    store.take(event);
    const before = store.getSnapshot();
    store.take(event);
    store.tool('f', 'book', 'running');
    store.tool('f', 'book', 'running');
    expect(before).toHaveLength(1);
    expect(listener).toHaveBeenCalledTimes(2);
    expect(told).toHaveLength(2);
    undo();
    store.tool('f', 'book', 'done');
    expect(listener).toHaveBeenCalledTimes(2);
    expect(said(store)).toEqual(['user: Hi', 'tool book done']);
  });

  it('is bounded, in entries and in the length of each', () => {
    const { store } = transcript();
    for (let index = 0; index < 600; index += 1) {
      store.tool(String(index), 't', 'done');
    }
    expect(store.getSnapshot()).toHaveLength(500);
    store.take({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'u',
      transcript: 'x'.repeat(100_000),
    });
    const last = store.getSnapshot().at(-1);
    expect(last?.role === 'user' && last.text.length).toBe(32_768);
  });

  it('is not disturbed by a listener that throws', () => {
    const { store, reported } = transcript();
    const listener = vi.fn();
    store.subscribe(() => {
      throw new Error('bad');
    });
    store.subscribe(listener);
    store.tool('f', 'book', 'running');
    expect(listener).toHaveBeenCalledOnce();
    expect(reported).toHaveLength(1);
  });
});
