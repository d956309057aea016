import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import { answerNext, dial, Fixture, hangup, talk } from '../signaling/testing/fixture.ts';
import type { WireClient } from '../signaling/testing/wire-client.ts';

let fixture: Fixture;
let caller: WireClient;
let callee: WireClient;

beforeEach(async () => {
  fixture = await Fixture.start();
  caller = await fixture.register('1001');
  callee = await fixture.register('1002');
});

afterEach(async () => {
  await fixture.stop();
});

interface Survivor {
  readonly callID: string;
  readonly peer: 'live' | 'gone';
}

/** Comes back on a new socket; with `calls` as our own client does, without as the reference. */
async function comeBack(former: WireClient, calls?: readonly Survivor[]): Promise<WireClient> {
  const user = former === caller ? '1001' : '1002';
  const client = await fixture.connect();
  await client.login({
    login: user,
    passwd: `secret-${user}`,
    sessid: former.sessid,
    ...(calls === undefined ? {} : { offhook: { v: 1, calls } }),
  });
  expect(client.sessid).toBe(former.sessid);
  return client;
}

async function listed(client: WireClient): Promise<unknown> {
  return (await client.next('clientReady')).params?.['reattached_sessions'];
}

function modify(client: WireClient, callID: string, action: string): Promise<unknown> {
  return client.request('modify', { action, dialogParams: { callID } });
}

describe('an answered call whose socket was lost', () => {
  it('with a live peer gets no attach, only its place in the list; its media was never touched', async () => {
    const { callerCall, call } = await talk(fixture, caller, callee, '1002');
    const verbs = fixture.media.log.length;
    await fixture.drop(caller);
    await fixture.pass(30_000);
    const again = await comeBack(caller, [{ callID: callerCall, peer: 'live' }]);
    expect(await listed(again)).toEqual([callerCall]);
    await again.barrier();
    expect(again.methods).toEqual(['clientReady']);
    expect(fixture.media.log).toHaveLength(verbs);
    expect(fixture.media.legsOf(call).every((leg) => !leg.held)).toBe(true);
    expect(callee.methods).not.toContain('bye');
  });

  it('with its peer gone, or unmentioned beside others, gets a fresh offer', async () => {
    const first = await talk(fixture, caller, callee, '1002');
    const second = await talk(fixture, caller, callee, '1002');
    const third = await talk(fixture, caller, callee, '1002');
    await fixture.drop(caller);
    const again = await comeBack(caller, [
      { callID: first.callerCall, peer: 'gone' },
      { callID: second.callerCall, peer: 'live' },
      { callID: 'long-gone', peer: 'live' },
    ]);
    const attached = [await again.next('attach'), await again.next('attach')];
    expect(attached.map((frame) => frame.params?.['callID']).sort()).toEqual(
      [first.callerCall, third.callerCall].sort(),
    );
    expect(await listed(again)).toEqual([first, second, third].map((each) => each.callerCall));
  });

  it('with a live peer at the client and a failed one here gets a fresh offer', async () => {
    const { callerCall, call } = await talk(fixture, caller, callee, '1002');
    await fixture.drop(caller);
    fixture.media.setState(fixture.media.legsOf(call)[0]?.leg ?? '', 'failed');
    const again = await comeBack(caller, [{ callID: callerCall, peer: 'live' }]);
    await again.next('attach');
  });

  it('of the callee is attached to the callee, with the caller as the remote party', async () => {
    const { calleeCall } = await talk(fixture, caller, callee, '1002');
    await fixture.pass(7_000);
    await fixture.drop(callee);
    const again = await comeBack(callee);
    expect((await again.next('attach')).params).toMatchObject({
      callID: calleeCall,
      caller_id_number: '1001',
      callee_id_number: '1002',
    });
  });

  it('keeps its hold over the attach', async () => {
    const { callerCall, call } = await talk(fixture, caller, callee, '1002');
    await modify(caller, callerCall, 'hold');
    await fixture.drop(caller);
    const again = await comeBack(caller);
    await again.next('attach');
    await again.request('attach', { sdp: fakeSdp('page'), dialogParams: { callID: callerCall } });
    expect(fixture.media.legsOf(call)[0]?.held).toBe(true);
    expect(await modify(again, callerCall, 'toggleHold')).toMatchObject({
      result: { holdState: 'active' },
    });
  });

  it('ends after 90 s, on the far side with RECOVERY_ON_TIMER_EXPIRE, and the client is told on return', async () => {
    const { callerCall, calleeCall } = await talk(fixture, caller, callee, '1002');
    await fixture.drop(caller);
    await fixture.pass(89_000);
    expect(callee.has('bye')).toBe(false);
    await fixture.pass(2_000);
    expect((await callee.next('bye')).params).toMatchObject({
      callID: calleeCall,
      cause: 'RECOVERY_ON_TIMER_EXPIRE',
      causeCode: 102,
      sipCode: 504,
    });
    expect(fixture.media.legs.size).toBe(0);
    const late = await fixture.register('1001', { sessid: caller.sessid });
    expect(late.sessid).not.toBe(caller.sessid);
    expect(callerCall).toBeTypeOf('string');
  });

  it('that ended on a dying socket is told again on the next one, with its true cause, until it is acknowledged', async () => {
    const { callerCall, calleeCall } = await talk(fixture, caller, callee, '1002');
    caller.acks = false;
    await callee.request('bye', {
      cause: 'NORMAL_CLEARING',
      causeCode: 16,
      dialogParams: { callID: calleeCall },
    });
    await caller.next('bye');
    await fixture.drop(caller);
    caller = await comeBack(caller);
    expect((await caller.next('bye')).params).toMatchObject({
      callID: callerCall,
      cause: 'NORMAL_CLEARING',
    });
    expect(await listed(caller)).toEqual([]);
    await fixture.drop(caller);
    caller = await comeBack(caller);
    expect(await listed(caller)).toEqual([]);
    expect(caller.has('bye')).toBe(false);
  });

  it('that is never answered after an attach ends 90 s after the loss as well', async () => {
    await talk(fixture, caller, callee, '1002');
    await fixture.drop(caller);
    await fixture.pass(40_000);
    const again = await comeBack(caller);
    await again.next('attach');
    await fixture.pass(51_000);
    expect((await callee.next('bye')).params).toMatchObject({ causeCode: 102 });
    expect((await again.next('bye')).params).toMatchObject({ causeCode: 102 });
  });

  it('that loses its socket again during the attach is attached anew, once', async () => {
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    await fixture.drop(caller);
    fixture.media.manual = true;
    const second = await comeBack(caller);
    await fixture.drop(second);
    const third = await comeBack(caller);
    fixture.media.manual = false;
    fixture.media.release();
    const attach = await third.next('attach');
    expect(await listed(third)).toEqual([callerCall]);
    await third.barrier();
    expect(third.methods).toEqual(['attach', 'clientReady']);
    const reply = await third.request('attach', {
      sdp: fakeSdp('third'),
      dialogParams: { callID: attach.params?.['callID'] },
    });
    expect(reply.result).toMatchObject({ callID: callerCall });
  });

  it('refuses an attach that nobody asked for', async () => {
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    const reply = await caller.request('attach', {
      sdp: fakeSdp('x'),
      dialogParams: { callID: callerCall },
    });
    expect(reply.error).toMatchObject({ code: -32002 });
  });
});

describe('a call that was not answered when the socket was lost', () => {
  it('answered meanwhile: the caller gets ringing no more, but the answer', async () => {
    await dial(caller, '1002');
    await caller.next('ringing');
    await fixture.drop(caller);
    await answerNext(callee);
    const again = await comeBack(caller);
    expect((await again.next('answer')).params?.['sdp']).toContain('m=audio');
    await listed(again);
    expect(again.methods).toEqual(['answer', 'clientReady']);
  });

  it('still ringing: the caller is told so again, and may be answered later', async () => {
    const { callID } = await dial(caller, '1002');
    await caller.next('ringing');
    await fixture.drop(caller);
    const again = await comeBack(caller, [{ callID, peer: 'live' }]);
    await again.next('ringing');
    expect(await listed(again)).toEqual([callID]);
    await answerNext(callee);
    await again.next('answer');
  });

  it('an answer that the caller acknowledged is not sent again', async () => {
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    await caller.barrier();
    await fixture.drop(caller);
    const again = await comeBack(caller, [{ callID: callerCall, peer: 'live' }]);
    await listed(again);
    expect(again.methods).toEqual(['clientReady']);
  });

  it('an answer that got lost is sent again', async () => {
    caller.acks = false;
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    await fixture.drop(caller);
    const again = await comeBack(caller, [{ callID: callerCall, peer: 'live' }]);
    expect((await again.next('answer')).params).toMatchObject({ callID: callerCall });
  });

  it('an inbound call that a new page does not know rings there afresh', async () => {
    await dial(caller, '1002');
    const first = await callee.next('invite');
    await fixture.drop(callee);
    const again = await comeBack(callee, []);
    const second = await again.next('invite');
    expect(second.params).toEqual(first.params);
    await again.request('answer', {
      sdp: fakeSdp('page'),
      dialogParams: { callID: second.params?.['callID'] },
    });
    await caller.next('answer');
  });

  it('an inbound call that the reference acknowledged is not sent twice', async () => {
    await dial(caller, '1002');
    const invite = await callee.next('invite');
    await callee.barrier();
    await fixture.drop(callee);
    const again = await comeBack(callee);
    expect(await listed(again)).toEqual([invite.params?.['callID']]);
    expect(again.methods).toEqual(['clientReady']);
  });

  it('lives 30 s without a socket: a caller that stays away cancels, a callee did not respond', async () => {
    await dial(caller, '1002');
    await callee.next('invite');
    await fixture.drop(caller);
    await fixture.pass(31_000);
    expect((await callee.next('bye')).params).toMatchObject({ cause: 'ORIGINATOR_CANCEL' });
    const back = await fixture.register('1001');
    await dial(back, '1002');
    await callee.next('invite');
    await fixture.drop(callee);
    await fixture.pass(31_000);
    expect((await back.next('bye')).params).toMatchObject({
      cause: 'NO_USER_RESPONSE',
      causeCode: 18,
    });
  });
});

describe('media that goes while a call stands', () => {
  it('is silence to the far party, told to a client of ours, and taken back when it returns', async () => {
    await callee.request('gatewayState', { offhook: { v: 1 } });
    const { calleeCall, call } = await talk(fixture, caller, callee, '1002');
    const leg = fixture.media.legsOf(call)[0];
    fixture.media.setState(leg?.leg ?? '', 'disconnected');
    expect((await callee.next('offhook')).params).toEqual({
      callID: calleeCall,
      event: 'remote_away',
    });
    expect(leg?.held).toBe(true);
    fixture.media.setState(leg?.leg ?? '', 'connected');
    expect((await callee.next('offhook')).params).toMatchObject({ event: 'remote_back' });
    expect(leg?.held).toBe(false);
  });

  it('is told apart from hold, also when both come together', async () => {
    await callee.request('gatewayState', { offhook: { v: 1 } });
    const { callerCall, call } = await talk(fixture, caller, callee, '1002');
    const leg = fixture.media.legsOf(call)[0];
    const told = async (): Promise<unknown> =>
      ((await callee.next('offhook')).params as { event: string }).event;
    await modify(caller, callerCall, 'hold');
    expect(await told()).toBe('remote_held');
    fixture.media.setState(leg?.leg ?? '', 'disconnected');
    expect(await told()).toBe('remote_away');
    await modify(caller, callerCall, 'unhold');
    expect(await told()).toBe('remote_resumed');
    expect(leg?.held).toBe(true);
    fixture.media.setState(leg?.leg ?? '', 'connected');
    expect(await told()).toBe('remote_back');
    expect(leg?.held).toBe(false);
  });

  it('ends the call with MEDIA_TIMEOUT after 60 s with a socket, within 5 s on both sides', async () => {
    const { call } = await talk(fixture, caller, callee, '1002');
    fixture.media.setState(fixture.media.legsOf(call)[0]?.leg ?? '', 'failed');
    await fixture.pass(59_000);
    expect(callee.has('bye')).toBe(false);
    await fixture.pass(2_000);
    for (const client of [caller, callee]) {
      expect((await client.next('bye')).params).toMatchObject({ cause: 'MEDIA_TIMEOUT' });
    }
  });

  it('of a client of ours, which recovers it by itself or asks its user, is waited for as long as for one that is away', async () => {
    await caller.request('gatewayState', { offhook: { v: 1 } });
    const { call } = await talk(fixture, caller, callee, '1002');
    fixture.media.setState(fixture.media.legsOf(call)[0]?.leg ?? '', 'failed');
    await fixture.pass(89_000);
    expect(callee.has('bye')).toBe(false);
    await fixture.pass(2_000);
    expect((await callee.next('bye')).params).toMatchObject({ cause: 'MEDIA_TIMEOUT' });
  });

  it('never comes: the call ends 60 s after its answer', async () => {
    await dial(caller, 'echo');
    await caller.next('answer');
    await fixture.pass(61_000);
    expect((await caller.next('bye')).params).toMatchObject({ cause: 'MEDIA_TIMEOUT' });
  });

  it('does not end a parked call before its 90 s', async () => {
    const { call } = await talk(fixture, caller, callee, '1002');
    fixture.media.setState(fixture.media.legsOf(call)[0]?.leg ?? '', 'failed');
    await fixture.pass(30_000);
    await fixture.drop(caller);
    await fixture.pass(80_000);
    expect(callee.has('bye')).toBe(false);
    await comeBack(caller);
  });

  it('does not end a call on hold', async () => {
    const { callerCall, call } = await talk(fixture, caller, callee, '1002');
    await modify(caller, callerCall, 'hold');
    fixture.media.setState(fixture.media.legsOf(call)[0]?.leg ?? '', 'disconnected');
    await fixture.pass(120_000);
    expect(callee.has('bye')).toBe(false);
  });
});

describe('a leg that is replaced', () => {
  const leave = (client: WireClient, callID: string, replacedBy: string) =>
    client.request('bye', {
      cause: 'NORMAL_CLEARING',
      causeCode: 16,
      dialogParams: { callID },
      offhook: { replacedBy },
    });
  const replace = (client: WireClient, callID: string, recoveredCallId: string) =>
    client.request('invite', {
      sdp: fakeSdp(`peer-${callID}`),
      dialogParams: { callID, destination_number: '1002', recoveredCallId },
    });

  it('is bridged to the far party at once, without ringing; result before answer', async () => {
    await callee.request('gatewayState', { offhook: { v: 1 } });
    const { callerCall, calleeCall, call } = await talk(fixture, caller, callee, '1002');
    await leave(caller, callerCall, 'new-1');
    expect((await callee.next('offhook')).params).toMatchObject({ event: 'remote_away' });
    const from = caller.received.length;
    expect((await replace(caller, 'new-1', callerCall)).result).toMatchObject({ callID: 'new-1' });
    await caller.next('answer');
    expect(caller.received.slice(from)).toMatchObject([
      { result: {} },
      { method: 'telnyx_rtc.answer' },
    ]);
    expect((await callee.next('offhook')).params).toMatchObject({ event: 'remote_back' });
    const legs = fixture.media.legsOf(call);
    expect(legs).toHaveLength(2);
    expect(legs.map((leg) => leg.connectedTo).sort()).toEqual(legs.map((leg) => leg.leg).sort());
    expect(callee.methods).not.toContain('bye');
    await hangup(caller, 'new-1', 'NORMAL_CLEARING', 16);
    expect((await callee.next('bye')).params).toMatchObject({ callID: calleeCall });
  });

  it('may be the callee, may still stand when its replacement comes, and keeps its hold', async () => {
    const { calleeCall, call } = await talk(fixture, caller, callee, '1002');
    await modify(callee, calleeCall, 'hold');
    await replace(callee, 'new-2', calleeCall);
    await callee.next('answer');
    expect(await modify(callee, 'new-2', 'toggleHold')).toMatchObject({
      result: { holdState: 'active' },
    });
    expect(fixture.media.legsOf(call)).toHaveLength(2);
    expect(caller.methods).not.toContain('bye');
  });

  it('may be replaced on both sides at once', async () => {
    const { callerCall, calleeCall, call } = await talk(fixture, caller, callee, '1002');
    await Promise.all([leave(caller, callerCall, 'a'), leave(callee, calleeCall, 'b')]);
    await Promise.all([replace(caller, 'a', callerCall), replace(callee, 'b', calleeCall)]);
    await Promise.all([caller.next('answer'), callee.next('answer')]);
    await caller.barrier();
    const legs = fixture.media.legsOf(call);
    expect(legs.map((leg) => leg.connectedTo).sort()).toEqual(legs.map((leg) => leg.leg).sort());
    await fixture.pass(20_000);
    expect(fixture.server.stats().calls).toBe(1);
  });

  it('keeps its far party for 10 s only', async () => {
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    await leave(caller, callerCall, 'new-1');
    await fixture.pass(11_000);
    expect((await callee.next('bye')).params).toMatchObject({ causeCode: 102 });
    const late = await replace(caller, 'new-1', callerCall);
    expect(late.error).toMatchObject({ data: { cause: 'INVALID_CALL_REFERENCE' } });
    await callee.barrier();
    expect(callee.has('invite')).toBe(false);
  });

  it('cannot be taken by another session, of the same user or another', async () => {
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    await leave(caller, callerCall, 'new-1');
    const twin = await fixture.register('1001');
    for (const thief of [twin, callee]) {
      expect((await replace(thief, 'new-1', callerCall)).error).toBeDefined();
    }
    expect((await replace(caller, 'new-1', callerCall)).result).toBeDefined();
  });

  it('talks to its service again', async () => {
    const { callID } = await dial(caller, 'echo');
    await caller.next('answer');
    await leave(caller, callID, 'new-1');
    await replace(caller, 'new-1', callID);
    await caller.next('answer');
    await caller.barrier();
    expect([...fixture.media.legs.values()].map((leg) => leg.source)).toEqual([{ kind: 'echo' }]);
  });
});
