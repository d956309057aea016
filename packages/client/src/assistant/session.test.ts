import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import '../testing/ai-bench.ts';
import { TelnyxRTC } from '../client.ts';
import type { IClientOptions } from '../options.ts';
import { settle } from '../testing/fake-clock.ts';
import { FakeGateway } from '../testing/fake-gateway.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { FakeWebRtc } from '../testing/fake-webrtc.ts';
import { AssistantSession, type AssistantOptions } from './session.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

function talk(options: Partial<AssistantOptions> = {}) {
  const webrtc = new FakeWebRtc();
  const platform = new FakePlatform({ webrtc });
  const gateway = new FakeGateway(platform);
  gateway.loginExtras = {
    offhook: { v: 1, trickle: true, reattach: true, replace: false, ping: false, ai: true },
  };
  const clients: IClientOptions[] = [];
  const session = new AssistantSession({
    host: 'ws://gw.test',
    targetId: 'demo',
    client: { enableCallReports: false },
    createClient: (given) => {
      clients.push(given);
      return new TelnyxRTC(given, platform);
    },
    ...options,
  });
  const frames = (method: string) =>
    platform.socket.sent
      .map((it) => (typeof it === 'string' ? (JSON.parse(it) as Record<string, unknown>) : it))
      .filter((frame) => (frame as { method?: string }).method === method);
  const answer = async () => {
    await settle();
    const id = session.getSnapshot().call?.id;
    gateway.send(platform.socket, 'answer', { callID: id, sdp: fakeSdp() });
    await settle();
  };
  const tell = async (params: object) => {
    const all = { ...params, call_id: session.getSnapshot().call?.id };
    platform.socket.receive({ jsonrpc: '2.0', method: 'ai_conversation', params: all });
    await settle();
  };
  const bye = async (params: object = {}) => {
    const callID = session.getSnapshot().call?.id;
    gateway.send(platform.socket, 'bye', { callID, ...params });
    await settle();
    await settle();
  };
  return { session, platform, webrtc, gateway, clients, frames, answer, tell, bye };
}

describe('A visitor’s talk with an assistant', () => {
  it('signs in without an account, calls, and is live when answered', async () => {
    const { session, clients, answer, frames, tell } = talk({ targetVersionId: 'v2' });
    const statuses: string[] = [];
    session.subscribe(() => {
      const { status } = session.getSnapshot();
      if (statuses.at(-1) !== status) {
        statuses.push(status);
      }
    });
    const ran: unknown[] = [];
    session.tool('book', { type: 'object' }, (args) => ran.push(args));
    await session.start();
    expect(clients[0]?.anonymous_login).toEqual({
      target_type: 'ai_assistant',
      target_id: 'demo',
      target_version_id: 'v2',
    });
    await answer();
    expect(statuses).toEqual(['connecting', 'live']);
    await tell({ type: 'output_audio_buffer.started', response_id: 'r1' });
    expect(session.getSnapshot().state).toBe('speaking');
    expect(session.interrupt()).toBe(true);
    await tell({
      type: 'conversation.item.created',
      item: { type: 'function_call', call_id: 'f', name: 'book', arguments: '{}' },
    });
    expect(ran).toHaveLength(1);
    await session.send('Hello');
    expect(frames('ai_conversation').length).toBeGreaterThan(1);
    await session.stop();
    expect(statuses).toEqual(['connecting', 'live', 'ending', 'ended']);
    await expect(session.send('more')).rejects.toThrow('no talk');
  });

  it('ends with the assistant’s good-bye and leaves nothing running', async () => {
    const { session, answer, bye, platform, webrtc } = talk();
    await session.start();
    await answer();
    await bye({ cause: 'NORMAL_CLEARING', causeCode: 16 });
    expect(session.getSnapshot()).toMatchObject({ status: 'ended', problem: null, state: 'ended' });
    await platform.clock.advance(20_000);
    expect(platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
    expect(webrtc.running()).toMatchObject({ peers: 0, tracks: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('names why it could not begin: refused', async () => {
    const { session, gateway } = talk();
    gateway.answers['anonymous_login'] = () => ({
      error: { code: -32001, message: 'No such assistant' },
    });
    await session.start();
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', problem: { code: 46001 } });
  });

  it('names why it could not begin: no gateway answers', async () => {
    const { session, gateway } = talk();
    gateway.accepts = false;
    const starting = session.start();
    await settle();
    await vi.advanceTimersByTimeAsync(15_000);
    await starting;
    expect(session.getSnapshot()).toMatchObject({
      status: 'failed',
      problem: { code: expect.anything(), message: 'No answer' },
    });
  });

  it('names why it ended: the gateway’s word counts, not the cause that follows', async () => {
    const { session, answer, tell, bye } = talk();
    await session.start();
    await answer();
    await tell({ type: 'error', error: { code: 'time_limit', message: 'Time is up' } });
    await bye({ cause: 'ALLOTTED_TIMEOUT', causeCode: 602 });
    expect(session.getSnapshot()).toMatchObject({
      status: 'failed',
      problem: { code: 'time_limit', message: 'Time is up' },
    });
  });

  it('names why it could not begin: the microphone is refused', async () => {
    const { session, webrtc } = talk();
    webrtc.captureFailures.push(new DOMException('no', 'NotAllowedError'));
    await session.start();
    await settle();
    await settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', problem: { code: 42001 } });
  });

  it('may be stopped while it begins, begun again, and disposed of at any time', async () => {
    const { session, answer, clients, platform } = talk();
    const first = session.start();
    const stopping = session.stop();
    await Promise.all([first, stopping]);
    expect(session.getSnapshot().status).toBe('ended');
    await Promise.all([session.start(), session.start()]);
    await answer();
    expect(clients).toHaveLength(2);
    expect(session.getSnapshot().status).toBe('live');
    session.dispose();
    session.dispose();
    await settle();
    await platform.clock.advance(20_000);
    expect(session.getSnapshot().status).toBe('ended');
    expect(platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
  });

  it('needs a target, and one tool a name', () => {
    expect(() => new AssistantSession({ targetId: '' })).toThrow('targetId');
    const { session } = talk();
    const undo = session.tool('a', { type: 'object' }, () => 1);
    expect(() => session.tool('a', { type: 'object' }, () => 1)).toThrow('already');
    undo();
    session.tool('a', { type: 'object' }, () => 1);
  });
});
