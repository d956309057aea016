// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import type { AssistantSnapshot } from '../assistant/session.ts';
import type { TranscriptEntry } from '../assistant/transcript.ts';
import { textsFor } from './texts.ts';
import { AssistantView } from './view.ts';

const IDLE: AssistantSnapshot = {
  status: 'idle',
  state: 'connecting',
  transcript: [],
  info: null,
  callerSpeaking: false,
  muted: false,
  problem: null,
  call: null,
};

function entry(id: string, change: object = {}): TranscriptEntry {
  return {
    id,
    role: 'assistant',
    text: '',
    final: false,
    interrupted: false,
    failed: false,
    typed: false,
    images: [],
    at: 0,
    ...change,
  };
}

function view() {
  const actions = {
    start: vi.fn(),
    stop: vi.fn(),
    toggleMute: vi.fn(),
    interrupt: vi.fn(),
    send: vi.fn(() => Promise.resolve(true)),
  };
  const shown = new AssistantView(document, actions);
  document.body.replaceChildren(shown.root);
  const texts = textsFor(['en']);
  const render = (change: Partial<AssistantSnapshot>) =>
    shown.render({ snapshot: { ...IDLE, ...change }, texts, label: 'Front desk' });
  const button = (name: string) =>
    [...shown.root.querySelectorAll('button')].find(({ textContent }) => textContent === name)!;
  const one = (selector: string) => shown.root.querySelector<HTMLInputElement>(selector)!;
  const lines = () => [...shown.root.querySelectorAll('li')].map(({ textContent }) => textContent);
  return { actions, render, button, one, lines, root: shown.root };
}

describe('The assistant’s card', () => {
  it('is a named region with one button at first', () => {
    const { render, button, one, actions, root } = view();
    render({});
    expect(root.ariaLabel).toBe('Front desk');
    button('Start talking').click();
    expect(actions.start).toHaveBeenCalledOnce();
    expect(one('.foot').hidden).toBe(true);
  });

  it('shows what is said in order, and reads out only what is final', () => {
    const { render, lines, one } = view();
    const first = entry('a', { text: 'Good' });
    render({ status: 'live', state: 'speaking', transcript: [first] });
    expect(lines()).toEqual(['Assistant: Good']);
    expect(one('[role=status]').textContent).not.toContain('Good');
    const done = entry('a', { text: 'Good day', final: true });
    const typed = entry('b', { role: 'user', text: '<b>Hi</b>', final: true, typed: true });
    render({ status: 'live', transcript: [done, typed] });
    expect(lines()).toEqual(['Assistant: Good day', 'You: <b>Hi</b>']);
    expect(one('[role=status]').textContent).toBe('You: <b>Hi</b>');
    expect(one('.log').querySelector('b')).toBeNull();
    render({ status: 'live', transcript: [typed] });
    expect(lines()).toEqual(['You: <b>Hi</b>']);
  });

  it('says what was cut off, not understood, and which tool ran', () => {
    const { render, lines } = view();
    render({
      status: 'live',
      transcript: [
        entry('a', { text: 'We are', final: true, interrupted: true }),
        entry('b', { role: 'user', failed: true, final: true }),
        { id: 't', role: 'tool', name: 'fill_booking', status: 'done', at: 0 },
      ],
    });
    expect(lines()).toEqual([
      'Assistant: We areinterrupted',
      'You: Not understood',
      'Used fill_booking',
    ]);
  });

  it('keeps the nodes of what did not change', () => {
    const { render, root } = view();
    const first = entry('a', { text: 'one', final: true });
    render({ status: 'live', transcript: [first] });
    const node = root.querySelector('li');
    render({ status: 'live', transcript: [first, entry('b')] });
    expect(root.querySelector('li')).toBe(node);
  });

  it('sends what is typed, and gives it back when it could not be sent', async () => {
    const { render, one, actions } = view();
    render({ status: 'live' });
    const input = one('input');
    const submit = () => one('form').dispatchEvent(new Event('submit', { cancelable: true }));
    input.value = '  ';
    submit();
    expect(actions.send).not.toHaveBeenCalled();
    input.value = ' A table ';
    submit();
    await vi.waitFor(() => expect(actions.send).toHaveBeenCalledExactlyOnceWith('A table'));
    expect(input.value).toBe('');
    actions.send.mockResolvedValueOnce(false);
    input.value = 'lost?';
    submit();
    await vi.waitFor(() => expect(input.value).toBe('lost?'));
    expect(one('.note').textContent).toBe('That could not be sent.');
  });

  it('interrupts by Escape while the assistant talks, and only then', () => {
    const { render, actions, root } = view();
    const escape = () => root.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
    render({ status: 'live', state: 'listening' });
    escape();
    expect(actions.interrupt).not.toHaveBeenCalled();
    render({ status: 'live', state: 'speaking' });
    escape();
    expect(actions.interrupt).toHaveBeenCalledOnce();
  });

  it('takes the keyboard along: from start to the field, and back to start at the end', () => {
    const { render, button, one } = view();
    render({});
    button('Start talking').focus();
    render({ status: 'connecting' });
    expect(document.activeElement).toBe(button('Cancel'));
    render({ status: 'live' });
    expect(document.activeElement).toBe(one('input'));
    button('End').focus();
    render({ status: 'ending' });
    render({ status: 'ended' });
    expect(document.activeElement).toBe(button('Talk again'));
  });

  it('says in plain words why it failed, and is honest about what it hears', () => {
    const { render, one } = view();
    render({ status: 'failed', problem: { code: 42001, message: 'NotAllowedError' } });
    expect(one('.problem').textContent).toContain('microphone is not allowed');
    render({ status: 'failed', problem: { code: 'strange', message: 'Its own words' } });
    expect(one('.problem').textContent).toBe('Its own words');
    const info = { id: 'd', version: '1', name: 'D', engine: 'local', conversationId: 'c' };
    render({ status: 'live', info: { ...info, hears: 'phrases' } });
    expect(one('.note').textContent).toContain('Offline engine');
    render({ status: 'live', info: { ...info, hears: 'speech' } });
    expect(one('.note').hidden).toBe(true);
  });
});

describe('The texts', () => {
  it('are those of the first language that there is, and the page’s own go above them', () => {
    expect(textsFor(['xx', 'de-AT', 'en']).send).toBe('Senden');
    expect(textsFor([null, '', 'xx']).send).toBe('Send');
    expect(textsFor(['en'], { send: 'Go' })).toMatchObject({ send: 'Go', stop: 'End' });
  });
});
