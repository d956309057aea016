import { describe, expect, it } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { makeSession } from './session.fixture.ts';

const OURS = { v: 1, trickle: true, reattach: true, replace: true, ping: true, ai: false };

/** Ready, in a call, towards a gateway of ours. */
async function inCall(options = {}, features: object = OURS) {
  const bench = makeSession(options);
  bench.gateway.loginExtras = { offhook: features };
  bench.gateway.reattached = ['c-1'];
  await bench.up();
  bench.state.inCall = true;
  bench.state.survivors = [{ callID: 'c-1', peer: 'live' }];
  bench.session.callsChanged();
  await settle();
  bench.log.length = 0;
  return bench;
}

type Bench = Awaited<ReturnType<typeof inCall>>;

/** Nothing comes through the first socket any more, and nobody is told. */
function blackHole({ platform }: Bench): void {
  platform.socket.onSent = undefined;
}

describe('a black hole in a call', () => {
  it('within 5 s a second socket resumes the session; no state, event or error shows it', async () => {
    const bench = await inCall();
    const { platform, session, clock, log, codes } = bench;
    const [first] = platform.sockets;
    blackHole(bench);
    await clock.advance(5_000);
    expect(platform.sockets).toHaveLength(2);
    expect(platform.socket.sent[0]).toMatchObject({
      method: 'login',
      params: {
        sessid: 'sess-1',
        reconnection: true,
        offhook: { v: 1, calls: [{ callID: 'c-1', peer: 'live' }] },
      },
    });
    expect(first?.readyState).toBe(3);
    expect(session.state).toBe('ready');
    expect(session.ready).toBe(true);
    expect(log).toEqual(['calls: renewed', 'reattached c-1']);
    expect(codes).toEqual([]);
    await clock.advance(60_000);
    expect(platform.sockets).toHaveLength(2);
    await session.request('info', { dtmf: '1', dialogParams: { callID: 'c-1' } });
    expect(platform.socket.last('telnyx_rtc.info')).toBeDefined();
  });

  it('keeps the first socket until then: what it still brings is heard', async () => {
    const bench = await inCall();
    const { platform, gateway, clock, log } = bench;
    const [first] = platform.sockets;
    gateway.answers['login'] = () => undefined;
    blackHole(bench);
    await clock.advance(5_000);
    expect(platform.sockets).toHaveLength(2);
    first?.receive({ jsonrpc: '2.0', id: 9, method: 'telnyx_rtc.bye', params: { callID: 'c-1' } });
    expect(log).toEqual(['request bye']);
    expect(first?.readyState).toBe(1);
  });

  it('does not take the gateway’s good-bye on the first socket for an end', async () => {
    const bench = await inCall();
    const { platform, gateway, session, clock, codes } = bench;
    const [first] = platform.sockets;
    let reply: (() => void) | undefined;
    gateway.answers['login'] = (frame) => {
      const { socket } = platform;
      reply = () =>
        socket.receive({
          jsonrpc: '2.0',
          id: frame['id'],
          result: { sessid: 'sess-1', offhook: OURS },
        });
      return undefined;
    };
    blackHole(bench);
    await clock.advance(5_000);
    first?.receive({
      jsonrpc: '2.0',
      id: 0,
      method: 'telnyx_rtc.punt',
      params: { offhook: { reason: 'taken_over' } },
    });
    first?.lose(4001);
    expect(session.state).toBe('ready');
    reply?.();
    await settle();
    expect(session.state).toBe('ready');
    expect(session.readyState).toBe(1);
    expect(codes).toEqual([]);
  });

  it('with the first socket closed and the second refused the session reconnects', async () => {
    const bench = await inCall();
    const { platform, gateway, session, clock } = bench;
    const [first] = platform.sockets;
    gateway.answers['login'] = () => undefined;
    blackHole(bench);
    await clock.advance(5_000);
    first?.lose(4001);
    expect(session.state).toBe('ready');
    delete gateway.answers['login'];
    platform.socket.lose();
    expect(session.outcome).toBe('taken_over');
  });

  it('a gateway that answers after all keeps its socket', async () => {
    const bench = await inCall();
    const { platform, gateway, clock, codes, session } = bench;
    gateway.accepts = false;
    const ping: string[] = [];
    platform.socket.onSent = (frame) => void ping.push(String(frame['id']));
    await clock.advance(5_000);
    expect(platform.sockets).toHaveLength(2);
    platform.sockets[0]?.receive({ jsonrpc: '2.0', id: ping[0], result: {} });
    await settle();
    expect(platform.sockets[1]?.readyState).toBeGreaterThan(1);
    expect(session.readyState).toBe(1);
    expect(codes).toEqual([]);
  });

  it('a second socket that the browser breaks off, as on a new network, is opened again', async () => {
    const bench = await inCall();
    const usual = bench.platform.onSocket;
    bench.platform.onSocket = (socket) => {
      bench.platform.onSocket = usual;
      queueMicrotask(() => socket.fail());
    };
    blackHole(bench);
    await bench.clock.advance(5_000);
    expect(bench.platform.sockets).toHaveLength(3);
    expect(bench.session.state).toBe('ready');
    expect(bench.log).toEqual(['calls: renewed', 'reattached c-1']);
  });

  it('everything cut: with the host out of reach the socket is given up and told', async () => {
    const bench = await inCall();
    blackHole(bench);
    bench.platform.reachable = bench.gateway.accepts = false;
    await bench.clock.advance(7_500);
    expect(bench.codes).toEqual([36003]);
    expect(['waiting', 'probing']).toContain(bench.session.state);
    bench.platform.reachable = bench.gateway.accepts = true;
    await bench.clock.advance(2_500);
    expect(bench.session.state).toBe('ready');
    expect(bench.log).toContain('calls: lost');
  });

  it('a gateway that cannot resume so loses its socket, and gets another', async () => {
    const bench = await inCall({}, { ...OURS, reattach: false });
    blackHole(bench);
    await bench.clock.advance(5_000);
    expect(bench.codes).toEqual([36003]);
    await bench.clock.advance(1_000);
    expect(bench.session.state).toBe('ready');
  });

  it('leaves nothing behind, whenever the session is closed', async () => {
    for (const ms of [4_400, 4_600, 5_000]) {
      const bench = await inCall();
      bench.gateway.answers['login'] = () => undefined;
      blackHole(bench);
      await bench.clock.advance(ms);
      bench.state.inCall = false;
      for (const socket of bench.platform.sockets) {
        socket.answersClose = true;
      }
      await bench.session.close();
      await bench.clock.advance(0);
      expect(bench.platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
    }
  });
});

describe('a slow path', () => {
  it('is not doubted for taking its time: what the last ping took is allowed for', async () => {
    const bench = await inCall();
    const { platform, session, clock } = bench;
    const pings: (() => void)[] = [];
    const { socket } = platform;
    socket.onSent = ({ method, id }) => {
      if (method === 'telnyx_rtc.ping') {
        pings.push(() => socket.receive({ jsonrpc: '2.0', id: id as string, result: {} }));
      }
    };
    await clock.advance(2_100);
    expect(pings).toHaveLength(1);
    await clock.advance(800);
    expect(session.unansweredMs).toBeGreaterThan(500);
    pings[0]?.();
    await settle();
    expect(session.unansweredMs).toBe(0);
    await clock.advance(2_100);
    expect(pings).toHaveLength(2);
    await clock.advance(800);
    expect(session.unansweredMs).toBe(1);
  });
});

describe('several hosts', () => {
  const hosts = ['wss://b.test', 'wss://c.test'];

  it('are tried in order when one is down, and the first again after the last', async () => {
    const { session, platform, gateway, clock } = makeSession({ host: 'wss://a.test', hosts });
    gateway.accepts = false;
    const usual = platform.onSocket;
    platform.onSocket = (socket) => {
      usual?.(socket);
      queueMicrotask(() => socket.fail());
    };
    session.connect();
    await clock.advance(30_000);
    expect(platform.sockets.slice(0, 4).map(({ url }) => new URL(url).host)).toEqual([
      'a.test',
      'b.test',
      'c.test',
      'a.test',
    ]);
  });

  it('the one that works is kept, and with a call it is given 5 s to come back', async () => {
    const { session, platform, clock, state, up } = makeSession({
      hosts: ['wss://a.test', ...hosts],
      host: undefined,
    });
    await up();
    expect(new URL(platform.socket.url).host).toBe('a.test');
    state.inCall = true;
    platform.reachable = false;
    platform.socket.lose();
    await clock.advance(4_000);
    expect(new Set(platform.fetched.map((url) => new URL(url).host))).toEqual(new Set(['a.test']));
    await clock.advance(6_000);
    platform.reachable = true;
    await clock.advance(3_000);
    expect(session.state).toBe('ready');
    expect(new URL(platform.socket.url).host).not.toBe('a.test');
  });
});

describe('what a gateway says when it closes', () => {
  it('a hint to wait wins over the client’s own delay', async () => {
    const { platform, clock, up, session } = makeSession();
    await up();
    const closing = Object.assign(new Event('close'), {
      code: 1012,
      reason: 'this gateway restarts; retry-after=4000',
      wasClean: true,
    });
    platform.socket.readyState = 3;
    platform.socket.onclose?.(closing);
    await clock.advance(3_900);
    expect(platform.sockets).toHaveLength(1);
    await clock.advance(200);
    expect(session.state).toBe('ready');
  });

  it('a refused login may name a time too', async () => {
    const { platform, gateway, clock, up } = makeSession();
    await up();
    gateway.answers['login'] = () => ({
      error: { code: -32003, message: 'busy', data: { retryAfterMs: 7_000 } },
    });
    platform.socket.lose();
    await clock.advance(1_000);
    delete gateway.answers['login'];
    const tried = platform.sockets.length;
    await clock.advance(6_000);
    expect(platform.sockets).toHaveLength(tried);
    await clock.advance(1_500);
    expect(platform.sockets.length).toBe(tried + 1);
  });

  it('a session that goes on elsewhere is not taken back', async () => {
    for (const told of [true, false]) {
      const { platform, gateway, clock, up, session, codes, state } = makeSession();
      await up();
      if (told) {
        gateway.send(platform.socket, 'punt', { offhook: { reason: 'taken_over' } });
      } else {
        platform.socket.lose(4001);
      }
      await clock.advance(120_000);
      expect(session.outcome).toBe('taken_over');
      expect(codes).toEqual([36005]);
      expect(state.ended).toBe(1);
      expect(platform.sockets).toHaveLength(1);
    }
  });
});

describe('timers that come late', () => {
  it('after sleep the gateway is asked, and has 2 s', async () => {
    const { platform, clock, up, session, codes } = makeSession();
    await up();
    platform.socket.onSent = undefined;
    await clock.sleep(600_000);
    expect(platform.socket.last('telnyx_rtc.ping')).toBeDefined();
    await clock.advance(2_000);
    expect(codes).toEqual([36003]);
    await clock.advance(1_000);
    expect(session.state).toBe('ready');
  });

  it('a hidden page, whose timers are a minute late, finds a dead path all the same', async () => {
    const { platform, clock, up, codes } = makeSession();
    await up();
    platform.socket.onSent = undefined;
    for (let i = 0; i < 3; i++) {
      await clock.sleep(60_000);
    }
    expect(codes).toEqual([36003]);
  });
});
