import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MediaError } from '../media/media-plane.ts';
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

/** How the gateway ends a client's next call. */
async function ending(client: WireClient): Promise<Record<string, unknown>> {
  const { params = {} } = await client.next('bye');
  const { cause, causeCode, sipCode } = params;
  return { cause, causeCode, ...(sipCode === undefined ? {} : { sipCode }) };
}

describe('a device that signs in while its user is called', () => {
  it('rings too, and may answer; the others are told that it did', async () => {
    await dial(caller, '1002');
    const ringing = await callee.next('invite');
    const late = await fixture.register('1002');
    await answerNext(late);
    await caller.next('answer');
    expect((await callee.next('bye')).params).toMatchObject({
      callID: ringing.params?.['callID'],
      cause: 'LOSE_RACE',
    });
  });

  it('does not ring when it rings already, when the call was answered, or for its own call', async () => {
    const { callID } = await dial(caller, '1002');
    const ringing = await callee.next('invite');
    await fixture.drop(callee);
    const back = await fixture.register('1002', { sessid: callee.sessid });
    await back.barrier();
    expect(back.has('invite')).toBe(false);
    await hangup(back, String(ringing.params?.['callID']), 'USER_BUSY', 17);
    expect((await caller.next('bye')).params).toMatchObject({ callID });
    await dial(caller, '1002');
    await answerNext(back);
    await caller.next('answer');
    const late = await fixture.register('1002');
    await late.barrier();
    expect(late.has('invite')).toBe(false);
  });
});

describe('why a call does not come about', () => {
  it.each([
    ['4711', { cause: 'UNALLOCATED_NUMBER', causeCode: 1, sipCode: 404 }],
    ['', { cause: 'UNALLOCATED_NUMBER', causeCode: 1, sipCode: 404 }],
    ['sip:1002@elsewhere.example', { cause: 'NO_ROUTE_DESTINATION', causeCode: 3, sipCode: 404 }],
    ['1003', { cause: 'SUBSCRIBER_ABSENT', causeCode: 20, sipCode: 480 }],
    ['1001', { cause: 'USER_BUSY', causeCode: 17, sipCode: 486 }],
  ])('a call to "%s" is created and then ended with its cause', async (number, expected) => {
    const { result } = await dial(caller, number);
    expect(result['message']).toBe('CALL CREATED');
    expect(await ending(caller)).toEqual(expected);
    expect(fixture.media.created).toBe(0);
  });

  it('without a codec in common the cause is 88', async () => {
    const video = fakeSdp('x')
      .replace(/opus|PCMU|PCMA/g, 'G729')
      .replace(' 0 8 ', ' 18 ');
    await dial(caller, '1002', { sdp: video });
    expect(await ending(caller)).toEqual({
      cause: 'INCOMPATIBLE_DESTINATION',
      causeCode: 88,
      sipCode: 488,
    });
  });

  it.each([
    ['USER_BUSY', 17, 486],
    ['CALL_REJECTED', 21, 603],
  ])('a rejection with %s reaches the caller as it was sent', async (cause, causeCode, sipCode) => {
    await dial(caller, '1002');
    const invite = await callee.next('invite');
    await hangup(callee, String(invite.params?.['callID']), cause, causeCode);
    expect(await ending(caller)).toEqual({ cause, causeCode, sipCode });
    expect(callee.has('bye')).toBe(false);
  });

  it('nobody answers for 60 s: both sides hear NO_ANSWER', async () => {
    await dial(caller, '1002');
    await callee.next('invite');
    await fixture.pass(61_000);
    expect(await ending(caller)).toMatchObject({ cause: 'NO_ANSWER', causeCode: 19 });
    expect(await ending(callee)).toMatchObject({ cause: 'NO_ANSWER', causeCode: 19 });
  });

  it('a caller that cancels (the reference says USER_BUSY) is ORIGINATOR_CANCEL to those that ring', async () => {
    const { callID } = await dial(caller, '1002');
    await callee.next('invite');
    await hangup(caller, callID, 'USER_BUSY', 17);
    expect(await ending(callee)).toEqual({
      cause: 'ORIGINATOR_CANCEL',
      causeCode: 487,
      sipCode: 487,
    });
    await caller.barrier();
    expect(caller.has('bye')).toBe(false);
  });

  it('a cancel that overtakes the ringing leaves nothing behind', async () => {
    fixture.media.manual = true;
    const { callID } = await dial(caller, '1002');
    await hangup(caller, callID, 'USER_BUSY', 17);
    fixture.media.manual = false;
    fixture.media.release();
    await caller.barrier();
    await callee.barrier();
    expect(callee.has('invite')).toBe(false);
    expect(fixture.media.legs.size).toBe(0);
  });

  it('more calls than a user may have end with NORMAL_CIRCUIT_CONGESTION', async () => {
    for (let i = 0; i < 8; i++) {
      await dial(caller, 'echo');
    }
    await dial(caller, 'echo');
    expect(await ending(caller)).toMatchObject({
      cause: 'NORMAL_CIRCUIT_CONGESTION',
      causeCode: 34,
    });
  });

  it('a media plane without room ends the call with NORMAL_CIRCUIT_CONGESTION', async () => {
    fixture.media.failNext('offer', new MediaError('no_capacity', 'full'));
    await dial(caller, 'echo');
    expect(await ending(caller)).toMatchObject({ causeCode: 34 });
  });
});

describe('several devices', () => {
  it('rings all of them, each with its own callID; the first answer wins, the others hear LOSE_RACE', async () => {
    const second = await fixture.register('1002');
    await dial(caller, '1002');
    const first = await callee.next('invite');
    const other = await second.next('invite');
    expect(first.params?.['callID']).not.toBe(other.params?.['callID']);
    expect(first.params?.['telnyx_session_id']).toBe(other.params?.['telnyx_session_id']);
    expect(first.params?.['telnyx_leg_id']).not.toBe(other.params?.['telnyx_leg_id']);
    const reply = await second.request('answer', {
      sdp: fakeSdp('second'),
      dialogParams: { callID: other.params?.['callID'] },
    });
    expect(reply.result).toMatchObject({ message: 'CALL ANSWERED' });
    expect(await ending(callee)).toEqual({ cause: 'LOSE_RACE', causeCode: 502 });
    await caller.next('answer');
    expect([...fixture.media.legs.values()].filter((leg) => leg.connectedTo !== null)).toHaveLength(
      2,
    );
    expect(fixture.media.legs.size).toBe(2);
  });

  it('two answers at once: one is connected, the other hears bye and then a result, not an error', async () => {
    const second = await fixture.register('1002');
    await dial(caller, '1002');
    const legs = [callee, second];
    const invites = await Promise.all(legs.map((leg) => leg.next('invite')));
    fixture.media.manual = true;
    const replies = legs.map((leg, i) =>
      leg.request('answer', {
        sdp: fakeSdp(`device-${String(i)}`),
        dialogParams: { callID: invites[i]?.params?.['callID'] },
      }),
    );
    await second.next('bye');
    fixture.media.manual = false;
    fixture.media.release();
    const [winner, loser] = await Promise.all(replies);
    expect(winner?.result).toMatchObject({ message: 'CALL ANSWERED' });
    expect(loser?.result).toMatchObject({ message: 'CALL ENDED' });
    await caller.next('answer');
    expect(caller.methods.filter((each) => each === 'answer')).toHaveLength(1);
  });

  it('one that rejects leaves the others ringing; when all did, the caller hears the last', async () => {
    const second = await fixture.register('1002');
    await dial(caller, '1002');
    const [one, two] = await Promise.all([callee.next('invite'), second.next('invite')]);
    await hangup(callee, String(one.params?.['callID']), 'USER_BUSY', 17);
    await caller.barrier();
    expect(caller.has('bye')).toBe(false);
    await hangup(second, String(two.params?.['callID']), 'CALL_REJECTED', 21);
    expect(await ending(caller)).toMatchObject({ cause: 'CALL_REJECTED' });
  });

  it('an answer that is no description fails on its device and leaves the others ringing', async () => {
    const second = await fixture.register('1002');
    await dial(caller, '1002');
    const [one, two] = await Promise.all([callee.next('invite'), second.next('invite')]);
    const bad = await callee.request('answer', {
      sdp: 'this is not SDP',
      dialogParams: { callID: one.params?.['callID'] },
    });
    expect(bad.error).toMatchObject({ code: -32002 });
    expect(await ending(callee)).toMatchObject({ causeCode: 88 });
    await second.barrier();
    expect(second.has('bye')).toBe(false);
    const reply = await second.request('answer', {
      sdp: fakeSdp('fine'),
      dialogParams: { callID: two.params?.['callID'] },
    });
    expect(reply.result).toMatchObject({ message: 'CALL ANSWERED' });
  });

  it('a caller that cancels while an answer is being taken wins: nothing is connected', async () => {
    const { callID } = await dial(caller, '1002');
    const invite = await callee.next('invite');
    await caller.next('ringing');
    fixture.media.manual = true;
    const answer = callee.request('answer', {
      sdp: fakeSdp('device'),
      dialogParams: { callID: invite.params?.['callID'] },
    });
    await callee.barrier();
    await hangup(caller, callID, 'USER_BUSY', 17);
    fixture.media.manual = false;
    fixture.media.release();
    expect(await ending(callee)).toMatchObject({ cause: 'ORIGINATOR_CANCEL' });
    expect((await answer).result).toMatchObject({ message: 'CALL ENDED' });
    await caller.barrier();
    expect(caller.has('answer')).toBe(false);
    expect(fixture.media.legs.size).toBe(0);
  });

  it('calling the own number rings the own other devices', async () => {
    const other = await fixture.register('1001');
    await dial(caller, '1001');
    const invite = await other.next('invite');
    expect(invite.params).toMatchObject({ caller_id_number: '1001', callee_id_number: '1001' });
    await caller.barrier();
    expect(caller.has('invite')).toBe(false);
  });

  it('an answer that came twice is taken once', async () => {
    await dial(caller, '1002');
    const invite = await callee.next('invite');
    const answer = () =>
      callee.request('answer', {
        sdp: fakeSdp('device'),
        dialogParams: { callID: invite.params?.['callID'] },
      });
    const both = await Promise.all([answer(), answer()]);
    const later = await answer();
    for (const reply of [...both, later]) {
      expect(reply.result).toMatchObject({ message: 'CALL ANSWERED' });
    }
    expect(fixture.media.log.filter((line) => line.startsWith('answer'))).toHaveLength(1);
  });
});

describe('a call between two users', () => {
  it.each(['sip:1002@127.0.0.1', 'sip:1002@localhost:5060;transport=ws', '1002@phone.example'])(
    'is reached by %s too',
    async (destination) => {
      await dial(caller, destination);
      expect((await callee.next('invite')).params).toMatchObject({ callee_id_number: '1002' });
    },
  );

  it('connects both legs, and a hangup of either ends the other with the cause and frees the media', async () => {
    for (const [leaves, stays] of [
      ['caller', 'callee'],
      ['callee', 'caller'],
    ] as const) {
      const clients = { caller, callee };
      const ids = await talk(fixture, caller, callee, '1002');
      const legs = fixture.media.legsOf(ids.call);
      expect(legs.map((leg) => leg.connectedTo)).toEqual([legs[1]?.leg, legs[0]?.leg]);
      await hangup(clients[leaves], ids[`${leaves}Call`], 'NORMAL_CLEARING', 16);
      expect(await ending(clients[stays])).toEqual({ cause: 'NORMAL_CLEARING', causeCode: 16 });
      expect(fixture.media.legs.size).toBe(0);
      expect(fixture.server.stats().calls).toBe(0);
    }
  });

  it('shows the caller as the user that signed in, whatever he says; the name is his, cleaned and cut', async () => {
    await dial(caller, '1002', {
      dialog: {
        caller_id_number: '911',
        caller_id_name: `Ana\u202E\n${'x'.repeat(100)}`,
      },
    });
    const { params } = await callee.next('invite');
    expect(params?.['caller_id_number']).toBe('1001');
    expect(params?.['caller_id_name']).toBe(`Ana ${'x'.repeat(60)}`);
  });

  it('carries custom headers of invite, answer and bye to the far side', async () => {
    const custom_headers = [{ name: 'X-Order', value: '8812' }];
    const { callID } = await dial(caller, '1002', { dialog: { custom_headers } });
    const invite = await callee.next('invite');
    expect(invite.params?.['dialogParams']).toEqual({ custom_headers });
    const back = [{ name: 'X-Desk', value: '7' }];
    await callee.request('answer', {
      sdp: fakeSdp('device'),
      dialogParams: { callID: invite.params?.['callID'], custom_headers: back },
    });
    expect((await caller.next('answer')).params?.['dialogParams']).toEqual({
      custom_headers: back,
    });
    await caller.request('bye', {
      cause: 'NORMAL_CLEARING',
      causeCode: 16,
      dialogParams: { callID, custom_headers: [{ name: 'X-Why', value: 'done' }] },
    });
    expect((await callee.next('bye')).params?.['dialogParams']).toEqual({
      custom_headers: [{ name: 'X-Why', value: 'done' }],
    });
  });

  it('keeps to one codec, the first that the caller prefers', async () => {
    await dial(caller, '1002', { sdp: fakeSdp('a', 'PCMU', 'opus') });
    expect((await callee.next('invite')).params?.['sdp']).toMatch(/PCMU/);
    expect([...fixture.media.legs.values()].map((leg) => leg.codec)).toEqual(['PCMU', 'PCMU']);
  });

  it('refuses a callID that is in use with cause 27, and leaves the first call alone', async () => {
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    const again = await caller.request('invite', {
      sdp: fakeSdp('x'),
      dialogParams: { callID: callerCall, destination_number: 'echo' },
    });
    expect(again.error).toMatchObject({
      code: -32002,
      data: { cause: 'DESTINATION_OUT_OF_ORDER', causeCode: 27 },
    });
    await callee.barrier();
    expect(callee.has('bye')).toBe(false);
  });

  it('lets two users choose the same callID', async () => {
    await dial(caller, 'echo', { callID: 'same' });
    await dial(callee, 'echo', { callID: 'same' });
    await Promise.all([caller.next('answer'), callee.next('answer')]);
    await hangup(caller, 'same', 'NORMAL_CLEARING', 16);
    expect(fixture.server.stats().calls).toBe(1);
  });

  it('passes digits on, sent as messages or in the audio', async () => {
    const { callerCall, calleeCall, call } = await talk(fixture, caller, callee, '1002');
    await caller.request('info', { dtmf: '12#', dialogParams: { callID: callerCall } });
    expect((await callee.next('info')).params).toEqual({ callID: calleeCall, dtmf: '12#' });
    const leg = fixture.media.legsOf(call)[1];
    fixture.media.emit({ type: 'dtmf', call, leg: leg?.leg ?? '', digit: '7' });
    expect((await caller.next('info')).params).toEqual({ callID: callerCall, dtmf: '7' });
  });

  it('tells a client of ours that the far party holds, and the reference nothing', async () => {
    await callee.request('gatewayState', { offhook: { v: 1 } });
    const { callerCall, calleeCall } = await talk(fixture, caller, callee, '1002');
    const hold = (client: WireClient, action: string, callID: string) =>
      client.request('modify', { action, dialogParams: { callID } });
    await hold(caller, 'hold', callerCall);
    await hold(caller, 'hold', callerCall);
    await hold(caller, 'unhold', callerCall);
    await hold(callee, 'hold', calleeCall);
    await callee.barrier();
    await caller.barrier();
    const told = callee.received.flatMap((frame) =>
      typeof frame !== 'string' && frame.method === 'offhook' ? [frame.params] : [],
    );
    expect(told).toEqual([
      { callID: calleeCall, event: 'remote_held' },
      { callID: calleeCall, event: 'remote_resumed' },
    ]);
    expect(caller.methods).not.toContain('offhook');
  });

  it('says so when hold fails, and stays as it was', async () => {
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    fixture.media.failNext('hold', new MediaError('wrong_state', 'cannot hold'));
    const modify = (action: string) =>
      caller.request('modify', { action, dialogParams: { callID: callerCall } });
    expect((await modify('hold')).error).toMatchObject({ code: -32002, message: 'cannot hold' });
    expect((await modify('toggleHold')).result).toMatchObject({ holdState: 'held' });
  });

  it('ends on both sides when the media worker dies', async () => {
    const { call } = await talk(fixture, caller, callee, '1002');
    const [leg] = fixture.media.legsOf(call);
    fixture.media.emit({ type: 'lost', call, leg: leg?.leg ?? '' });
    expect(await ending(caller)).toMatchObject({
      cause: 'NORMAL_TEMPORARY_FAILURE',
      causeCode: 41,
    });
    expect(await ending(callee)).toMatchObject({
      cause: 'NORMAL_TEMPORARY_FAILURE',
      causeCode: 41,
    });
  });

  it('counts routes and causes', async () => {
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    await hangup(caller, callerCall, 'NORMAL_CLEARING', 16);
    expect(fixture.counted).toEqual(
      expect.arrayContaining(['login ok', 'started user', 'ended NORMAL_CLEARING']),
    );
  });
});

describe('services', () => {
  it.each([
    ['echo', 'echo'],
    ['9196', 'echo'],
    ['tone', 'tone'],
    ['9197', 'tone'],
  ])('%s answers and plays %s', async (number, kind) => {
    await dial(caller, number);
    await caller.next('answer');
    await caller.barrier();
    expect([...fixture.media.legs.values()].map((leg) => leg.source)).toEqual([{ kind }]);
  });

  it('dtmf plays digits back and sends them, one batch after the other', async () => {
    const { callID } = await dial(caller, '9185');
    await caller.next('answer');
    const press = (dtmf: string) => caller.request('info', { dtmf, dialogParams: { callID } });
    await press('1');
    expect((await caller.next('info')).params).toEqual({ callID, dtmf: '1' });
    const [leg] = fixture.media.legs.values();
    expect(leg?.source).toEqual({ kind: 'dtmf', digits: '1' });
    await press('2');
    await press('3');
    expect(caller.has('info')).toBe(false);
    fixture.clock.advance(250);
    expect((await caller.next('info')).params).toEqual({ callID, dtmf: '23' });
    await caller.barrier();
    expect(leg?.source).toEqual({ kind: 'dtmf', digits: '23' });
  });
});

describe('texts and channels', () => {
  it('a text reaches all devices of the other user, from whoever signed in', async () => {
    const second = await fixture.register('1002');
    const reply = await caller.request('info', {
      msg: { from: 'the-boss', to: '1002', body: 'hi' },
      dialogParams: { callID: 'none' },
    });
    expect(reply.result).toMatchObject({ message: 'SENT' });
    for (const device of [callee, second]) {
      expect((await device.next('info')).params).toEqual({
        msg: { from: '1001', to: '1002', body: 'hi' },
      });
    }
    const nobody = await caller.request('info', {
      msg: { to: '1004', body: 'hi' },
      dialogParams: { callID: 'none' },
    });
    expect(nobody.result).toMatchObject({ message: 'RECIPIENT NOT REACHABLE' });
  });

  it('a user may use channels of his own name, between his devices, and no others', async () => {
    const other = await fixture.register('1001');
    const joined = await other.request('subscribe', {
      eventChannel: ['1001.desk', '1002', 'room'],
    });
    expect(joined.result).toEqual({
      subscribedChannels: ['1001.desk'],
      alreadySubscribedChannels: [],
      unauthorizedChannels: ['1002', 'room'],
    });
    await caller.request('broadcast', { eventChannel: '1001.desk', data: { n: 1 } });
    expect((await other.next('event')).params).toEqual({
      eventChannel: '1001.desk',
      eventData: { n: 1 },
    });
    const refused = await callee.request('broadcast', {
      eventChannel: '1001.desk',
      data: { n: 2 },
    });
    expect(refused.result).toMatchObject({ code: -32002 });
    const left = await other.request('unsubscribe', { eventChannel: ['1001.desk', 'room'] });
    expect(left.result).toEqual({
      unsubscribedChannels: ['1001.desk'],
      notSubscribedChannels: ['room'],
    });
    await caller.request('broadcast', { eventChannel: '1001.desk', data: { n: 3 } });
    await other.barrier();
    expect(other.has('event')).toBe(false);
  });

  it('the speed test is answered up and down', async () => {
    caller.sendRaw('#SPU 2048');
    for (let i = 0; i < 2; i++) {
      caller.sendRaw(`#SPB ${'.'.repeat(1024)}`);
    }
    caller.sendRaw('#SPE');
    await caller.barrier();
    const texts = caller.received.filter((frame) => typeof frame === 'string');
    expect(texts.filter((text) => /^#SPU\d+$/.test(text))).toHaveLength(1);
    expect(texts.filter((text) => text.startsWith('#SPB'))).toHaveLength(2);
    await callee.barrier();
    expect(await answeredDown()).toMatch(/^#SPD\d+$/);
  });

  async function answeredDown(): Promise<string> {
    // Sent when the last block has left, which may be after the answer to the first ping.
    for (;;) {
      const text = caller.received.find(
        (each) => typeof each === 'string' && each.startsWith('#SPD'),
      );
      if (typeof text === 'string') {
        return text;
      }
      await caller.barrier();
    }
  }
});

it('an answered call takes a second one beside it, each on its own', async () => {
  await talk(fixture, caller, callee, '1002');
  const { callID } = await dial(caller, '1002');
  const second = await answerNext(callee);
  await caller.next('answer');
  await hangup(caller, callID, 'NORMAL_CLEARING', 16);
  expect((await callee.next('bye')).params).toMatchObject({ callID: second });
  expect(fixture.server.stats().calls).toBe(1);
});
