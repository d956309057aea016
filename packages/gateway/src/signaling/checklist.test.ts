import { afterEach, describe, expect, it } from 'vitest';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import { answerNext, dial, Fixture, hangup, talk } from './testing/fixture.ts';
import type { WireFrame } from './testing/wire-client.ts';

let fixture: Fixture;

afterEach(async () => {
  await fixture.stop();
});

describe('wire spec 21, the checklist for a compatible gateway', () => {
  it('1: takes a socket on any path, with any query', async () => {
    fixture = await Fixture.start();
    const client = await fixture.connect('/some/where?voice_sdk_id=vsdk-1&canary=true&x=y');
    const reply = await client.login({ login: '1001', passwd: 'secret-1001' });
    expect(reply.result?.['message']).toBe('logged in');
  });

  it('2: answers login with "logged in" and a sessid, and a refusal never with -32000', async () => {
    fixture = await Fixture.start();
    const client = await fixture.connect();
    const refused = await client.login({ login: '1001', passwd: 'wrong' });
    expect(refused.error).toMatchObject({ code: -32001, message: 'Login Incorrect' });
    fixture.auth.nextOutcome = {
      ok: false,
      failure: { reason: 'busy', message: 'busy', code: -32000, retryAfterMs: 900 },
    };
    const busy = await client.login({ login: '1001', passwd: 'secret-1001' });
    expect(busy.error).toMatchObject({ code: -32001, data: { reason: 'busy', retryAfterMs: 900 } });
    const guest = await client.request('anonymous_login', {
      target_type: 'ai_assistant',
      target_id: 'a',
    });
    expect(guest.error?.code).toBe(-32001);
    const taken = await client.login({ login: '1001', passwd: 'secret-1001' });
    expect(taken.result).toMatchObject({
      message: 'logged in',
      sessid: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      offhook: { v: 1, trickle: true, reattach: true, ping: true, ai: false },
    });
    // The login reply tells beforehand what the question is answered with.
    const asked = await client.request('gatewayState', {});
    const { registered } = taken.result?.['offhook'] as { registered?: unknown };
    expect(asked.result?.['params']).toMatchObject(registered as object);
    expect(registered).toMatchObject({ state: 'REGED', dc: 'test-dc', region: 'test-region' });
  });

  it('3: gives a voice_sdk_id with the login result, and none with a bye', async () => {
    fixture = await Fixture.start();
    const client = await fixture.register('1001');
    expect(client.voiceSdkId).toMatch(/^vsdk-/);
    const { callID } = await dial(client, 'echo');
    await client.next('answer');
    const ended = await hangup(client, callID, 'NORMAL_CLEARING', 16);
    expect(ended.voice_sdk_id).toBeUndefined();
  });

  it('4: sends clientReady with an array and without a state', async () => {
    fixture = await Fixture.start();
    const client = await fixture.connect();
    await client.login({ login: '1001', passwd: 'secret-1001' });
    const ready = await client.next('clientReady');
    expect(ready.params).toEqual({ reattached_sessions: [] });
  });

  it('5: answers gatewayState with REGED at once, with dc and region', async () => {
    fixture = await Fixture.start();
    const client = await fixture.register('1001');
    const state = await client.request('gatewayState', {});
    expect(state.result?.['params']).toEqual({
      state: 'REGED',
      dc: 'test-dc',
      region: 'test-region',
    });
  });

  it('6: pings every 15 s, and answers a ping, a modify and a bye, also for unknown calls', async () => {
    fixture = await Fixture.start();
    const client = await fixture.register('1001');
    fixture.clock.advance(16_000);
    expect((await client.next('ping')).id).toBeTypeOf('number');
    expect((await client.request('ping', {})).result).toBeTypeOf('object');
    for (const action of ['hold', 'unhold', 'toggleHold', 'updateMedia']) {
      const modify = await client.request('modify', { action, dialogParams: { callID: 'nobody' } });
      expect(modify.error).toMatchObject({ code: -32002, message: 'CALL DOES NOT EXIST' });
    }
    expect((await hangup(client, 'nobody', 'NORMAL_CLEARING', 16)).result).toMatchObject({
      message: 'CALL ENDED',
      callID: 'nobody',
    });
  });

  it('6: of our own clients only those are pinged from which nothing came for 15 s', async () => {
    fixture = await Fixture.start();
    const client = await fixture.register('1001');
    await client.request('gatewayState', { offhook: { v: 1 } });
    const pings = (): number => client.methods.filter((method) => method === 'ping').length;
    for (let asked = 0; asked < 4; asked++) {
      fixture.clock.advance(10_000);
      await client.request('ping', {});
    }
    expect(pings()).toBe(0);
    fixture.clock.advance(16_000);
    expect((await client.next('ping')).id).toBeTypeOf('number');
  });

  it('7: answers everything that has an id, with an object and never null', async () => {
    fixture = await Fixture.start();
    const client = await fixture.register('1001');
    const dialogParams = { callID: 'nobody' };
    const frames: Record<string, unknown>[] = [
      { method: 'telnyx_rtc.info', params: { dtmf: '5', dialogParams } },
      { method: 'telnyx_rtc.candidate', params: { candidate: 'candidate:1', dialogParams } },
      { method: 'telnyx_rtc.endOfCandidates', params: { endOfCandidates: true, dialogParams } },
      { method: 'telnyx_rtc.subscribe', params: { eventChannel: ['room'] } },
      { method: 'telnyx_rtc.unsubscribe', params: { eventChannel: ['room'] } },
      { method: 'telnyx_rtc.broadcast', params: { eventChannel: 'room', data: {} } },
      { method: 'telnyx_rtc.attach', params: { sdp: 'v=0', dialogParams } },
      { method: 'telnyx_rtc.answer', params: { sdp: 'v=0', dialogParams } },
      { method: 'telnyx_rtc.invite', params: {} },
      { method: 'ai_conversation', params: { type: 'conversation.item.create' } },
      { method: 'telnyx_rtc.whatever', params: {} },
      { type: 'debug_report_start', debug_report_id: 'd', debug_report_version: 1, call_id: 'c' },
      {
        type: 'debug_report_data',
        debug_report_id: 'd',
        debug_report_version: 1,
        call_id: 'c',
        debug_report_data: { event: 'x' },
      },
      { type: 'debug_report_stop', debug_report_id: 'd', debug_report_version: 1, call_id: 'c' },
      { type: 'something_else' },
    ];
    for (const frame of frames) {
      const reply = await client.send(frame);
      expect(reply.result ?? reply.error, JSON.stringify(frame)).toBeTypeOf('object');
      expect(reply.result ?? reply.error).not.toBeNull();
      if (reply.error) {
        expect(reply.error.code).not.toBe(-32000);
      }
      if ('debug_report_id' in frame) {
        expect(reply.result).toBeDefined();
      }
    }
    // A notification gets none.
    const before = client.received.length;
    client.sendRaw(JSON.stringify({ method: 'ai_conversation', params: { type: 'x' } }));
    await client.barrier();
    expect(client.received).toHaveLength(before + 1);
  });

  it('8: sends invite result, ringing, media at most once, answer, in that order', async () => {
    fixture = await Fixture.start();
    const early = { user: '1003', displayName: 'Early', generateRingback: true };
    fixture.auth.users.set('1003', early);
    const caller = await fixture.register('1003');
    const callee = await fixture.register('1002');
    const from = caller.received.length;
    await dial(caller, '1002');
    await caller.next('media');
    await answerNext(callee);
    const answer = await caller.next('answer');
    const order = caller.received
      .slice(from)
      .map((frame) => (frame as WireFrame).method ?? 'result');
    expect(order).toEqual([
      'result',
      'telnyx_rtc.ringing',
      'telnyx_rtc.media',
      'telnyx_rtc.answer',
    ]);
    expect(answer.params?.['sdp']).toContain('m=audio');
  });

  it('8: without early media the answer carries the description', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    await dial(caller, '1002');
    await caller.next('ringing');
    await answerNext(callee);
    expect((await caller.next('answer')).params?.['sdp']).toContain('m=audio');
    expect(caller.has('media')).toBe(false);
  });

  it('9: takes candidates at any time, also before the invite that they belong to', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const dialogParams = { callID: 'c-1' };
    await caller.request('candidate', { candidate: 'candidate:1', sdpMid: '0', dialogParams });
    await dial(caller, 'echo', { callID: 'c-1' });
    await caller.request('candidate', { candidate: 'candidate:2', sdpMid: '0', dialogParams });
    await caller.request('endOfCandidates', { endOfCandidates: true, dialogParams });
    await caller.next('answer');
    await caller.barrier();
    const [leg] = fixture.media.legs.values();
    expect(leg?.candidates.map((each) => each.candidate)).toEqual([
      'candidate:1',
      'candidate:2',
      null,
    ]);
  });

  it('9: frames right behind the login wait for it, in order', async () => {
    fixture = await Fixture.start();
    let open: () => void = () => undefined;
    fixture.auth.gate = new Promise((resolve) => (open = resolve));
    const client = await fixture.connect();
    const login = client.login({ login: '1001', passwd: 'secret-1001' });
    const dialogParams = { callID: 'c-1' };
    const candidate = client.request('candidate', { candidate: 'candidate:1', dialogParams });
    const state = client.request('gatewayState', {});
    open();
    expect((await login).result).toBeDefined();
    expect((await candidate).result).toBeDefined();
    expect((await state).result).toBeDefined();
  });

  it('10: holdState is active or held, and updateMedia is answered with a description', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    const { callerCall, call } = await talk(fixture, caller, callee, '1002');
    const dialogParams = { callID: callerCall };
    const held = () => fixture.media.legsOf(call).some((leg) => leg.held);
    const modify = (action: string, extra = {}) =>
      caller.request('modify', { action, dialogParams, ...extra });
    expect((await modify('hold')).result).toMatchObject({ action: 'hold', holdState: 'held' });
    expect(held()).toBe(true);
    expect((await modify('unhold')).result).toMatchObject({ holdState: 'active' });
    expect(held()).toBe(false);
    expect((await modify('toggleHold')).result).toMatchObject({ holdState: 'held' });
    const restart = await modify('updateMedia', {
      callID: callerCall,
      sdp: fakeSdp(`peer-${callerCall}`),
    });
    expect(restart.result).toMatchObject({ action: 'updateMedia', holdState: 'held' });
    expect(restart.result?.['sdp']).toContain('m=audio');
    expect((await modify('toggleHold')).result).toMatchObject({ holdState: 'active' });
  });

  it('11: keeps a call for 90 s, attaches it with a fresh offer, and then lists it', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    const { callerCall, calleeCall } = await talk(fixture, caller, callee, '1002');
    await fixture.drop(caller);
    await fixture.pass(85_000);
    const again = await fixture.connect(`/?voice_sdk_id=${String(caller.voiceSdkId)}`);
    const login = await again.login({
      login: '1001',
      passwd: 'secret-1001',
      sessid: caller.sessid,
    });
    expect(login.result?.['sessid']).toBe(caller.sessid);
    const attach = await again.next('attach');
    const ready = await again.next('clientReady');
    expect(again.methods).toEqual(['attach', 'clientReady']);
    expect(attach.params).toMatchObject({ callID: callerCall, caller_id_number: '1002' });
    expect(attach.params?.['sdp']).toContain('m=audio');
    expect(ready.params).toEqual({ reattached_sessions: [callerCall] });
    const attached = await again.request('attach', {
      sessid: again.sessid,
      sdp: fakeSdp('new-page'),
      dialogParams: { callID: callerCall, attach: true, recoveredCallId: callerCall },
    });
    expect(attached.result).toMatchObject({ callID: callerCall });
    await hangup(again, callerCall, 'NORMAL_CLEARING', 16);
    expect((await callee.next('bye')).params).toMatchObject({ callID: calleeCall, causeCode: 16 });
  });

  it('11: a call that ended meanwhile is told by a bye before the list that lacks it', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    const first = await talk(fixture, caller, callee, '1002');
    const second = await talk(fixture, caller, callee, '1002');
    await fixture.drop(caller);
    await hangup(callee, first.calleeCall, 'NORMAL_CLEARING', 16);
    const again = await fixture.connect();
    await again.login({ login: '1001', passwd: 'secret-1001', sessid: caller.sessid });
    const ready = await again.next('clientReady');
    expect(again.methods).toEqual(['bye', 'attach', 'clientReady']);
    expect((await again.next('bye')).params).toMatchObject({ callID: first.callerCall });
    expect(ready.params).toEqual({ reattached_sessions: [second.callerCall] });
  });

  it('12: uses integers as ids of its own requests', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    await hangup(caller, callerCall, 'NORMAL_CLEARING', 16);
    await callee.next('bye');
    for (const frame of [...caller.received, ...callee.received]) {
      if (typeof frame !== 'string' && frame.method !== undefined) {
        expect(Number.isInteger(frame.id), frame.method).toBe(true);
      }
    }
  });

  it('13: needs no acknowledgement', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    caller.acks = false;
    callee.acks = false;
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    await hangup(caller, callerCall, 'NORMAL_CLEARING', 16);
    expect((await callee.next('bye')).params).toMatchObject({ cause: 'NORMAL_CLEARING' });
  });

  it('13: takes null in voice_sdk_id, sipCode and sip_call_id', async () => {
    fixture = await Fixture.start();
    const client = await fixture.register('1001');
    const ping = await client.send({ method: 'telnyx_rtc.ping', params: {}, voice_sdk_id: null });
    expect(ping.result).toBeDefined();
    expect((await hangup(client, 'x', 'USER_BUSY', 17)).result).toBeDefined();
  });

  it('14: issues no call_report_id, which switches reports off', async () => {
    fixture = await Fixture.start();
    const client = await fixture.register('1001');
    expect(JSON.stringify(client.received)).not.toContain('call_report_id');
  });

  it('15: punts only a client whose session another socket took over', async () => {
    fixture = await Fixture.start();
    const first = await fixture.register('1001');
    const second = await fixture.connect();
    await second.login({ login: '1001', passwd: 'secret-1001', sessid: first.sessid });
    await first.next('punt');
    expect((await first.closed).code).toBe(4001);
    expect(second.sessid).toBe(first.sessid);
    await second.barrier();
    expect(second.methods).toEqual(['clientReady']);
  });

  it('16: logs nothing of dialogParams, passwords or descriptions', async () => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    const callee = await fixture.register('1002');
    await dial(caller, '1002', {
      dialog: {
        iceServers: [{ urls: 'turn:t', username: 'canary-name', credential: 'canary-secret' }],
        custom_headers: [{ name: 'X-Canary', value: 'canary-header' }],
      },
    });
    await answerNext(callee);
    caller.sendRaw('{"canary-broken"');
    await caller.request('login', { login: 7, passwd: ['canary-password'] });
    await fixture.drop(caller);
    const log = fixture.logged.join('\n');
    expect(log.length).toBeGreaterThan(0);
    expect(log).not.toMatch(/canary|secret-1001|a=fingerprint/);
  });
});
