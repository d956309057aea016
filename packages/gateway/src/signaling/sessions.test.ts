import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import { dial, Fixture, hangup, talk } from './testing/fixture.ts';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await Fixture.start();
});

afterEach(async () => {
  await fixture.stop();
});

describe('a session', () => {
  it('is resumed by its own user only; another one gets a session of his own', async () => {
    const owner = await fixture.register('1001');
    await fixture.drop(owner);
    const other = await fixture.register('1002', { sessid: owner.sessid });
    expect(other.sessid).not.toBe(owner.sessid);
    const back = await fixture.register('1001', { sessid: owner.sessid });
    expect(back.sessid).toBe(owner.sessid);
  });

  it('is forgotten 90 s after its socket', async () => {
    const client = await fixture.register('1001');
    await fixture.drop(client);
    expect(fixture.server.stats()).toMatchObject({ sessions: 1, registeredUsers: 0 });
    await fixture.pass(92_000);
    expect(fixture.server.stats().sessions).toBe(0);
  });

  it('is taken over with its calls; the former socket is punted and its calls are not touched', async () => {
    const first = await fixture.register('1001');
    const callee = await fixture.register('1002');
    const { callerCall } = await talk(fixture, first, callee, '1002');
    const second = await fixture.connect();
    await second.login({
      login: '1001',
      passwd: 'secret-1001',
      sessid: first.sessid,
      offhook: { v: 1, calls: [{ callID: callerCall, peer: 'live' }] },
    });
    expect((await first.next('punt')).params).toEqual({ offhook: { reason: 'taken_over' } });
    await first.closed;
    expect((await second.next('clientReady')).params).toEqual({
      reattached_sessions: [callerCall],
    });
    await callee.barrier();
    expect(callee.has('bye')).toBe(false);
    await hangup(second, callerCall, 'NORMAL_CLEARING', 16);
    await callee.next('bye');
  });

  it('is not punted on a socket that was silent for long; that one is just cut', async () => {
    const first = await fixture.register('1001');
    first.acks = false;
    fixture.clock.advance(24_000);
    const second = await fixture.connect();
    await second.login({ login: '1001', passwd: 'secret-1001', sessid: first.sessid });
    expect((await first.closed).code).toBe(1006);
    expect(first.methods).not.toContain('punt');
  });

  it('stays when its client signs in again on the live socket, with sessid or without, and its calls stay', async () => {
    const client = await fixture.register('1001');
    const { callID } = await dial(client, 'echo');
    await client.next('answer');
    const before = client.sessid;
    for (const extra of [{}, { sessid: before }]) {
      const reply = await client.login({ login_token: 'secret-1001', ...extra });
      expect(reply.result?.['sessid']).toBe(before);
    }
    await client.barrier();
    // An ordinary clientReady would end every call that it does not list (wire spec 13.4).
    expect(client.methods.filter((each) => each === 'clientReady')).toHaveLength(1);
    expect(fixture.server.stats().calls).toBe(1);
    expect(callID).toBeTypeOf('string');
  });

  it('stays when a renewal fails', async () => {
    const client = await fixture.register('1001');
    await dial(client, 'echo');
    await client.next('answer');
    const reply = await client.login({ login_token: 'expired' });
    expect(reply.error?.code).toBe(-32001);
    expect(fixture.server.stats().calls).toBe(1);
    expect((await client.request('gatewayState', {})).result).toBeDefined();
  });

  it('ends with its calls when another user signs in on its socket', async () => {
    const client = await fixture.register('1001');
    const { callID } = await dial(client, 'echo');
    await client.next('answer');
    const before = client.sessid;
    await client.login({ login: '1002', passwd: 'secret-1002' });
    expect((await client.next('bye')).params).toMatchObject({ callID, causeCode: 16 });
    expect(client.sessid).not.toBe(before);
    expect((await client.next('clientReady')).params).toEqual({ reattached_sessions: [] });
    expect(fixture.server.stats()).toMatchObject({ sessions: 1, calls: 0 });
  });

  it('prefers what the authenticator says of login and password over a token', async () => {
    const client = await fixture.connect();
    await client.login({ login: '1001', passwd: 'secret-1001', login_token: 'secret-1002' });
    expect(fixture.auth.attempts[0]?.credentials).toEqual({
      login: '1001',
      passwd: 'secret-1001',
      loginToken: 'secret-1002',
    });
    expect(fixture.auth.attempts[0]?.context).toEqual({ address: '127.0.0.1' });
  });
});

describe('a token that expires', () => {
  const login = (fixture: Fixture, user: string, seconds: number) => {
    const expiresAt = fixture.clock.now() + seconds * 1000;
    const identity = { user, displayName: user, generateRingback: false, expiresAt };
    fixture.auth.nextOutcome = { ok: true, identity };
    return fixture.register(user);
  };

  it('ends the session, unless it was renewed on the live socket', async () => {
    const careless = await login(fixture, '1001', 60);
    const careful = await login(fixture, '1002', 60);
    await careful.login({ login: '1002', passwd: 'secret-1002' });
    await fixture.pass(62_000);
    expect(await careless.closed).toEqual({ code: 1008, reason: 'the login token has expired' });
    expect(careful.isOpen).toBe(true);
  });

  it('ends no call, but there is no other before a renewal, in either direction', async () => {
    const caller = await login(fixture, '1001', 60);
    const callee = await fixture.register('1002');
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    await fixture.pass(70_000);
    expect(caller.has('bye')).toBe(false);
    const refused = await caller.request('invite', {
      sdp: fakeSdp('late'),
      dialogParams: { callID: 'late', destination_number: 'echo', audio: true },
    });
    expect(refused.error?.data).toMatchObject({ cause: 'CALL_REJECTED', causeCode: 21 });
    const other = await fixture.register('1003');
    await dial(other, '1001');
    expect((await other.next('bye')).params).toMatchObject({ cause: 'SUBSCRIBER_ABSENT' });
    await hangup(caller, callerCall, 'NORMAL_CLEARING', 16);
    await fixture.pass(2_000);
    expect((await caller.closed).code).toBe(1008);
  });
});

describe('a user that an operator removes', () => {
  it('loses his sessions and calls within a second, and the far side is told; guests stay', async () => {
    const removed = await fixture.register('1001');
    const far = await fixture.register('1002');
    fixture.auth.nextOutcome = {
      ok: true,
      identity: { user: 'guest', displayName: 'Guest', generateRingback: false, guest: true },
    };
    const guest = await fixture.register('guest');
    await talk(fixture, removed, far, '1002');
    fixture.auth.users.delete('1001');
    fixture.auth.version += 1;
    fixture.clock.advance(1_000);
    expect(await removed.closed).toEqual({ code: 1008, reason: 'this user was removed' });
    for (const client of [removed, far]) {
      expect((await client.next('bye')).params).toMatchObject({ cause: 'MANAGER_REQUEST' });
    }
    await guest.barrier();
    expect(fixture.server.stats()).toMatchObject({ sessions: 2, calls: 0 });
  });
});

it('the login reply and every gatewayState reply carry the configured ICE servers', async () => {
  await fixture.stop();
  const ice_servers = [{ urls: ['turn:turn.example'], username: 'u', credential: 'c' }];
  fixture = await Fixture.start({ iceServers: ice_servers });
  const client = await fixture.connect();
  const login = await client.login({ login: '1001', passwd: 'secret-1001' });
  expect(login.result?.['ice_servers']).toEqual(ice_servers);
  const state = await client.request('gatewayState', {});
  expect(state.result?.['params']).toMatchObject({ ice_servers });
});
