import { StrictMode } from 'react';
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClientOptions } from '@offhook/client';
import { FakeClient } from '../testing/fake-client.ts';
import type { FakeCallAi } from '../testing/fake-call-ai.ts';
import { assistantTool, useAssistant, type UseAssistantOptions } from './use-assistant.ts';
import { useCallAssistant } from './use-call-assistant.ts';

afterEach(cleanup);

function setUp(more: Partial<UseAssistantOptions> = {}) {
  const clients: { client: FakeClient; options: ClientOptions }[] = [];
  const createClient = (options: ClientOptions) => {
    const client = new FakeClient();
    clients.push({ client, options });
    return client.asClient;
  };
  const props: UseAssistantOptions = { host: 'ws://gw', targetId: 'demo', createClient, ...more };
  const hook = renderHook((given: UseAssistantOptions) => useAssistant(given), {
    initialProps: props,
    wrapper: StrictMode,
  });
  const ai = () => {
    const call = Object.values(clients.at(-1)!.client.calls)[0]!;
    return { call, ai: call.ai };
  };
  return { ...hook, clients, props, ai };
}

describe('useAssistant', () => {
  it('does nothing before it is asked to, also under StrictMode', async () => {
    const { result, clients } = setUp();
    expect(clients).toHaveLength(0);
    expect(result.current).toMatchObject({ status: 'idle', transcript: [] });
    await act(() => result.current.start());
    expect(clients).toHaveLength(1);
    expect(clients[0]?.options).toMatchObject({
      host: 'ws://gw',
      anonymous_login: { target_id: 'demo', target_type: 'ai_assistant' },
    });
  });

  it('renders what the assistant says, and hangs up at unmount', async () => {
    const { result, clients, ai, unmount } = setUp();
    await act(() => result.current.start());
    act(() => void ai().call.to('active'));
    expect(result.current.status).toBe('live');
    act(() => ai().ai.say('a1', 'Good day'));
    expect(result.current.transcript).toMatchObject([{ text: 'Good day' }]);
    const { client } = clients[0]!;
    unmount();
    await vi.waitFor(() => expect(client.actions.at(-1)).toEqual(['disconnect']));
  });

  it('runs the handler of the latest render, registered once', async () => {
    const first = vi.fn();
    const second = vi.fn();
    const schema = { type: 'object' } as const;
    const { result, rerender, props, ai } = setUp({
      tools: [assistantTool('book', schema, first)],
    });
    await act(() => result.current.start());
    const registered = ai().ai.tools.get('book');
    rerender({ ...props, tools: [assistantTool('book', schema, second)] });
    expect(ai().ai.tools.get('book')).toBe(registered);
    void registered?.({ day: 1 }, {} as never);
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
    rerender({ ...props, tools: [] });
    expect(ai().ai.tools.size).toBe(0);
  });
});

describe('useCallAssistant', () => {
  it('follows a call that the application placed, and one that is not there yet', () => {
    const client = new FakeClient();
    const call = client.newCall({ destinationNumber: '' });
    const ai: FakeCallAi = call.ai;
    const { result, rerender, unmount } = renderHook(
      ({ it }: { it: typeof call | null }) => useCallAssistant(it?.asCall),
      { initialProps: { it: null as typeof call | null } },
    );
    expect(result.current).toMatchObject({ state: 'connecting', transcript: [] });
    rerender({ it: call });
    act(() => ai.to('speaking'));
    act(() => ai.say('a', 'Hello'));
    expect(result.current).toMatchObject({ state: 'speaking', transcript: [{ text: 'Hello' }] });
    unmount();
    expect(ai.listenerCount).toBe(0);
  });
});
