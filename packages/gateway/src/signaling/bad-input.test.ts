import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import { dial, Fixture, hangup, talk } from './testing/fixture.ts';
import type { WireClient, WireFrame } from './testing/wire-client.ts';

let fixture: Fixture;

afterEach(async () => {
  await fixture.stop();
});

describe('before login', () => {
  beforeEach(async () => {
    fixture = await Fixture.start();
  });

  it('nothing is served and nothing is kept: every method but ping is refused', async () => {
    const client = await fixture.connect();
    const dialogParams = { callID: 'c', destination_number: 'echo' };
    for (const [method, params] of [
      ['gatewayState', {}],
      ['invite', { sdp: fakeSdp('x'), dialogParams }],
      ['candidate', { candidate: 'candidate:1', dialogParams }],
      ['bye', { dialogParams }],
      ['subscribe', { eventChannel: ['1001'] }],
      ['info', { msg: { to: '1002', body: 'hi' }, dialogParams }],
    ] as const) {
      const reply = await client.request(method, params);
      expect(reply.error, method).toEqual({ code: -32001, message: 'sign in first' });
    }
    expect(fixture.server.stats()).toMatchObject({ sessions: 0, calls: 0, registeredUsers: 0 });
    expect(fixture.media.log).toEqual([]);
  });

  it('a socket has 10 s to sign in', async () => {
    const client = await fixture.connect();
    fixture.clock.advance(12_000);
    expect(await client.closed).toEqual({ code: 1008, reason: 'no login in time' });
    expect(fixture.counted).toContain('violation login_timeout');
  });

  it('logins are limited per socket', async () => {
    const client = await fixture.connect();
    for (let i = 0; i < 20; i++) {
      await client.login({ login: '1001', passwd: 'wrong' });
    }
    const reply = await client.login({ login: '1001', passwd: 'secret-1001' });
    expect(reply.error?.message).toContain('too many logins');
    expect(fixture.auth.attempts).toHaveLength(20);
  });

  it('a login that is looked at can be kept waiting by few frames only', async () => {
    fixture.auth.gate = new Promise(() => undefined);
    const client = await fixture.connect();
    void client.login({ login: '1001', passwd: 'secret-1001' });
    for (let i = 0; i < 40; i++) {
      void client.request('gatewayState', {});
    }
    expect((await client.closed).code).toBe(1008);
    expect(fixture.counted).toContain('violation before_login');
  });

  it('a socket that goes while its login is looked at leaves no session', async () => {
    let open: () => void = () => undefined;
    fixture.auth.gate = new Promise((resolve) => (open = resolve));
    const client = await fixture.connect();
    void client.login({ login: '1001', passwd: 'secret-1001' });
    const other = await fixture.connect();
    await other.barrier();
    await fixture.drop(client);
    open();
    await other.barrier();
    expect(fixture.server.stats()).toMatchObject({ sessions: 0, registeredUsers: 0 });
  });

  it('an authenticator that breaks is a refusal with a reason, and no hole', async () => {
    const client = await fixture.connect();
    fixture.auth.nextOutcome = new Error('disk full');
    const reply = await client.login({ login: '1001', passwd: 'secret-1001' });
    expect(reply.error).toMatchObject({ code: -32001, data: { reason: 'busy' } });
    expect((await client.login({ login: '1001', passwd: 'secret-1001' })).result).toBeDefined();
  });
});

describe('frames that are none', () => {
  let client: WireClient;

  beforeEach(async () => {
    fixture = await Fixture.start();
    client = await fixture.register('1001');
  });

  const errorTo = async (text: string): Promise<unknown> => {
    const before = client.received.length;
    client.sendRaw(text);
    await client.barrier();
    const reply = client.received[before] as WireFrame;
    return reply.error?.code;
  };

  it.each([
    ['', -32700],
    ['hello', -32700],
    ['{"jsonrpc":"2.0","id":"x","method":', -32700],
    ['[]', -32600],
    ['null', -32600],
    ['{"jsonrpc":"1.0","id":"x","method":"login"}', -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"login"}', -32600],
    ['{"jsonrpc":"2.0","id":"x","method":"telnyx_rtc.invite","params":[]}', -32602],
    ['{"jsonrpc":"2.0","id":"x","method":"telnyx_rtc.invite","params":{"sdp":5}}', -32602],
    [`{"jsonrpc":"2.0","id":"x","params":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`, -32600],
    ['{"jsonrpc":"2.0","id":"x","method":"__proto__"}', -32601],
    ['{"jsonrpc":"2.0","id":"x","method":"constructor"}', -32601],
  ])('%s gets the JSON-RPC error that fits', async (text, code) => {
    expect(await errorTo(text)).toBe(code);
    expect((await client.request('gatewayState', {})).result).toBeDefined();
  });

  it('too many of them close the socket with a reason; calls of others go on', async () => {
    const caller = await fixture.register('1002');
    const callee = await fixture.register('1003');
    await talk(fixture, caller, callee, '1003');
    for (let i = 0; i < 60; i++) {
      client.sendRaw('nonsense');
    }
    expect(await client.closed).toEqual({ code: 1008, reason: 'too many malformed frames' });
    await callee.barrier();
    expect(callee.has('bye')).toBe(false);
    expect(fixture.server.stats().calls).toBe(1);
  });

  it('a flood closes the socket with a reason', async () => {
    for (let i = 0; i < 500; i++) {
      void client.request('ping', {});
    }
    expect(await client.closed).toEqual({ code: 1008, reason: 'too many frames' });
    expect(fixture.counted).toContain('violation rate');
  });

  it('an oversized frame closes the socket', async () => {
    client.sendRaw(`{"x":"${'y'.repeat(300_000)}"}`);
    expect((await client.closed).code).toBe(1009);
    expect(fixture.counted).toContain('violation size');
  });

  it('a binary frame closes the socket', async () => {
    client.sendRaw(Buffer.from([1, 2, 3]));
    expect((await client.closed).code).toBe(1003);
  });

  it('a speed test without end closes the socket', async () => {
    client.sendRaw('#SPU 999999999');
    expect((await client.closed).code).toBe(1008);
  });

  it('a client that does not read is cut off', async () => {
    await fixture.stop();
    fixture = await Fixture.start({ limits: { bufferedBytes: 1000 } });
    const deaf = await fixture.register('1001');
    deaf.pause();
    // 256 KiB of echo each; the kernel's buffers take some of them.
    const noticed = fixture.socketClosed();
    for (let test = 0; test < 40; test++) {
      deaf.sendRaw('#SPU 200000');
      for (let i = 0; i < 190; i++) {
        deaf.sendRaw(`#SPB ${'.'.repeat(1024)}`);
      }
      deaf.sendRaw('#SPE');
    }
    await noticed;
    expect(fixture.counted).toContain('violation backpressure');
    deaf.resume();
  });
});

describe('calls of others', () => {
  it('cannot be ended, held, answered, fed or sent digits', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    const thief = await fixture.register('1003');
    const { callerCall, calleeCall, call } = await talk(fixture, caller, callee, '1002');
    const verbs = fixture.media.log.length;
    for (const callID of [callerCall, calleeCall, call]) {
      const dialogParams = { callID };
      expect((await hangup(thief, callID, 'NORMAL_CLEARING', 16)).result).toBeDefined();
      for (const [method, params] of [
        ['modify', { action: 'hold', dialogParams }],
        ['modify', { action: 'updateMedia', sdp: fakeSdp('x'), dialogParams }],
        ['answer', { sdp: fakeSdp('x'), dialogParams }],
        ['attach', { sdp: fakeSdp('x'), dialogParams }],
      ] as const) {
        const reply = await thief.request(method, params);
        expect(reply.error).toMatchObject({ code: -32002, message: 'CALL DOES NOT EXIST' });
      }
      await thief.request('candidate', { candidate: 'candidate:1', dialogParams });
      await thief.request('info', { dtmf: '1', dialogParams });
    }
    await caller.barrier();
    await callee.barrier();
    expect(caller.has('bye') || callee.has('bye') || callee.has('info')).toBe(false);
    expect(fixture.media.log).toHaveLength(verbs);
  });

  it('a description that is none is refused, and makes no call', async () => {
    fixture = await Fixture.start();
    const client = await fixture.register('1001');
    for (const sdp of ['hello', 'v=0\r\n', 'v=0\r\nm=video 9 X 96\r\n', '\u0000'.repeat(50)]) {
      const reply = await client.request('invite', {
        sdp,
        dialogParams: { callID: 'c', destination_number: 'echo' },
      });
      expect(reply.error, sdp).toBeDefined();
    }
    expect(fixture.media.log).toEqual([]);
    expect(fixture.server.stats().calls).toBe(0);
  });

  it('a re-offer that is none is an error, and the call goes on', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    const dialogParams = { callID: callerCall };
    const bad = await caller.request('modify', { action: 'updateMedia', sdp: 'x', dialogParams });
    expect(bad.error?.code).toBe(-32002);
    const none = await caller.request('modify', { action: 'updateMedia', dialogParams });
    expect(none.error?.code).toBe(-32602);
    const odd = await caller.request('modify', { action: 'transfer', dialogParams });
    expect(odd.error?.code).toBe(-32602);
    await callee.barrier();
    expect(callee.has('bye')).toBe(false);
  });

  it('an answer to a call that one placed is refused', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    await fixture.register('1002');
    const { callID } = await dial(caller, '1002');
    const reply = await caller.request('answer', { sdp: fakeSdp('x'), dialogParams: { callID } });
    expect(reply.error?.code).toBe(-32002);
    const early = await caller.request('modify', { action: 'hold', dialogParams: { callID } });
    expect(early.error?.code).toBe(-32002);
  });
});

it('a user has a limited number of devices', async () => {
  fixture = await Fixture.start({ limits: { socketsPerUser: 2 } });
  await fixture.register('1001');
  const second = await fixture.register('1001');
  const third = await fixture.connect();
  const refused = await third.login({ login: '1001', passwd: 'secret-1001' });
  expect(refused.error).toMatchObject({ code: -32001, data: { reason: 'busy' } });
  await fixture.drop(second);
  expect((await third.login({ login: '1001', passwd: 'secret-1001' })).result).toBeDefined();
});
