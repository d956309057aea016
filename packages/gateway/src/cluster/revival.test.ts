import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CallRecords } from './call-records.ts';
import { MemoryCallRecords } from './testing/memory-call-records.ts';
import { Guard } from '../guard.ts';
import { silentLogger } from '../logging/logger.ts';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import { dial, Fixture, hangup, talk } from '../signaling/testing/fixture.ts';
import type { WireClient } from '../signaling/testing/wire-client.ts';
import { Revival } from './revival.ts';
import { RegisterError } from './register.ts';

/** A gateway and what connects it with the others; cut off it is as good as dead for them. */
interface Site {
  readonly fixture: Fixture;
  cut: boolean;
}

let store: MemoryCallRecords;
let first: Site;
let second: Site;
let caller: WireClient;
let callee: WireClient;

async function startSite(node: string): Promise<Site> {
  const site = { cut: false };
  const reach = <T>(work: () => Promise<T>): Promise<T> =>
    site.cut ? Promise.reject(new RegisterError('cut off')) : work();
  const records: CallRecords = {
    renew: (...of) => reach(() => store.renew(...of)),
    release: (...of) => reach(() => store.release(...of)),
    write: (...of) => reach(() => store.write(...of)),
    lost: (...of) => reach(() => store.lost(...of)),
    find: (...of) => reach(() => store.find(...of)),
    take: (...of) => reach(() => store.take(...of)),
    giveBack: (...of) => reach(() => store.giveBack(...of)),
  };
  const guard = new Guard(silentLogger(), (boundary) => {
    throw new Error(`caught at ${boundary}`);
  });
  const fixture = await Fixture.start({
    keptCalls: (clock) => new Revival({ records, node, clock: guard.clock(clock), guard }),
  });
  return Object.assign(site, { fixture });
}

beforeEach(async () => {
  let now = (): number => 0;
  store = new MemoryCallRecords(() => now());
  [first, second] = [await startSite('first'), await startSite('second')];
  now = () => second.fixture.clock.monotonic();
  caller = await first.fixture.register('1001');
  callee = await first.fixture.register('1002');
});

afterEach(async () => {
  first.cut = false;
  await Promise.all([first.fixture.stop(), second.fixture.stop()]);
});

function advance(ms: number): void {
  first.fixture.clock.advance(ms);
  second.fixture.clock.advance(ms);
}

/** Time goes by for gateways that wait for their turn in it. */
async function whilePassing<T>(work: Promise<T>): Promise<T> {
  const state = { done: false };
  const finished = work.finally(() => {
    state.done = true;
  });
  while (!state.done) {
    advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return finished;
}

/** Some renewals go through. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    advance(Math.min(250, left));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The first gateway is no more, for its clients and for the others. */
async function die(): Promise<void> {
  first.cut = true;
  await first.fixture.drop(caller);
  await first.fixture.drop(callee);
}

async function comeBack(
  former: WireClient,
  user: string,
  callID: string | null,
): Promise<WireClient> {
  const client = await second.fixture.connect();
  const calls = callID === null ? [] : [{ callID, peer: 'live' }];
  await whilePassing(
    client.login({
      login: user,
      passwd: `secret-${user}`,
      sessid: former.sessid,
      offhook: { v: 1, calls },
    }),
  );
  return client;
}

async function listed(client: WireClient): Promise<unknown> {
  return (await client.next('clientReady')).params?.['reattached_sessions'];
}

function attach(client: WireClient, callID: string): Promise<unknown> {
  return client.request('attach', { sdp: fakeSdp(`new-${callID}`), dialogParams: { callID } });
}

/** Both are at the second gateway, with media. */
async function bothBack(of: {
  callerCall: string;
  calleeCall: string;
}): Promise<[WireClient, WireClient]> {
  const one = await comeBack(caller, '1001', of.callerCall);
  const two = await comeBack(callee, '1002', of.calleeCall);
  for (const [client, callID] of [
    [one, of.callerCall],
    [two, of.calleeCall],
  ] as const) {
    expect(client.sessid).toBe((client === one ? caller : callee).sessid);
    expect((await client.next('attach')).params?.['callID']).toBe(callID);
    expect(await listed(client)).toEqual([callID]);
    await attach(client, callID);
  }
  await one.barrier();
  await two.barrier();
  return [one, two];
}

describe('a call whose gateway died', () => {
  it('goes on at the next one: same session, same call, both connected, and hold, digits and hangup work', async () => {
    const names = await talk(first.fixture, caller, callee, '1002');
    await pass(500);
    await die();
    const [one, two] = await bothBack(names);
    const legs = second.fixture.media.legsOf(names.call);
    expect(legs.map((leg) => leg.connectedTo).sort()).toEqual(legs.map(({ leg }) => leg).sort());
    const { callerCall, calleeCall } = names;
    await one.request('modify', { action: 'hold', dialogParams: { callID: callerCall } });
    expect(second.fixture.media.legsOf(names.call).filter((leg) => leg.held)).toHaveLength(1);
    await one.request('info', { dtmf: '5', dialogParams: { callID: callerCall } });
    await two.next('info');
    await hangup(two, calleeCall, 'NORMAL_CLEARING', 16);
    expect((await one.next('bye')).params).toMatchObject({ callID: callerCall, causeCode: 16 });
    expect(second.fixture.counted).toContain('ended NORMAL_CLEARING');
    // What ended is not brought back by anybody.
    expect(second.fixture.server.stats().calls).toBe(0);
  });

  it('keeps its hold and counts for its limits', async () => {
    const names = await talk(first.fixture, caller, callee, '1002');
    await caller.request('modify', {
      action: 'hold',
      dialogParams: { callID: names.callerCall },
    });
    await pass(500);
    await die();
    const [one] = await bothBack(names);
    expect(second.fixture.media.legsOf(names.call).map((leg) => leg.held)).toContain(true);
    const reply = await one.request('modify', {
      action: 'toggleHold',
      dialogParams: { callID: names.callerCall },
    });
    expect(reply).toMatchObject({ result: { holdState: 'active' } });
    await hangup(one, names.callerCall, 'NORMAL_CLEARING', 16);
  });

  it('is left to its gateway while that one lives, and lets nobody else in', async () => {
    const names = await talk(first.fixture, caller, callee, '1002');
    await pass(500);
    const stranger = await comeBack(caller, '1003', names.callerCall);
    expect(stranger.sessid).not.toBe(caller.sessid);
    expect(await listed(stranger)).toEqual([]);
    expect(second.fixture.server.stats().calls).toBe(0);
    await hangup(caller, names.callerCall, 'NORMAL_CLEARING', 16);
  });

  it('ends as ever when its other party does not come back', async () => {
    const names = await talk(first.fixture, caller, callee, '1002');
    await pass(500);
    await die();
    const one = await comeBack(caller, '1001', names.callerCall);
    await one.next('attach');
    await attach(one, names.callerCall);
    second.fixture.media.setState(
      second.fixture.media.legsOf(names.call)[0]?.leg ?? '',
      'connected',
    );
    await pass(92_000);
    expect((await one.next('bye')).params).toMatchObject({ causeCode: 102 });
  });

  it('is over when nobody came back in time', async () => {
    const names = await talk(first.fixture, caller, callee, '1002');
    await pass(500);
    await die();
    await pass(95_000);
    const one = await comeBack(caller, '1001', names.callerCall);
    expect(await listed(one)).toEqual([]);
  });

  it('is let go of without a word by a gateway that wakes up', async () => {
    const names = await talk(first.fixture, caller, callee, '1002');
    await pass(500);
    await die();
    await bothBack(names);
    first.cut = false;
    await pass(1500);
    expect(first.fixture.server.stats().calls).toBe(0);
    expect(second.fixture.server.stats().calls).toBe(1);
    expect(first.fixture.media.legs.size).toBe(0);
  });

  it('was not kept before it was answered, nor after it ended', async () => {
    const { callID } = await dial(caller, '1002');
    await pass(500);
    await die();
    const one = await comeBack(caller, '1001', callID);
    expect(await listed(one)).toEqual([]);
  });
});

describe('a gateway that cannot reach the records', () => {
  it('carries its calls on, and keeps them when it can again', async () => {
    first.cut = true;
    const names = await talk(first.fixture, caller, callee, '1002');
    await pass(5000);
    await caller.request('modify', {
      action: 'hold',
      dialogParams: { callID: names.callerCall },
    });
    expect(first.fixture.media.legsOf(names.call).map((leg) => leg.held)).toContain(true);
    first.cut = false;
    await pass(1000);
    await die();
    const [one] = await bothBack(names);
    await hangup(one, names.callerCall, 'NORMAL_CLEARING', 16);
  });
});
