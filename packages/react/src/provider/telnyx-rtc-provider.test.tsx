import { StrictMode, type ReactNode } from 'react';
import { act, cleanup, render, renderHook, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientOptions } from '@offhook/client';
import { useCallbacks, useNotification } from '../hooks/use-callbacks.ts';
import { useAudioLevels } from '../hooks/use-audio-levels.ts';
import {
  useCall,
  useCalls,
  useClient,
  useConnectionState,
  usePhoneStore,
} from '../hooks/use-phone.ts';
import { Audio } from '../media/media.tsx';
import { FakeClient } from '../testing/fake-client.ts';
import type { Credential } from './identity.ts';
import { TelnyxRTCProvider } from './telnyx-rtc-provider.tsx';
import { useTelnyxRTC } from './use-telnyx-rtc.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

/** Clients made by a provider, in order. */
function factory() {
  const made: { client: FakeClient; options: ClientOptions }[] = [];
  return {
    made,
    createClient: (options: ClientOptions) => {
      const client = new FakeClient();
      made.push({ client, options });
      return client.asClient;
    },
    live: () =>
      made.filter(({ client }) => !client.actions.some(([name]) => name === 'disconnect')),
  };
}

function jwt(claims: object): string {
  return `e30.${btoa(JSON.stringify(claims))}.sig`;
}

describe('a provider that makes its client', () => {
  const tree = (f: ReturnType<typeof factory>, credential: Credential, children?: ReactNode) => (
    <StrictMode>
      <TelnyxRTCProvider
        credential={credential}
        options={{ createClient: f.createClient, host: 'ws://localhost' }}
      >
        {children}
      </TelnyxRTCProvider>
    </StrictMode>
  );
  const password = { login: '1001', password: 'secret' };

  it('leaves exactly one live client under StrictMode, and connects only that one', () => {
    const f = factory();
    render(tree(f, password));
    act(() => void vi.runAllTimers());
    expect(f.made).toHaveLength(2);
    expect(f.live()).toHaveLength(1);
    expect(f.made[0]?.client.actions).toEqual([['disconnect']]);
    expect(f.live()[0]?.client.actions).toEqual([['connect']]);
    expect(f.live()[0]?.options).toMatchObject({ ...password, host: 'ws://localhost' });
  });

  it('disconnects at unmount and leaves no listener, timer or device listener', () => {
    const f = factory();
    const { unmount } = render(tree(f, password, <Probe />));
    act(() => void vi.runAllTimers());
    expect(f.live()[0]?.client.listenerCount).toBeGreaterThan(0);
    unmount();
    expect(f.live()).toHaveLength(0);
    expect(f.made.map(({ client }) => client.listenerCount)).toEqual([0, 0]);
    expect(vi.getTimerCount()).toBe(0);
    expect(f.made.map(({ client }) => client.devices.listenerCount)).toEqual([0, 0]);
  });

  it('does not disconnect on errors', () => {
    const f = factory();
    render(tree(f, password));
    act(() => void vi.runAllTimers());
    const client = f.live()[0]?.client;
    act(() => {
      client?.fail(44001);
      client?.emit('telnyx.socket.error', {});
    });
    expect(client?.actions).toEqual([['connect']]);
  });

  it('signs in again on the same client when the same identity brings a new secret', () => {
    const f = factory();
    const { rerender } = render(tree(f, { login_token: jwt({ sub: '1001', exp: 1 }) }));
    act(() => void vi.runAllTimers());
    const renewed = jwt({ sub: '1001', exp: 2 });
    rerender(tree(f, { login_token: renewed }));
    expect(f.made).toHaveLength(2);
    expect(f.live()[0]?.client.actions).toEqual([
      ['connect'],
      ['login', { creds: { login_token: renewed } }],
    ]);
  });

  it('makes another client for another identity and disconnects the old one', () => {
    const f = factory();
    const { rerender } = render(tree(f, password));
    act(() => void vi.runAllTimers());
    const old = f.live()[0];
    rerender(tree(f, { login: '1002', password: 'secret' }));
    act(() => void vi.runAllTimers());
    expect(f.live()).toHaveLength(1);
    expect(f.live()[0]).not.toBe(old);
    expect(f.live()[0]?.options.login).toBe('1002');
  });

  /** What the live client asks for tokens, as it does when it connects. */
  const ask = async (f: ReturnType<typeof factory>): Promise<unknown> => {
    const token = f.live()[0]?.options.login_token;
    return typeof token === 'function' ? token() : token;
  };

  it('keeps its client when each render brings another token function, asks the newest, and says so once', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const f = factory();
    const { rerender } = render(tree(f, { login_token: () => 'token 0' }));
    act(() => void vi.runAllTimers());
    const [client] = f.live();
    for (let n = 1; n < 10; n++) {
      rerender(tree(f, { login_token: () => `token ${String(n)}` }));
    }
    act(() => void vi.runAllTimers());
    expect(f.made).toHaveLength(2); // StrictMode mounts twice
    expect(f.live()).toEqual([client]);
    expect(client?.client.actions).toEqual([['connect']]);
    expect(await ask(f)).toBe('token 9');
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });

  it('makes one client in a component whose token function is written where it is used', () => {
    const f = factory();
    const { result, rerender } = renderHook(
      () => useTelnyxRTC({ login_token: () => 'token' }, { createClient: f.createClient }),
      { wrapper: StrictMode },
    );
    rerender();
    act(() => void vi.runAllTimers());
    expect(f.made).toHaveLength(2);
    expect(f.live().map(({ client }) => client.asClient)).toEqual([result.current]);
  });

  it('makes another client for another `user`, whose calls are none of the one before', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const f = factory();
    const of = (user: string): Credential => ({ user, login_token: () => `token of ${user}` });
    const { rerender } = render(tree(f, of('ann')));
    act(() => void vi.runAllTimers());
    rerender(tree(f, of('ann')));
    const [old] = f.live();
    expect(await ask(f)).toBe('token of ann');
    expect(old?.options).not.toHaveProperty('user');
    rerender(tree(f, of('bob')));
    act(() => void vi.runAllTimers());
    expect(f.live()).toHaveLength(1);
    expect(f.live()[0]).not.toBe(old);
    expect(await ask(f)).toBe('token of bob');
    // The client that is signing out gets no token of the next user.
    const late = old?.options.login_token;
    await expect(typeof late === 'function' ? late() : late).rejects.toThrow('another user');
    warn.mockRestore();
  });

  it('makes another client when a function without `user` fetches the token of somebody else', async () => {
    const f = factory();
    let sub = 'ann';
    render(tree(f, { login_token: () => jwt({ sub }) }));
    act(() => void vi.runAllTimers());
    const [old] = f.live();
    await ask(f);
    await ask(f);
    expect(f.live()).toEqual([old]);
    sub = 'bob';
    await act(() => expect(ask(f)).rejects.toThrow('another user'));
    act(() => void vi.runAllTimers());
    expect(f.live()).toHaveLength(1);
    expect(f.live()[0]).not.toBe(old);
    expect(await ask(f)).toBe(jwt({ sub }));
  });

  it('waits with an incomplete credential', () => {
    const f = factory();
    render(tree(f, { login: '1001', password: '' }));
    expect(f.made).toHaveLength(0);
  });
});

describe('a provider that is given a client', () => {
  it('neither connects nor disconnects it', () => {
    const client = new FakeClient();
    const { unmount } = render(
      <StrictMode>
        <TelnyxRTCProvider client={client.asClient}>
          <Probe />
        </TelnyxRTCProvider>
      </StrictMode>,
    );
    expect(client.listenerCount).toBeGreaterThan(0);
    unmount();
    expect(client.actions).toEqual([]);
    expect(client.listenerCount).toBe(0);
  });
});

function Probe() {
  const calls = useCalls();
  return (
    <p data-testid="probe">
      {useConnectionState()} {calls.map((call) => `${call.number}:${call.state}`).join(' ')}
    </p>
  );
}

describe('the hooks', () => {
  function setUp() {
    const client = new FakeClient();
    const wrapper = ({ children }: { children: ReactNode }) => (
      <StrictMode>
        <TelnyxRTCProvider client={client.asClient}>{children}</TelnyxRTCProvider>
      </StrictMode>
    );
    return { client, wrapper };
  }

  it('show the connection and the calls as they change', () => {
    const { client, wrapper } = setUp();
    render(<Probe />, { wrapper });
    expect(screen.getByTestId('probe').textContent).toBe('idle ');
    act(() => client.ready());
    act(() => void client.newCall({ destinationNumber: '1002' }));
    expect(screen.getByTestId('probe').textContent).toBe('ready 1002:new');
  });

  it('render a call only when that call changed', () => {
    const { client, wrapper } = setUp();
    const first = client.newCall({ destinationNumber: '1002' });
    const second = client.newCall({ destinationNumber: '1003' });
    let renders = 0;
    const { result } = renderHook(
      () => {
        renders += 1;
        return useCall(first.id);
      },
      { wrapper },
    );
    const before = renders;
    act(() => void second.to('active'));
    expect(renders).toBe(before);
    act(() => void first.to('active'));
    expect(result.current?.state).toBe('active');
    act(() => void first.end());
    expect(result.current).toBeNull();
  });

  it('follow a call that a recovery gave another id', () => {
    const { client, wrapper } = setUp();
    const first = client.newCall({ destinationNumber: '1002' }).to('active');
    const { result } = renderHook(() => useCall(first.id), { wrapper });
    act(() => {
      first.to('recovering');
      client
        .addCall({ id: 'b', direction: 'outbound', number: '1002', recoveredCallId: first.id })
        .to('active');
    });
    expect(result.current).toMatchObject({ id: 'b', formerIds: [first.id], state: 'active' });
    act(() => {
      client
        .addCall({ id: 'c', direction: 'outbound', number: '1002', recoveredCallId: 'b' })
        .to('active');
    });
    expect(result.current).toMatchObject({ id: 'c', formerIds: [first.id, 'b'] });
  });

  it('call the callbacks of the latest render, once an event, and none after unmount', () => {
    const { client, wrapper } = setUp();
    const heard: string[] = [];
    const { rerender, unmount } = renderHook(
      ({ name }) => useCallbacks({ onReady: () => heard.push(name) }),
      { wrapper, initialProps: { name: 'first' } },
    );
    act(() => client.ready());
    rerender({ name: 'second' });
    act(() => client.ready());
    unmount();
    client.ready();
    expect(heard).toEqual(['first', 'second']);
  });

  it('give the last notification', () => {
    const { client, wrapper } = setUp();
    const { result } = renderHook(() => useNotification(), { wrapper });
    expect(result.current).toBeUndefined();
    act(() => client.emit('telnyx.notification', { type: 'event', dtmf: '5' }));
    expect(result.current).toMatchObject({ type: 'event', dtmf: '5' });
  });

  it('read audio levels while mounted, and stop', async () => {
    const { client, wrapper } = setUp();
    const call = client.newCall({ destinationNumber: '1002' }).to('active');
    const { result, unmount } = renderHook(() => useAudioLevels(call.asCall, 50), { wrapper });
    call.levels = { local: 0.5, remote: 0.25 };
    await act(() => vi.advanceTimersByTimeAsync(60));
    expect(result.current).toEqual({ local: 0.5, remote: 0.25 });
    unmount();
    await vi.advanceTimersByTimeAsync(60);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('useAudioLevels: a call that cannot be measured is silent, and is asked again', async () => {
    const { client, wrapper } = setUp();
    const call = client.newCall({ destinationNumber: '1002' }).to('active');
    call.audioLevels = () => Promise.reject(new Error('no statistics'));
    const { result } = renderHook(() => useAudioLevels(call.asCall, 50), { wrapper });
    await act(() => vi.advanceTimersByTimeAsync(60));
    expect(result.current).toEqual({ local: 0, remote: 0 });
    call.audioLevels = () => Promise.resolve({ local: 0.5, remote: 0.25 });
    await act(() => vi.advanceTimersByTimeAsync(60));
    expect(result.current).toEqual({ local: 0.5, remote: 0.25 });
  });

  it('answer with nothing outside a provider', () => {
    const { result } = renderHook(() => [useClient(), usePhoneStore(), useCalls().length]);
    expect(result.current).toEqual([null, null, 0]);
  });
});

describe('Audio', () => {
  it('plays its stream and lets go of it', () => {
    const stream = {} as MediaStream;
    const { container, rerender, unmount } = render(<Audio stream={stream} />);
    const element = container.querySelector('audio');
    expect(element?.autoplay).toBe(true);
    expect(element?.srcObject).toBe(stream);
    rerender(<Audio stream={null} />);
    expect(element?.srcObject).toBeNull();
    rerender(<Audio stream={stream} />);
    unmount();
    expect(element?.srcObject).toBeNull();
  });
});
