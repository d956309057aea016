import { afterEach, describe, expect, it } from 'vitest';
import { dial, Fixture, hangup, talk } from './testing/fixture.ts';

let fixture: Fixture;

afterEach(async () => {
  await fixture.stop();
});

describe('liveness', () => {
  it('a socket that says nothing for two pings is dead; its calls are parked', async () => {
    fixture = await Fixture.start();
    const dead = await fixture.register('1001');
    const callee = await fixture.register('1002');
    await talk(fixture, dead, callee, '1002');
    dead.acks = false;
    await dead.barrier();
    for (let i = 0; i < 4; i++) {
      fixture.clock.advance(9_000);
      await callee.barrier();
    }
    expect((await dead.closed).code).toBe(1006);
    expect(fixture.server.stats()).toMatchObject({ sockets: 1, calls: 1, parkedLegs: 1 });
  });

  it('a ping is answered before and after login', async () => {
    fixture = await Fixture.start();
    const client = await fixture.connect();
    expect((await client.request('ping', {})).result).toEqual({ message: 'pong' });
  });
});

describe('draining', () => {
  it('sends idle clients away one by one, lets calls end, and settles', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    const idle = [await fixture.register('1003'), await fixture.register('1004')];
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    let drained = false;
    const draining = fixture.server
      .drain({ idleSpreadSeconds: 10, callSeconds: 120, elsewhere: true })
      .then(() => (drained = true));
    expect((await idle[0]?.closed)?.code).toBe(1012);
    expect(idle[1]?.isOpen).toBe(true);
    fixture.clock.advance(6_000);
    expect((await idle[1]?.closed)?.code).toBe(1012);
    const { callID } = await dial(caller, 'echo');
    expect((await caller.next('bye')).params).toMatchObject({ callID, causeCode: 41 });
    expect(drained).toBe(false);
    await caller.request('bye', { dialogParams: { callID: callerCall } });
    await draining;
    expect((await caller.closed).code).toBe(1012);
  });

  it('ends calls that take too long with cause 41', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    await talk(fixture, caller, callee, '1002');
    const draining = fixture.server.drain({
      idleSpreadSeconds: 0,
      callSeconds: 30,
      elsewhere: true,
    });
    await fixture.pass(31_000);
    await draining;
    for (const client of [caller, callee]) {
      expect((await client.next('bye')).params).toMatchObject({ causeCode: 41 });
      expect((await client.closed).code).toBe(1012);
    }
  });

  it('tells idle clients how long to wait, so that they find the gateway again and not all at once', async () => {
    fixture = await Fixture.start();
    const idle = [await fixture.register('1003'), await fixture.register('1004')];
    const draining = fixture.server.drain({
      idleSpreadSeconds: 4,
      callSeconds: 30,
      elsewhere: false,
    });
    const waits: number[] = [];
    for (const client of idle) {
      const { reason } = await client.closed;
      waits.push(Number(/; retry-after=(\d+)$/.exec(reason)?.[1]));
      fixture.clock.advance(20);
    }
    await draining;
    // Two clients need 20 ms each, whatever is allowed: 40 ms until the last is gone, 1 s to start, and up to 40 ms by chance;
    // the second has 20 ms less to wait.
    expect(waits[0]).toBeGreaterThanOrEqual(1_040);
    expect(waits[0]).toBeLessThanOrEqual(1_080);
    expect(waits[1]).toBeGreaterThanOrEqual(1_020);
    expect(waits[1]).toBeLessThanOrEqual(1_060);
  });

  it('lets a client back whose call is here, and nobody else', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    const draining = fixture.server.drain({
      idleSpreadSeconds: 0,
      callSeconds: 60,
      elsewhere: true,
    });
    await fixture.drop(caller);
    const voiceSdkId = encodeURIComponent(caller.voiceSdkId ?? '');
    const stranger = await fixture.connect('/?voice_sdk_id=another');
    expect((await stranger.closed).code).toBe(1012);
    const back = await fixture.connect(`/?voice_sdk_id=${voiceSdkId}`);
    await back.register('1001', {
      sessid: caller.sessid,
      offhook: { v: 1, calls: [{ callID: callerCall, peer: 'live' }] },
    });
    await hangup(back, callerCall, 'NORMAL_CLEARING', 16);
    await draining;
    expect((await back.closed).code).toBe(1012);
  });

  it('is cut short by close, which ends every call and socket and settles twice', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    await dial(caller, 'echo');
    await caller.next('answer');
    const draining = fixture.server.drain({
      idleSpreadSeconds: 600,
      callSeconds: 600,
      elsewhere: false,
    });
    await Promise.all([fixture.server.close(), fixture.server.close(), draining]);
    expect((await caller.next('bye')).params).toMatchObject({ causeCode: 41 });
    expect([1001, 1012]).toContain((await caller.closed).code);
    const late = await fixture.connect();
    expect((await late.closed).code).toBe(1012);
  });
});
