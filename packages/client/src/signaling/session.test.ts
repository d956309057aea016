import { describe, expect, it } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { jwt, makeSession } from './session.fixture.ts';
import { TokenExpiry } from './token.ts';

const NOTHING = { timers: 0, sockets: 0, listeners: 0 };

function paramsOf(frame: Record<string, unknown> | undefined): Record<string, unknown> {
  return (frame?.['params'] ?? {}) as Record<string, unknown>;
}

describe('connecting', () => {
  it('opens the socket in the same tick and is ready at REGED, not before', async () => {
    const { session, platform, log, gateway } = makeSession();
    gateway.answers['telnyx_rtc.gatewayState'] = () => undefined;
    session.connect();
    expect(platform.sockets).toHaveLength(1);
    await settle();
    expect(session.state).toBe('registering');
    expect(session.ready).toBe(false);
    gateway.send(platform.socket, 'gatewayState', { state: 'REGED' });
    expect(session.ready).toBe(true);
    expect(log).toContain('{"state":"REGED","type":"vertoClientReady"}');
  });

  it('tells the client in the order of the reference', async () => {
    const { up, log, session, platform } = makeSession();
    await up();
    // The changes of state are an event of ours.
    expect(log.filter((entry) => entry === 'telnyx.session.state')).toHaveLength(4);
    expect(log.filter((entry) => entry !== 'telnyx.session.state')).toEqual([
      'telnyx.socket.open',
      'reattached ',
      'calls: ready',
      'telnyx.ready',
      '{"type":"vertoClientReady"}',
    ]);
    expect(platform.socket.methods).toEqual(['login', 'telnyx_rtc.gatewayState']);
    expect(session.info).toMatchObject({ callReportId: 'cr-1', dc: 'fr5', region: 'eu' });
    expect(session.sessionId).toBe('sess-1');
  });

  it('signs in with login and password; the token is neither sent nor read', async () => {
    const { up, platform } = makeSession({
      login_token: () => {
        throw new Error('read');
      },
      userVariables: { team: 'blue' },
      pushWhenActive: true,
      earlySdpAnswer: true,
    });
    await up();
    expect(paramsOf(platform.socket.last('login'))).toEqual({
      login: '1001',
      passwd: 'secret-password',
      userVariables: { team: 'blue', push_when_active: true, pn_late_fanout: true },
      loginParams: { early_sdp_answer: true },
      reconnection: false,
      'User-Agent': { sdkVersion: '0.1.0', data: 'FakeBrowser/1.0' },
    });
  });

  it('signs in with a token from a function, and asks it again on every reconnect', async () => {
    let asked = 0;
    const { session, platform, clock } = makeSession({
      password: undefined,
      login_token: () => Promise.resolve(`opaque-${++asked}`),
    });
    session.connect();
    expect(platform.sockets).toHaveLength(0);
    await settle();
    expect(session.state).toBe('ready');
    expect(paramsOf(platform.socket.last('login'))['login_token']).toBe('opaque-1');
    expect(paramsOf(platform.socket.last('login'))['login']).toBeUndefined();
    platform.socket.lose();
    await clock.advance(1_000);
    expect(session.state).toBe('ready');
    expect(paramsOf(platform.socket.last('login'))['login_token']).toBe('opaque-2');
  });

  it('ends with 46001 when the token function fails or takes over 10 s at the first connect', async () => {
    for (const login_token of [
      () => Promise.reject(new Error('no session')),
      () => new Promise<string>(() => undefined),
    ]) {
      const { session, codes, clock, platform } = makeSession({ password: undefined, login_token });
      session.connect();
      const ready = expect(session.whenReady()).rejects.toMatchObject({ code: 46001 });
      await clock.advance(10_000);
      await ready;
      expect([session.state, session.outcome, codes]).toEqual(['failed', 'login_failed', [46001]]);
      expect(platform.running()).toEqual(NOTHING);
    }
  });

  it('signs in anonymously as the wire specification says', async () => {
    const { up, platform } = makeSession({
      login: undefined,
      password: undefined,
      anonymous_login: {
        target_type: 'ai_assistant',
        target_id: 'a-1',
        target_version_id: 'v7',
        target_params: { conversation_id: 'c' },
      },
    });
    await up();
    expect(paramsOf(platform.socket.last('anonymous_login'))).toEqual({
      target_type: 'ai_assistant',
      target_id: 'a-1',
      target_version_id: 'v7',
      target_params: { conversation_id: 'c' },
      reconnection: false,
      'User-Agent': { sdkVersion: '0.1.0', data: 'FakeBrowser/1.0' },
    });
  });

  it('reports an address that is none with 45001 and stops', () => {
    const { session, platform, codes, state } = makeSession();
    platform.socketThrows = true;
    session.connect();
    expect([session.state, session.outcome, codes, state.ended]).toEqual([
      'failed',
      'no_socket',
      [45001],
      1,
    ]);
    expect(platform.running()).toEqual(NOTHING);
  });
});

describe('a refused sign-in', () => {
  it('raises 46001 with the gateway’s words, keeps the socket and does not retry, also for -32000', async () => {
    for (const code of [-32001, -32000]) {
      const { session, gateway, codes, causes, platform, clock } = makeSession();
      gateway.answers['login'] = () => ({ error: { code, message: 'Login Incorrect' } });
      session.connect();
      await clock.advance(60_000);
      expect(session.state).toBe('rejected');
      expect(codes).toEqual([46001]);
      expect(causes[0]).toMatchObject({ message: 'Login Incorrect', serverCode: code });
      expect(platform.socket.methods.filter((it) => it === 'login')).toHaveLength(1);
    }
  });

  it('can be mended by another sign-in on the same socket', async () => {
    const { session, gateway, options, platform } = makeSession();
    gateway.answers['login'] = () => ({ error: { code: -32001, message: 'no' } });
    session.connect();
    await settle();
    delete gateway.answers['login'];
    options.password = 'right';
    await session.relogin();
    await settle();
    expect(session.state).toBe('ready');
    expect(platform.sockets).toHaveLength(1);
  });

  it('is tried again by connect(), with what the token function gives then', async () => {
    const tokens: (string | Error)[] = ['old', new Error('offline'), 'new'];
    const { session, gateway, codes } = makeSession({
      password: undefined,
      login_token: async () => {
        const token = tokens.shift() ?? '';
        if (token instanceof Error) {
          throw token;
        }
        return Promise.resolve(token);
      },
    });
    gateway.answers['login'] = ({ params }) =>
      (params as { login_token: string }).login_token === 'new'
        ? { sessid: 's' }
        : { error: { code: -32001, message: 'no' } };
    session.connect();
    await settle();
    session.connect();
    expect(session.state).toBe('authenticating');
    const ready = expect(session.whenReady()).rejects.toMatchObject({ code: 46001 });
    await settle();
    await ready;
    expect([session.state, codes]).toEqual(['rejected', [46001, 46001]]);
    session.connect();
    await session.whenReady();
    expect(codes).toHaveLength(2);
  });

  it('followed by a close of the socket is the end, not a loop with the same credentials', async () => {
    const { session, gateway, platform, clock } = makeSession();
    gateway.answers['login'] = () => ({ error: { code: -32001, message: 'no' } });
    session.connect();
    await settle();
    platform.socket.lose();
    await clock.advance(120_000);
    expect([session.state, session.outcome]).toEqual(['failed', 'login_failed']);
    expect(platform.sockets).toHaveLength(1);
    expect(platform.running()).toEqual(NOTHING);
  });

  it('of another kind, on a reconnect, is tried again: the gateway took these credentials before', async () => {
    const { session, gateway, platform, clock, up } = makeSession();
    await up();
    gateway.answers['login'] = () => ({ error: { code: -32603, message: 'starting' } });
    platform.socket.lose();
    await clock.advance(1_000);
    delete gateway.answers['login'];
    await clock.advance(2_000);
    expect(session.state).toBe('ready');
  });
});

describe('gateway states', () => {
  it.each(['NOREG', 'UNREGED', 'TRYING', 'EXPIRED', 'UNREGISTER', 'DOWN'])(
    '%s is asked again and ends with 46001 after five',
    async (registration) => {
      const { session, gateway, platform, clock, codes } = makeSession();
      gateway.state = registration;
      session.connect();
      await clock.advance(30_000);
      const polls = platform.socket.methods.filter((it) => it === 'telnyx_rtc.gatewayState');
      expect(polls).toHaveLength(5);
      expect([session.state, codes]).toEqual(['rejected', [46001]]);
    },
  );

  it('a registration that comes in time is ready, and the count begins anew', async () => {
    const { session, gateway, clock, codes, platform } = makeSession();
    gateway.state = 'NOREG';
    session.connect();
    await clock.advance(9_000);
    gateway.state = 'REGED';
    await clock.advance(6_000);
    expect(session.state).toBe('ready');
    gateway.state = 'REGED';
    for (let i = 0; i < 8; i++) {
      gateway.send(platform.socket, 'gatewayState', { state: 'EXPIRED' });
      expect(session.state).toBe('registering');
      await clock.advance(6_000);
      expect(session.state).toBe('ready');
    }
    expect(codes).toEqual([]);
  });

  it('REGISTER is ready; the REGED after it brings its fields and is no second ready', async () => {
    const { session, gateway, log, platform } = makeSession();
    gateway.answers['telnyx_rtc.gatewayState'] = () => ({ params: { state: 'REGISTER' } });
    session.connect();
    await settle();
    expect(session.state).toBe('ready');
    gateway.send(platform.socket, 'gatewayState', { state: 'REGED', call_report_id: 'cr-9' });
    expect(session.info.callReportId).toBe('cr-9');
    expect(log.filter((it) => it === 'telnyx.ready')).toHaveLength(1);
  });

  it('that the login reply told is not waited for: ready without the answer, and once', async () => {
    const { session, gateway, log, platform } = makeSession();
    const registered = { state: 'REGED', call_report_id: 'cr-1', dc: 'here' };
    gateway.loginExtras = { offhook: { v: 1, trickle: true, registered } };
    gateway.answers['telnyx_rtc.gatewayState'] = () => undefined;
    session.connect();
    await settle();
    expect(session.state).toBe('ready');
    expect(session.info).toMatchObject({ callReportId: 'cr-1', dc: 'here' });
    // It is asked all the same: the question says that we understand the gateway's own frames.
    expect(platform.socket.methods).toEqual(['login', 'telnyx_rtc.gatewayState']);
    gateway.send(platform.socket, 'gatewayState', { state: 'REGED' });
    expect(log.filter((it) => it === 'telnyx.ready')).toHaveLength(1);
  });

  it('is asked for when the gateway never says clientReady', async () => {
    const { session, gateway, platform, clock } = makeSession();
    gateway.send = () => 0;
    session.connect();
    await clock.advance(2_900);
    expect(platform.socket.methods).toEqual(['login']);
    await clock.advance(200);
    expect(session.state).toBe('ready');
  });

  it('FAILED raises 45004 and reconnects to another back end, calls untouched; with maxReconnectAttempts the last one is 45003', async () => {
    const { session, gateway, clock, codes, platform, state } = makeSession({
      maxReconnectAttempts: 5,
    });
    gateway.state = 'FAILED';
    session.connect();
    await clock.advance(60_000);
    expect(codes).toEqual([45004, 45004, 45004, 45004, 45004, 45003]);
    expect(platform.sockets).toHaveLength(5);
    expect(platform.sockets[1]?.url).toContain('skip_last_voice_sdk_id=true');
    expect([session.state, session.outcome, state.ended]).toEqual(['closed', 'gateway_failed', 1]);
    expect(platform.running()).toEqual(NOTHING);
  });

  it('failures with a registration between them do not add up', async () => {
    const { session, gateway, clock, codes, platform, up } = makeSession();
    await up();
    for (let i = 0; i < 7; i++) {
      gateway.send(platform.socket, 'gatewayState', { state: 'FAIL_WAIT' });
      await clock.advance(8_000);
      expect(session.state).toBe('ready');
    }
    expect(codes).toEqual(Array(7).fill(45004));
  });
});

describe('losing the socket', () => {
  it('reconnects within half a second and resumes the session', async () => {
    const { session, platform, clock, up, log } = makeSession();
    await up();
    log.length = 0;
    platform.socket.lose();
    expect(session.state).toBe('waiting');
    await clock.advance(500);
    expect(session.state).toBe('ready');
    expect(platform.fetched).toEqual(['http://gw.test:8080/']);
    expect(platform.socket.url).toBe('ws://gw.test:8080/?voice_sdk_id=vsdk-1');
    expect(paramsOf(platform.socket.last('login'))).toMatchObject({
      reconnection: true,
      sessid: 'sess-1',
    });
    expect(log.slice(0, 2)).toEqual(['calls: lost', 'telnyx.socket.close']);
  });

  it('after more than 90 s does not ask for the old session', async () => {
    const { platform, clock, up } = makeSession({ maxReconnectAttempts: 0 });
    await up();
    platform.reachable = false;
    platform.onSocket = (socket) => {
      queueMicrotask(() => {
        socket.fail();
      });
    };
    platform.socket.lose();
    await clock.advance(91_000);
    platform.reachable = true;
    platform.onSocket = (socket) => {
      queueMicrotask(() => {
        socket.open();
      });
    };
    await clock.advance(30_000);
    expect(paramsOf(platform.socket.last('login'))['sessid']).toBeUndefined();
  });

  it('opens no socket while the host does not answer, but for a blind one now and then', async () => {
    const { platform, clock, up, state } = makeSession();
    await up();
    state.inCall = true;
    platform.reachable = false;
    platform.onSocket = (socket) => {
      queueMicrotask(() => {
        socket.fail();
      });
    };
    platform.socket.lose();
    await clock.advance(60_000);
    expect(platform.fetched.length).toBeGreaterThan(50);
    expect(platform.sockets.length).toBeLessThanOrEqual(4);
  });

  it.each([
    ['', 0],
    [', also when the clock is set back', -3_600_000],
  ])(
    'in a black hole opens a new socket every few seconds, and is back soon after the end%s',
    async (_, step) => {
      const { session, platform, clock, up, state } = makeSession();
      await up();
      state.inCall = true;
      platform.reachable = 'silent';
      const { onSocket } = platform;
      platform.onSocket = undefined;
      platform.socket.lose();
      await clock.advance(100);
      platform.setClock(step);
      for (let before = platform.sockets.length, seconds = 0; seconds < 60; seconds += 6) {
        await clock.advance(6_000);
        expect(platform.sockets.length).toBeGreaterThan(before);
        before = platform.sockets.length;
      }
      // Not so many that browsers slow them down.
      expect(platform.sockets.length).toBeLessThanOrEqual(20);
      platform.onSocket = onSocket;
      await clock.advance(6_000);
      expect(session.state).toBe('ready');
    },
  );

  it('of a host that is slow, and not gone, waits for a socket as long as for any', async () => {
    const { session, platform, clock, up, state } = makeSession();
    await up();
    state.inCall = true;
    platform.reachable = 'slow';
    const { onSocket } = platform;
    platform.onSocket = (socket) => {
      clock.setTimeout(() => onSocket?.(socket), 6_000);
    };
    platform.socket.lose();
    await clock.advance(20_000);
    expect(session.state).toBe('ready');
  });

  it('in a call is not given up before 90 s, then ends the calls with 45003', async () => {
    const { session, platform, clock, up, state, codes } = makeSession({ maxReconnectAttempts: 2 });
    await up();
    state.inCall = true;
    platform.reachable = false;
    platform.onSocket = (socket) => {
      queueMicrotask(() => {
        socket.fail();
      });
    };
    platform.socket.lose();
    await clock.advance(89_000);
    expect(session.outcome).toBeUndefined();
    await clock.advance(3_000);
    expect([session.state, session.outcome, state.ended]).toEqual(['failed', 'exhausted', 1]);
    expect(codes.filter((it) => it === 45003)).toHaveLength(1);
    expect(platform.running()).toEqual(NOTHING);
  });

  it('without a call ends with 45003 after maxReconnectAttempts; connect() starts afresh', async () => {
    const { session, platform, clock, up } = makeSession({ maxReconnectAttempts: 2 });
    await up();
    platform.reachable = false;
    platform.socket.lose();
    const failed = expect(session.whenReady()).rejects.toMatchObject({ code: 45003 });
    await clock.advance(10_000);
    await failed;
    expect(session.outcome).toBe('exhausted');
    platform.reachable = true;
    await up();
    expect(session.outcome).toBeUndefined();
  });

  it('waits no longer when the network is back, the page is shown, or connect() is called', async () => {
    for (const wake of ['online', 'pageshow', 'visible', 'connect'] as const) {
      const { session, platform, up } = makeSession();
      await up();
      platform.nextRandom = 0.999;
      platform.socket.lose();
      expect(session.state).toBe('waiting');
      if (wake === 'visible') {
        platform.fakeDocument.fire('visibilitychange');
      } else if (wake === 'connect') {
        session.connect();
      } else {
        platform.fakeWindow.fire(wake);
      }
      await settle();
      expect([wake, session.state]).toEqual([wake, 'ready']);
    }
  });

  it('with autoReconnect off stays lost: warning 36005, calls left alone', async () => {
    const { session, platform, clock, up, codes, state } = makeSession({ autoReconnect: false });
    await up();
    platform.socket.lose();
    await clock.advance(60_000);
    expect([session.state, session.outcome, codes, state.ended]).toEqual([
      'failed',
      'auto_reconnect_off',
      [36005],
      0,
    ]);
    expect(platform.running()).toEqual(NOTHING);
  });

  it('tells a gateway that announced reattach which calls live', async () => {
    const { platform, gateway, clock, up, state } = makeSession();
    gateway.loginExtras = { offhook: { v: 1, reattach: true, ping: false } };
    await up();
    expect(platform.socket.last('login')).not.toHaveProperty('params.offhook');
    expect(paramsOf(platform.socket.last('telnyx_rtc.gatewayState'))).toEqual({
      offhook: { v: 1 },
    });
    state.survivors = [{ callID: 'c-1', peer: 'live' }];
    platform.socket.lose();
    await clock.advance(1_000);
    expect(paramsOf(platform.socket.last('login'))['offhook']).toEqual({
      v: 1,
      calls: [{ callID: 'c-1', peer: 'live' }],
    });
  });
});

describe('liveness', () => {
  it('answers a gateway ping with a ping request of its own', async () => {
    const { platform, gateway, up } = makeSession();
    await up();
    gateway.send(platform.socket, 'ping', { serno: 17 });
    const ping = platform.socket.last('telnyx_rtc.ping');
    expect(ping).toMatchObject({ params: {}, voice_sdk_id: 'vsdk-1' });
    expect(platform.socket.methods).not.toContain('ack');
  });

  it('pings a plain gateway after 20 s of silence and gives the socket up 5 s later', async () => {
    const { platform, gateway, clock, up, codes } = makeSession();
    await up();
    gateway.answers['telnyx_rtc.ping'] = () => undefined;
    const first = platform.socket;
    await clock.advance(19_900);
    expect(first.last('telnyx_rtc.ping')).toBeUndefined();
    await clock.advance(200);
    expect(first.last('telnyx_rtc.ping')).toBeDefined();
    await clock.advance(4_800);
    expect(codes).toEqual([]);
    await clock.advance(200);
    expect(codes).toEqual([36003]);
    expect(platform.sockets.length).toBe(1);
    delete gateway.answers['telnyx_rtc.ping'];
    await clock.advance(1_000);
    expect(platform.sockets.length).toBe(2);
  });

  it('keeps a silent but answering gateway for hours', async () => {
    const { session, platform, clock, up, codes } = makeSession();
    await up();
    await clock.advance(2 * 3_600_000);
    expect([session.state, platform.sockets.length, codes]).toEqual(['ready', 1, []]);
  });

  it('notices within 5 s in a call, towards a gateway that announced ping', async () => {
    const { gateway, clock, up, codes, state, session } = makeSession();
    gateway.loginExtras = { offhook: { v: 1, ping: true } };
    await up();
    state.inCall = true;
    session.callsChanged();
    await clock.advance(60_000);
    expect(codes).toEqual([]);
    gateway.answers['telnyx_rtc.ping'] = () => undefined;
    await clock.advance(5_000);
    expect(codes).toEqual([36003]);
  });

  it('asks a little early when the page is awake anyway, and has no timer of its own for the answer', async () => {
    const { gateway, platform, clock, up, state, session } = makeSession();
    gateway.loginExtras = { offhook: { v: 1, ping: true } };
    await up();
    state.inCall = true;
    session.callsChanged();
    const pings = (): number =>
      platform.socket.sent.filter(({ method }) => method === 'telnyx_rtc.ping').length;
    await clock.advance(2_000);
    const before = pings();
    await clock.advance(1_000);
    session.seize();
    expect(pings()).toBe(before);
    await clock.advance(600);
    const timers = clock.pending;
    gateway.answers['telnyx_rtc.ping'] = () => undefined;
    session.seize();
    expect(pings()).toBe(before + 1);
    session.seize();
    expect(pings()).toBe(before + 1);
    expect(clock.pending).toBe(timers);
  });

  it('gives a socket up that receives but no longer sends', async () => {
    const { platform, gateway, clock, up, codes } = makeSession();
    await up();
    gateway.answers['telnyx_rtc.ping'] = () => undefined;
    for (let i = 0; i < 50; i++) {
      gateway.send(platform.socket, 'event', { eventChannel: 'x' });
      await clock.advance(1_000);
    }
    expect(codes).toEqual([36003]);
  });

  it.each([-3_600_000, 3_600_000])(
    'a dead socket is noticed as soon when the system’s clock was set by %i ms',
    async (step) => {
      const { gateway, platform, clock, up, codes, state, session } = makeSession();
      gateway.loginExtras = { offhook: { v: 1, ping: true } };
      await up();
      state.inCall = true;
      session.callsChanged();
      await clock.advance(5_000);
      platform.setClock(step);
      gateway.answers['telnyx_rtc.ping'] = () => undefined;
      await clock.advance(5_000);
      expect(codes).toEqual([36003]);
    },
  );

  it('does not mistake sleep for a dead path: it asks once more', async () => {
    const { platform, clock, up, codes, session } = makeSession();
    await up();
    await clock.sleep(10 * 60_000);
    await clock.advance(1_000);
    expect([codes, session.state, platform.sockets.length]).toEqual([[], 'ready', 1]);
  });

  it('notices each sleep in a call, though something else wakes the page before its own timer', async () => {
    const { gateway, platform, clock, up, codes, state, session } = makeSession();
    gateway.loginExtras = { offhook: { v: 1, ping: true } };
    await up();
    state.inCall = true;
    session.callsChanged();
    const beat = (): void => {
      session.seize();
      clock.setTimeout(beat, 1_000);
    };
    beat();
    for (let slept = 1; slept <= 20; slept++) {
      await clock.advance(3_000 + slept * 130);
      await clock.sleep(60_000);
      expect(state.woken).toBe(slept);
    }
    expect([codes, session.state, platform.sockets.length]).toEqual([[], 'ready', 1]);
  });

  it('a request without a reply fails alone and leaves the socket', async () => {
    const { session, gateway, clock, up, platform } = makeSession();
    await up();
    gateway.answers['telnyx_rtc.bye'] = () => undefined;
    const bye = expect(
      session.request('bye', { dialogParams: { callID: 'c' } }),
    ).rejects.toMatchObject({ code: 'timeout' });
    await clock.advance(10_000);
    await bye;
    expect([session.state, platform.sockets.length]).toEqual(['ready', 1]);
  });

  it('raises 48001 when the browser goes offline with a socket up, and asks for a sign of life', async () => {
    const { platform, up, codes } = makeSession();
    await up();
    platform.fakeWindow.fire('offline');
    expect(codes).toEqual([48001]);
    expect(platform.socket.last('telnyx_rtc.ping')).toBeDefined();
  });
});

describe('signing in again on a live socket', () => {
  it('always sends the current session, changes no state and gives no second ready', async () => {
    const { session, options, platform, clock, up, log } = makeSession();
    await up();
    await clock.advance(600_000);
    options.password = 'new';
    await session.relogin();
    await settle();
    expect(paramsOf(platform.socket.last('login'))).toMatchObject({
      passwd: 'new',
      sessid: 'sess-1',
      reconnection: true,
    });
    expect([session.state, log.filter((it) => it === 'telnyx.ready').length]).toEqual(['ready', 1]);
  });

  it('as somebody else does not send the old session', async () => {
    const { session, options, platform, up } = makeSession();
    await up();
    Object.assign(options, { login: '1002', password: 'p' });
    await session.relogin();
    expect(paramsOf(platform.socket.last('login'))['sessid']).toBeUndefined();
  });

  it('that is refused raises 46001 and leaves the session as it was', async () => {
    const { session, gateway, codes, up } = makeSession();
    await up();
    gateway.answers['login'] = () => ({ error: { code: -32001, message: 'no' } });
    await expect(session.relogin()).rejects.toMatchObject({ serverCode: -32001 });
    expect([session.state, codes]).toEqual(['ready', [46001]]);
  });

  it('happens by itself when the gateway answers a request with -32000', async () => {
    const { session, gateway, platform, up } = makeSession();
    await up();
    gateway.answers['telnyx_rtc.info'] = () => ({ error: { code: -32000, message: 'who?' } });
    await expect(
      session.request('info', { dtmf: '1', dialogParams: { callID: 'c' } }),
    ).rejects.toMatchObject({ code: 'rejected', serverCode: -32000 });
    await settle();
    expect(platform.socket.methods.filter((it) => it === 'login')).toHaveLength(2);
    expect(session.state).toBe('ready');
  });
});

describe('a token that ends', () => {
  const inSeconds = (now: number, s: number): string =>
    jwt({ exp: now / 1000 + s, name: '???>>>' });

  it('is warned of 120 s before, also a base64url one', async () => {
    const { up, clock, codes, options } = makeSession({ password: undefined, login_token: 'x' });
    options.login_token = inSeconds(clock.now(), 3_600);
    expect(options.login_token).toMatch(/[-_]/);
    await up();
    await clock.advance(3_479_000);
    expect(codes).toEqual([]);
    await clock.advance(2_000);
    expect(codes).toEqual([34001]);
  });

  it('in 60 days is not warned of today: no timer overflows', async () => {
    const platform = new FakePlatform();
    const expiry = new TokenExpiry(platform);
    let soon = 0;
    expiry.watch(inSeconds(platform.now(), 60 * 86_400), false, () => {
      soon++;
    });
    await platform.clock.advance(60 * 86_400_000 - 121_000);
    expect(soon).toBe(0);
    await platform.clock.advance(2_000);
    expect([soon, platform.running().timers]).toEqual([1, 0]);
  });

  it('is warned of at once when less is left, and not at all when it has ended', async () => {
    for (const [lifetime, expected] of [
      [60, [34001]],
      [-5, []],
    ] as const) {
      const { up, clock, codes, options } = makeSession({ password: undefined, login_token: 'x' });
      options.login_token = inSeconds(clock.now(), lifetime);
      await up();
      expect(codes).toEqual(expected);
    }
  });

  it('from a function is renewed on the live socket without a warning', async () => {
    const { up, clock, codes, options, platform } = makeSession({
      password: undefined,
      login_token: 'x',
    });
    options.login_token = () => inSeconds(clock.now(), 3_600);
    await up();
    await clock.advance(3 * 3_600_000);
    expect(codes).toEqual([]);
    expect(platform.sockets).toHaveLength(1);
    expect(platform.socket.methods.filter((it) => it === 'login')).toHaveLength(4);
  });
});

describe('punt', () => {
  it('ends calls here, closes the socket for good, and says so', async () => {
    const { session, gateway, platform, clock, up, state, codes } = makeSession();
    await up();
    gateway.send(platform.socket, 'punt', {});
    await clock.advance(60_000);
    expect([session.state, session.outcome, state.ended, codes]).toEqual([
      'closed',
      'punted',
      1,
      [36005],
    ]);
    expect(platform.running()).toEqual(NOTHING);
    await up();
  });

  it('naming a live call, with keepConnectionAliveOnSocketClose, only changes the socket', async () => {
    const { session, gateway, platform, clock, up, state } = makeSession({
      keepConnectionAliveOnSocketClose: true,
    });
    await up();
    state.survivors = [{ callID: 'c-1', peer: 'live' }];
    gateway.send(platform.socket, 'punt', { callID: 'c-1' });
    await clock.advance(1_000);
    expect([session.state, platform.sockets.length, state.ended]).toEqual(['ready', 2, 0]);
  });
});

describe('disconnecting', () => {
  it('closes the socket, settles every promise and leaves nothing running, from any state', async () => {
    const { session, platform, up } = makeSession();
    await up();
    const lost = expect(
      session.request('bye', { dialogParams: { callID: 'c' } }, { timeoutMs: 99_000 }),
    ).resolves.toBeDefined();
    await lost;
    await session.close();
    expect(platform.running()).toEqual(NOTHING);
    await expect(session.request('ping', {})).rejects.toMatchObject({ code: 'closed' });
    expect(session.sessionId).toBe('');
  });

  it('before any connect() fails what waits', async () => {
    const { session, platform } = makeSession();
    const waiting = expect(
      session.request('info', { dialogParams: { callID: 'c' } }),
    ).rejects.toMatchObject({ code: 'closed' });
    await session.close();
    await waiting;
    expect(platform.running()).toEqual(NOTHING);
  });

  it('does not wait for a browser that never reports the close', async () => {
    const { session, platform, up, clock } = makeSession();
    await up();
    platform.socket.answersClose = false;
    let done = false;
    void session.close().then(() => {
      done = true;
    });
    await clock.advance(4_900);
    expect(done).toBe(false);
    await clock.advance(200);
    expect(done).toBe(true);
    platform.socket.lose();
    expect(session.state).toBe('closed');
  });

  it('drops the session: the next one is new, also for other credentials in the same tab', async () => {
    const { session, platform, up } = makeSession();
    await up();
    await session.close();
    await up();
    expect(platform.socket.url).toBe('ws://gw.test:8080/');
    expect(paramsOf(platform.socket.last('login'))['reconnection']).toBe(false);
  });
});

describe('a page reload', () => {
  it('with hangupOnBeforeUnload false resumes the session, once', async () => {
    const options = { hangupOnBeforeUnload: false };
    const first = makeSession(options);
    await first.up();
    first.platform.fakeWindow.fire('pagehide');
    const second = makeSession(options, { storage: first.platform.storage });
    await second.up();
    expect(paramsOf(second.platform.socket.last('login'))).toMatchObject({
      sessid: 'sess-1',
      reconnection: true,
    });
    const third = makeSession(options, { storage: first.platform.storage });
    await third.up();
    expect(paramsOf(third.platform.socket.last('login'))['sessid']).toBeUndefined();
  });

  it('does not hand the session to another user or another gateway', async () => {
    const first = makeSession({ hangupOnBeforeUnload: false });
    await first.up();
    first.platform.fakeWindow.fire('pagehide');
    for (const other of [{ login: '1002' }, { host: 'ws://other.test' }]) {
      const second = makeSession(other, { storage: first.platform.storage });
      await second.up();
      expect(paramsOf(second.platform.socket.last('login'))['reconnection']).toBe(false);
    }
  });

  it('while the page is visible leaves no record that a second client or a copied tab could find', async () => {
    const { platform, up } = makeSession({ hangupOnBeforeUnload: false });
    await up();
    expect(platform.storage.length).toBe(0);
    platform.fakeDocument.visibilityState = 'hidden';
    platform.fakeDocument.fire('visibilitychange');
    expect(platform.storage.length).toBe(1);
    platform.fakeDocument.visibilityState = 'visible';
    platform.fakeDocument.fire('visibilitychange');
    expect(platform.storage.length).toBe(0);
  });

  it('hangs up when the user leaves, unless calls are to outlive the page', async () => {
    for (const [hangupOnBeforeUnload, expected] of [
      [undefined, ['hang up']],
      [false, []],
    ] as const) {
      const { platform, up, log } = makeSession({ hangupOnBeforeUnload });
      await up();
      log.length = 0;
      platform.fakeWindow.fire('beforeunload');
      platform.fakeWindow.fire('pagehide');
      expect(log).toEqual(expected);
      expect(platform.storage.length).toBe(hangupOnBeforeUnload === false ? 1 : 0);
    }
  });

  it('restores no calls for a user who signed out while it was being looked up', async () => {
    const options = { hangupOnBeforeUnload: false };
    const first = makeSession(options);
    first.state.markers = [{ callID: 'c' }];
    await first.up();
    first.platform.fakeWindow.fire('pagehide');
    const second = makeSession(options, { storage: first.platform.storage });
    second.session.connect();
    const closing = second.session.close();
    await second.clock.advance(2_000);
    await closing;
    expect(second.state.restored).toEqual([]);
    expect(second.session.sessionId).toBe('');
  });

  it('works without storage that works', async () => {
    const { platform, session, up } = makeSession({ hangupOnBeforeUnload: false });
    platform.storage.throws = true;
    await up();
    platform.fakeWindow.fire('pagehide');
    await session.close();
    expect(platform.running()).toEqual(NOTHING);
  });
});

describe('frames', () => {
  it('acknowledges what the gateway expects acknowledged, with its own id, also for unknown calls', async () => {
    const { platform, gateway, up, log } = makeSession();
    await up();
    platform.socket.sent.length = 0;
    const id = gateway.send(platform.socket, 'bye', { callID: 'unknown' });
    gateway.send(platform.socket, 'info', { callID: 'unknown' });
    gateway.send(platform.socket, 'event', { eventChannel: 'x' });
    expect(platform.socket.sent).toEqual([
      { jsonrpc: '2.0', id, result: { method: 'telnyx_rtc.bye' } },
    ]);
    expect(log).toContain('request bye');
  });

  it('that are broken, unknown or oddly typed change nothing', async () => {
    const { platform, session, up, codes } = makeSession();
    await up();
    for (const frame of [
      'not json',
      '[]',
      'null',
      '{}',
      '{"jsonrpc":"2.0","id":1,"method":"telnyx_rtc.media","params":{}}',
      '{"jsonrpc":"2.0","id":1,"method":"telnyx_rtc.no_such","params":{}}',
      '{"jsonrpc":"2.0","id":999,"result":null}',
      '{"jsonrpc":"2.0","id":1,"method":"telnyx_rtc.clientReady","params":{"state":"REGED"}}',
    ]) {
      platform.socket.receive(frame);
    }
    await settle();
    expect([session.state, codes, platform.sockets.length]).toEqual(['ready', [], 1]);
  });

  it('never bring a password or a token into the log', async () => {
    const { platform, session, up } = makeSession({ login_token: 'secret-token' });
    await up();
    await session.relogin();
    await session.close();
    expect(platform.logged.length).toBeGreaterThan(3);
    expect(platform.logged.join('\n')).not.toMatch(/secret/);
  });
});
