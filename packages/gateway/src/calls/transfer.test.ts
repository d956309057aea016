import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MediaError } from '../media/media-plane.ts';
import type { ServiceLine } from '../services/service.ts';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import { dial, Fixture, hangup, talk } from '../signaling/testing/fixture.ts';
import type { WireClient, WireReply } from '../signaling/testing/wire-client.ts';

let fixture: Fixture;
let agent: WireClient;
let customer: WireClient;
let expert: WireClient;

beforeEach(async () => {
  fixture = await Fixture.start();
  [agent, customer, expert] = await Promise.all([
    fixture.register('1001'),
    fixture.register('1002'),
    fixture.register('1003'),
  ]);
});

afterEach(async () => {
  await fixture.stop();
});

type Words = Record<string, unknown>;

function modify(client: WireClient, callID: string, params: Words): Promise<WireReply> {
  return client.request('modify', { sessid: client.sessid, dialogParams: { callID }, ...params });
}

/** A blind transfer, as a client of ours asks for it. */
const transfer = (client: WireClient, callID: string, destination: string, id = 'xfer-1') =>
  modify(client, callID, { action: 'transfer', destination, offhook: { transfer: id } });

/** Tells the gateway that this client understands its own frames. */
async function extend(client: WireClient): Promise<void> {
  await client.request('gatewayState', { offhook: { v: 1 } });
}

const paramsOf = async (client: WireClient, method: string): Promise<Words> =>
  (await client.next(method)).params ?? {};

/** Who hears whom, by the users at both ends. */
const heard = (call: string): string[] =>
  fixture.media
    .legsOf(call)
    .map(({ connectedTo, source }) =>
      connectedTo === null ? (source?.kind ?? 'nobody') : 'party',
    );

/** Attached legs answer as a page does. */
async function answerAttach(client: WireClient): Promise<string> {
  const { callID } = await paramsOf(client, 'attach');
  const reply = await client.request('attach', {
    sessid: client.sessid,
    sdp: fakeSdp(`again-${String(callID)}`),
    dialogParams: { callID },
    'User-Agent': 'Web-2.27.10',
  });
  if (!reply.result) {
    throw new Error(`refused: ${JSON.stringify(reply.error)}`);
  }
  return String(callID);
}

describe.each(['the caller', 'who was called'] as const)('a blind transfer by %s', (who) => {
  let call: string;
  let agentCall: string;
  let customerCall: string;

  beforeEach(async () => {
    await extend(agent);
    if (who === 'the caller') {
      const made = await talk(fixture, agent, customer, '1002');
      [call, agentCall, customerCall] = [made.call, made.callerCall, made.calleeCall];
    } else {
      const made = await talk(fixture, customer, agent, '1001');
      [call, agentCall, customerCall] = [made.call, made.calleeCall, made.callerCall];
    }
  });

  it('rings the target, lets the transferee hear that, and joins the two', async () => {
    const reply = await transfer(agent, agentCall, '1003');
    expect(reply.result).toMatchObject({ action: 'transfer', callID: agentCall });
    const invite = await paramsOf(expert, 'invite');
    expect(invite).toMatchObject({ caller_id_number: '1002', callee_id_number: '1003' });
    await expert.barrier();
    expect(heard(call).filter((each) => each === 'ringback')).toHaveLength(1);
    expect(agent.has('bye')).toBe(false);

    const answered = await expert.request('answer', {
      sessid: expert.sessid,
      sdp: fakeSdp('expert'),
      dialogParams: { callID: invite['callID'] },
    });
    expect(answered.result).toBeDefined();
    expect(await paramsOf(agent, 'bye')).toMatchObject({
      callID: agentCall,
      cause: 'BLIND_TRANSFER',
      causeCode: 600,
    });
    expect(await paramsOf(customer, 'display')).toMatchObject({
      callID: customerCall,
      display_number: '1003',
    });
    await customer.barrier();
    expect(heard(call)).toEqual(['party', 'party']);
    // Either of the two ends it for the other.
    await hangup(customer, customerCall, 'NORMAL_CLEARING', 16);
    expect(await paramsOf(expert, 'bye')).toMatchObject({ cause: 'NORMAL_CLEARING' });
  });

  it.each([
    ['USER_BUSY', 17],
    ['CALL_REJECTED', 21],
  ])(
    'a target that says %s: the two talk again, and the transferor is told',
    async (cause, code) => {
      await transfer(agent, agentCall, '1003');
      const { callID } = await paramsOf(expert, 'invite');
      await hangup(expert, String(callID), cause, code);
      expect(await paramsOf(agent, 'offhook')).toMatchObject({
        callID: agentCall,
        event: 'transfer_failed',
        transfer: 'xfer-1',
        cause,
        causeCode: code,
      });
      await agent.barrier();
      expect(heard(call)).toEqual(['party', 'party']);
      expect(customer.has('display')).toBe(false);
    },
  );

  it('a target that does not answer: the two talk again after a minute', async () => {
    await transfer(agent, agentCall, '1003');
    await expert.next('invite');
    await fixture.pass(61_000);
    expect(await paramsOf(agent, 'offhook')).toMatchObject({ cause: 'NO_ANSWER' });
    expect(await paramsOf(expert, 'bye')).toMatchObject({ cause: 'NO_ANSWER' });
    expect(heard(call)).toEqual(['party', 'party']);
  });

  it.each([
    ['nobody has that number', '4711', 'UNALLOCATED_NUMBER'],
    ['the target is not there', '1004', 'SUBSCRIBER_ABSENT'],
    ['a domain is not ours', 'sip:1003@elsewhere.example', 'NO_ROUTE_DESTINATION'],
    ['he is the transferee himself', '1002', 'USER_BUSY'],
    ['he is the transferor himself', '1001', 'USER_BUSY'],
  ])('%s: refused at once, and nothing changes', async (_, number, cause) => {
    const { error } = await transfer(agent, agentCall, number);
    expect(error).toMatchObject({
      code: -32002,
      message: `transfer failed: ${cause}`,
      data: { callID: agentCall, cause },
    });
    expect(heard(call)).toEqual(['party', 'party']);
    expect(agent.has('offhook')).toBe(false);
  });

  it('the transferor hangs up meanwhile: the transfer goes on', async () => {
    await transfer(agent, agentCall, '1003');
    const { callID } = await paramsOf(expert, 'invite');
    await hangup(agent, agentCall, 'NORMAL_CLEARING', 16);
    expect(customer.has('bye')).toBe(false);
    await expert.request('answer', {
      sessid: expert.sessid,
      sdp: fakeSdp('expert'),
      dialogParams: { callID },
    });
    await customer.next('display');
    await customer.barrier();
    expect(heard(call)).toEqual(['party', 'party']);
  });

  it('the transferor hangs up and the target is busy: that ends it', async () => {
    await transfer(agent, agentCall, '1003');
    const { callID } = await paramsOf(expert, 'invite');
    await hangup(agent, agentCall, 'NORMAL_CLEARING', 16);
    await hangup(expert, String(callID), 'USER_BUSY', 17);
    expect(await paramsOf(customer, 'bye')).toMatchObject({ cause: 'USER_BUSY' });
  });

  it('the transferee hangs up meanwhile: the target rings no more, and all is over', async () => {
    await transfer(agent, agentCall, '1003');
    await expert.next('invite');
    await hangup(customer, customerCall, 'NORMAL_CLEARING', 16);
    expect(await paramsOf(expert, 'bye')).toMatchObject({ cause: 'ORIGINATOR_CANCEL' });
    expect(await paramsOf(agent, 'bye')).toMatchObject({ cause: 'NORMAL_CLEARING' });
  });

  it('a second transfer meanwhile is refused; the same one again is not', async () => {
    await transfer(agent, agentCall, '1003');
    await expert.next('invite');
    const other = await transfer(agent, agentCall, 'echo', 'xfer-2');
    expect(other.error?.message).toBe('transfer failed: FACILITY_REJECTED');
    expect((await transfer(customer, customerCall, 'echo', 'xfer-3')).error).toBeDefined();
    expect((await transfer(agent, agentCall, '1003')).result).toBeDefined();
    await expert.barrier();
    expect(expert.has('invite')).toBe(false);
  });

  it('what became of it can be asked for by its name', async () => {
    await transfer(agent, agentCall, '1003');
    const { callID } = await paramsOf(expert, 'invite');
    await hangup(expert, String(callID), 'USER_BUSY', 17);
    await agent.next('offhook');
    const again = await transfer(agent, agentCall, '1003');
    expect(again.error).toMatchObject({ data: { cause: 'USER_BUSY', causeCode: 17 } });
    // By another name it is another one.
    expect((await transfer(agent, agentCall, '1003', 'xfer-2')).result).toBeDefined();
    await expert.next('invite');
  });

  it('the transferor takes it back', async () => {
    await transfer(agent, agentCall, '1003');
    await expert.next('invite');
    await modify(agent, agentCall, {
      action: 'transfer',
      offhook: { transfer: 'xfer-1', cancel: true },
    });
    expect(await paramsOf(expert, 'bye')).toMatchObject({ cause: 'ORIGINATOR_CANCEL' });
    expect(await paramsOf(agent, 'offhook')).toMatchObject({ cause: 'ORIGINATOR_CANCEL' });
    expect(heard(call)).toEqual(['party', 'party']);
  });

  it('to a service: at once, and the transferee is not left on hold', async () => {
    await extend(customer);
    await modify(agent, agentCall, { action: 'hold' });
    expect(await paramsOf(customer, 'offhook')).toMatchObject({ event: 'remote_held' });
    await transfer(agent, agentCall, 'echo');
    expect(await paramsOf(customer, 'offhook')).toMatchObject({ event: 'remote_resumed' });
    expect(await paramsOf(agent, 'bye')).toMatchObject({ cause: 'BLIND_TRANSFER' });
    expect(await paramsOf(customer, 'display')).toMatchObject({ display_name: 'echo' });
    await customer.barrier();
    expect(heard(call)).toEqual(['echo']);
    await hangup(customer, customerCall, 'NORMAL_CLEARING', 16);
  });

  it('a held call: the transferee is not left on hold', async () => {
    await extend(customer);
    await modify(agent, agentCall, { action: 'hold' });
    expect(await paramsOf(customer, 'offhook')).toMatchObject({ event: 'remote_held' });
    await transfer(agent, agentCall, '1003');
    expect(await paramsOf(customer, 'offhook')).toMatchObject({ event: 'remote_resumed' });
    const { callID } = await paramsOf(expert, 'invite');
    await hangup(expert, String(callID), 'USER_BUSY', 17);
    // Back as it was.
    expect(await paramsOf(customer, 'offhook')).toMatchObject({ event: 'remote_held' });
  });

  it('the transferor loses its socket and does not come back: the transfer goes on', async () => {
    await transfer(agent, agentCall, '1003');
    const { callID } = await paramsOf(expert, 'invite');
    await fixture.drop(agent);
    await fixture.pass(40_000);
    await expert.request('answer', {
      sessid: expert.sessid,
      sdp: fakeSdp('expert'),
      dialogParams: { callID },
    });
    await customer.next('display');
    await customer.barrier();
    expect(heard(call)).toEqual(['party', 'party']);
  });

  it('the transferor has no socket when it fails: it is told when it is back', async () => {
    await transfer(agent, agentCall, '1003');
    const { callID } = await paramsOf(expert, 'invite');
    await fixture.drop(agent);
    await hangup(expert, String(callID), 'USER_BUSY', 17);
    const calls = [{ callID: agentCall, peer: 'live' }];
    const back = await fixture.register('1001', { sessid: agent.sessid, offhook: { v: 1, calls } });
    expect(await paramsOf(back, 'offhook')).toMatchObject({
      event: 'transfer_failed',
      transfer: 'xfer-1',
      cause: 'USER_BUSY',
    });
  });

  it('the transferee has no socket when it is done: it is told who is there when it is back', async () => {
    await transfer(agent, agentCall, '1003');
    const { callID } = await paramsOf(expert, 'invite');
    await fixture.drop(customer);
    await expert.request('answer', {
      sessid: expert.sessid,
      sdp: fakeSdp('expert'),
      dialogParams: { callID },
    });
    await agent.next('bye');
    const calls = [{ callID: customerCall, peer: 'live' }];
    const { sessid } = customer;
    const back = await fixture.register('1002', { sessid, offhook: { v: 1, calls } });
    expect(await paramsOf(back, 'display')).toMatchObject({
      callID: customerCall,
      display_number: '1003',
    });
  });

  it('the transferor comes back with another leg: the outcome finds that one', async () => {
    await transfer(agent, agentCall, '1003');
    const { callID } = await paramsOf(expert, 'invite');
    await dial(agent, who === 'the caller' ? '1002' : '1001', {
      callID: 'agent-again',
      dialog: { recoveredCallId: agentCall },
    });
    await agent.next('answer');
    expect(heard(call).filter((each) => each === 'ringback')).toHaveLength(1);
    await hangup(expert, String(callID), 'USER_BUSY', 17);
    expect(await paramsOf(agent, 'offhook')).toMatchObject({ callID: 'agent-again' });
    await agent.barrier();
    expect(heard(call)).toEqual(['party', 'party']);
  });

  it('the transferee comes back with another leg: it hears the ringing, then the target', async () => {
    await transfer(agent, agentCall, '1003');
    const { callID } = await paramsOf(expert, 'invite');
    await dial(customer, '1001', {
      callID: 'customer-again',
      dialog: { recoveredCallId: customerCall },
    });
    await customer.next('answer');
    await customer.barrier();
    expect(heard(call).filter((each) => each === 'ringback')).toHaveLength(1);
    await expert.request('answer', {
      sessid: expert.sessid,
      sdp: fakeSdp('expert'),
      dialogParams: { callID },
    });
    expect(await paramsOf(customer, 'display')).toMatchObject({ callID: 'customer-again' });
    await customer.barrier();
    expect(heard(call)).toEqual(['party', 'party']);
  });
});

describe('a page that is opened while the target of a transfer rings', () => {
  let agentCall: string;
  beforeEach(async () => {
    ({ calleeCall: agentCall } = await talk(fixture, customer, agent, '1001'));
    await transfer(agent, agentCall, '1003');
    await expert.next('invite');
  });

  it('of the transferor, or of the transferee, is not rung', async () => {
    for (const user of ['1001', '1002']) {
      const page = await fixture.register(user);
      await page.barrier();
      expect(page.has('invite')).toBe(false);
    }
  });

  it("of the target is rung, as the target's other devices are", async () => {
    const page = await fixture.register('1003');
    expect(await paramsOf(page, 'invite')).toMatchObject({ callee_id_number: '1003' });
  });
});

describe('what a transfer costs', () => {
  it('who hands calls over has them no more: they count for those that talk', async () => {
    for (let i = 0; i < 8; i++) {
      const { callerCall } = await talk(fixture, agent, customer, '1002');
      await transfer(agent, callerCall, 'echo', `xfer-${String(i)}`);
      await agent.next('bye');
    }
    // The ninth: for 1001, who has none.
    const { callID } = await dial(agent, 'echo');
    await agent.next('answer');
    await hangup(agent, callID, 'NORMAL_CLEARING', 16);
  });

  it('thirty a minute and no more', async () => {
    const { callerCall } = await talk(fixture, agent, customer, '1002');
    for (let i = 0; i < 30; i++) {
      await transfer(agent, callerCall, '4711', `xfer-${String(i)}`);
    }
    const { error } = await transfer(agent, callerCall, '4711', 'one-more');
    expect(error?.message).toBe('transfer failed: NORMAL_CIRCUIT_CONGESTION');
  });

  it('what came to nothing does not count for the call', async () => {
    const { callerCall } = await talk(fixture, agent, customer, '1002');
    for (let i = 0; i < 70; i++) {
      if (i % 25 === 0) {
        await fixture.pass(60_000);
      }
      const { error } = await transfer(agent, callerCall, '4711', `xfer-${String(i)}`);
      expect(error?.message).toBe('transfer failed: UNALLOCATED_NUMBER');
    }
  });

  it('the media plane takes no leg for the target: back, and told', async () => {
    await extend(agent);
    const { callerCall, call } = await talk(fixture, agent, customer, '1002');
    fixture.media.failNext('createOffer', new MediaError('no_capacity', 'full'));
    await transfer(agent, callerCall, '1003');
    expect(await paramsOf(agent, 'offhook')).toMatchObject({ cause: 'NORMAL_CIRCUIT_CONGESTION' });
    await agent.barrier();
    expect(heard(call)).toEqual(['party', 'party']);
  });

  it('not before the answer, and not of nothing', async () => {
    const { callID } = await dial(agent, '1002');
    await customer.next('invite');
    expect((await transfer(agent, callID, '1003')).error?.message).toBe(
      'transfer failed: FACILITY_REJECTED',
    );
    expect((await transfer(agent, 'no-such-call', '1003')).error?.message).toBe(
      'CALL DOES NOT EXIST',
    );
    expect((await modify(agent, callID, { action: 'transfer' })).error?.code).toBe(-32602);
    await hangup(agent, callID, 'NORMAL_CLEARING', 16);
  });
});

describe('an attended transfer', () => {
  let first: { call: string; agentCall: string; customerCall: string };
  let second: { call: string; agentCall: string; expertCall: string };

  beforeEach(async () => {
    await extend(agent);
    const a = await talk(fixture, customer, agent, '1001');
    first = { call: a.call, agentCall: a.calleeCall, customerCall: a.callerCall };
    await modify(agent, first.agentCall, { action: 'hold' });
    const b = await talk(fixture, agent, expert, '1003');
    second = { call: b.call, agentCall: b.callerCall, expertCall: b.calleeCall };
  });

  const join = (id = 'join-1') =>
    modify(agent, first.agentCall, {
      action: 'replace',
      replaceCallID: second.agentCall,
      offhook: { transfer: id },
    });

  it('joins the far parties, and ends both legs of the one between', async () => {
    expect((await join()).result).toBeDefined();
    expect(await answerAttach(expert)).toBe(second.expertCall);
    const byes = [await paramsOf(agent, 'bye'), await paramsOf(agent, 'bye')];
    expect(byes.map(({ callID, cause }) => [callID, cause]).sort()).toEqual(
      [
        [first.agentCall, 'ATTENDED_TRANSFER'],
        [second.agentCall, 'ATTENDED_TRANSFER'],
      ].sort(),
    );
    expect(await paramsOf(customer, 'display')).toMatchObject({
      callID: first.customerCall,
      display_number: '1003',
    });
    expect(await paramsOf(expert, 'display')).toMatchObject({
      callID: second.expertCall,
      display_number: '1002',
    });
    await customer.barrier();
    expect(expert.has('bye')).toBe(false);
    expect(heard(first.call)).toEqual(['party', 'party']);
    expect(fixture.media.legsOf(second.call)).toHaveLength(0);
    await hangup(expert, second.expertCall, 'NORMAL_CLEARING', 16);
    expect(await paramsOf(customer, 'bye')).toMatchObject({ cause: 'NORMAL_CLEARING' });
    expect(fixture.server.stats().calls).toBe(0);
  });

  it('of parties that both were held: each is told that it is held no more', async () => {
    await Promise.all([extend(customer), extend(expert)]);
    await modify(agent, second.agentCall, { action: 'hold' });
    expect(await paramsOf(expert, 'offhook')).toMatchObject({ event: 'remote_held' });
    await join();
    await answerAttach(expert);
    const { customerCall: callID } = first;
    const event = 'remote_resumed';
    expect(await paramsOf(customer, 'offhook')).toEqual({ callID, event });
    expect(await paramsOf(expert, 'offhook')).toEqual({ callID: second.expertCall, event });
  });

  it('of a party that holds: who talks to it then is told, and of nothing else', async () => {
    await Promise.all([extend(customer), extend(expert)]);
    await modify(customer, first.customerCall, { action: 'hold' });
    await modify(agent, first.agentCall, { action: 'unhold' });
    expect(await paramsOf(customer, 'offhook')).toMatchObject({ event: 'remote_resumed' });
    await join();
    await answerAttach(expert);
    const { expertCall: callID } = second;
    expect(await paramsOf(expert, 'offhook')).toEqual({ callID, event: 'remote_held' });
    await customer.barrier();
    expect(customer.has('offhook')).toBe(false);
  });

  it('is one order of thirty a minute', async () => {
    for (let i = 0; i < 29; i++) {
      expect(
        (await transfer(agent, first.agentCall, '4711', `x-${String(i)}`)).error?.message,
      ).toBe('transfer failed: UNALLOCATED_NUMBER');
    }
    expect((await join()).result).toBeDefined();
    await answerAttach(expert);
    await agent.next('bye');
  });

  it('is taken back while the moved party has not answered: both calls are as they were', async () => {
    await extend(customer);
    const back = (client: WireClient, callID: string) =>
      modify(client, callID, { action: 'transfer', offhook: { transfer: 'join-1', cancel: true } });
    await join();
    await expert.next('attach');
    // The transfer is not the far party's to cancel.
    await back(customer, first.customerCall);
    await agent.barrier();
    expect(agent.has('offhook')).toBe(false);
    await back(agent, first.agentCall);
    expect(await paramsOf(agent, 'offhook')).toMatchObject({
      event: 'transfer_failed',
      cause: 'ORIGINATOR_CANCEL',
    });
    // His page may have given up what it had: it gets a fresh offer for that.
    expect(await answerAttach(expert)).toBe(second.expertCall);
    expect(heard(second.call)).toEqual(['party', 'party']);
    expect([agent.has('bye'), customer.has('bye')]).toEqual([false, false]);
    expect((await join('join-2')).result).toBeDefined();
    await answerAttach(expert);
    expect(await paramsOf(customer, 'display')).toMatchObject({ display_number: '1003' });
  });

  it('who was moved has as long as others when its socket, or its media, goes', async () => {
    await join();
    await answerAttach(expert);
    await customer.next('display');
    await fixture.drop(expert);
    await fixture.pass(80_000);
    expect(customer.has('bye')).toBe(false);
    await fixture.pass(11_000);
    expect(await paramsOf(customer, 'bye')).toMatchObject({ cause: 'RECOVERY_ON_TIMER_EXPIRE' });
  });

  it('who was moved and sends no media is not waited for', async () => {
    await join();
    await answerAttach(expert);
    await customer.next('display');
    for (const { call, leg } of fixture.media.legsOf(first.call)) {
      fixture.media.emit({ type: 'state', call, leg, state: 'connected' });
    }
    const moved = fixture.media.legsOf(first.call).at(-1);
    fixture.media.emit({ type: 'state', call: first.call, leg: moved?.leg ?? '', state: 'failed' });
    await fixture.pass(61_000);
    expect(await paramsOf(customer, 'bye')).toMatchObject({ cause: 'MEDIA_TIMEOUT' });
  });

  it('who is moved does not answer: both calls are as they were', async () => {
    await join();
    await expert.next('attach');
    await fixture.pass(11_000);
    expect(await paramsOf(agent, 'offhook')).toMatchObject({
      event: 'transfer_failed',
      cause: 'NO_USER_RESPONSE',
    });
    // His page may have given up what it had: it gets a fresh offer for that.
    await answerAttach(expert);
    await expert.barrier();
    expect(agent.has('bye')).toBe(false);
    expect(heard(first.call)).toEqual(['party', 'party']);
    expect(heard(second.call)).toEqual(['party', 'party']);
  });

  it('the media plane has no room: both calls are as they were', async () => {
    fixture.media.failNext('createOffer', new MediaError('no_capacity', 'full'));
    await join();
    expect(await paramsOf(agent, 'offhook')).toMatchObject({ cause: 'NORMAL_CIRCUIT_CONGESTION' });
    await expert.barrier();
    expect(expert.has('attach')).toBe(false);
    expect(heard(second.call)).toEqual(['party', 'party']);
    // And again, with success.
    await join('join-2');
    await answerAttach(expert);
    await agent.next('bye');
  });

  it('who is moved is told that it lost nothing, also where it was away for a moment', async () => {
    await extend(expert);
    await join();
    expect(await paramsOf(expert, 'attach')).toMatchObject({ offhook: { handover: true } });
    await fixture.drop(expert);
    const calls = [{ callID: second.expertCall, peer: 'live' }];
    const { sessid } = expert;
    const back = await fixture.register('1003', { sessid, offhook: { v: 1, calls } });
    expect(await paramsOf(back, 'attach')).toMatchObject({ offhook: { handover: true } });
  });

  it('the one between has no socket when it fails: it is told when it is back, and may ask', async () => {
    await join();
    await expert.next('attach');
    await fixture.drop(agent);
    await fixture.pass(11_000);
    const calls = [first, second].map(({ agentCall }) => ({ callID: agentCall, peer: 'live' }));
    const { sessid } = agent;
    agent = await fixture.register('1001', { sessid, offhook: { v: 1, calls } });
    expect(await paramsOf(agent, 'offhook')).toMatchObject({
      callID: first.agentCall,
      event: 'transfer_failed',
      transfer: 'join-1',
      cause: 'NO_USER_RESPONSE',
    });
    expect((await join()).error).toMatchObject({ data: { cause: 'NO_USER_RESPONSE' } });
    // By another name it is another one.
    await answerAttach(expert);
    expect((await join('join-2')).result).toBeDefined();
    await answerAttach(expert);
    await agent.next('bye');
  });

  it('who is moved hangs up instead: its call ends, the other stays', async () => {
    await join();
    await expert.next('attach');
    await hangup(expert, second.expertCall, 'NORMAL_CLEARING', 16);
    expect(await paramsOf(agent, 'bye')).toMatchObject({ callID: second.agentCall });
    await agent.next('offhook');
    expect(heard(first.call)).toEqual(['party', 'party']);
    expect(customer.has('bye')).toBe(false);
  });

  it('who is moved is gone for good: its call ends, the other stays', async () => {
    await join();
    await expert.next('attach');
    // Another user signs in on the same socket.
    await expert.register('1004');
    expect(await paramsOf(agent, 'bye')).toMatchObject({ callID: second.agentCall });
    await agent.next('offhook');
    expect(heard(first.call)).toEqual(['party', 'party']);
    expect(fixture.server.stats().calls).toBe(1);
  });

  it('who is moved has no socket when it fails, and stays away: its call ends', async () => {
    await join();
    await expert.next('attach');
    await fixture.drop(expert);
    await fixture.pass(11_000);
    await agent.next('offhook');
    expect(agent.has('bye')).toBe(false);
    await fixture.pass(91_000);
    expect(await paramsOf(agent, 'bye')).toMatchObject({
      callID: second.agentCall,
      cause: 'RECOVERY_ON_TIMER_EXPIRE',
    });
    expect(fixture.server.stats().calls).toBe(1);
  });

  it('who is moved cannot take the place of somebody else by an invite', async () => {
    await join();
    await expert.next('attach');
    const { sessid } = expert;
    const replaced = await expert.request('invite', {
      sessid,
      sdp: fakeSdp('again'),
      dialogParams: {
        callID: 'expert-again',
        destination_number: '1001',
        recoveredCallId: second.expertCall,
      },
    });
    expect(replaced.error).toMatchObject({ data: { cause: 'INVALID_CALL_REFERENCE' } });
    await fixture.pass(11_000);
    await answerAttach(expert);
    expect(agent.has('bye')).toBe(false);
    expect(customer.has('bye')).toBe(false);
    await customer.barrier();
    expect(heard(first.call)).toEqual(['party', 'party']);
    await hangup(customer, first.customerCall, 'NORMAL_CLEARING', 16);
    expect(await paramsOf(agent, 'bye')).toMatchObject({ callID: first.agentCall });
  });

  it('the other far party hangs up meanwhile: who was to be moved talks on', async () => {
    await join();
    await expert.next('attach');
    await hangup(customer, first.customerCall, 'NORMAL_CLEARING', 16);
    expect(await paramsOf(agent, 'bye')).toMatchObject({ callID: first.agentCall });
    await answerAttach(expert);
    await expert.barrier();
    expect(heard(second.call)).toEqual(['party', 'party']);
    expect(expert.has('bye')).toBe(false);
  });

  it('the one between hangs both up meanwhile: the far parties are joined all the same', async () => {
    await join();
    await hangup(agent, first.agentCall, 'NORMAL_CLEARING', 16);
    await hangup(agent, second.agentCall, 'NORMAL_CLEARING', 16);
    expect(expert.has('bye')).toBe(false);
    await answerAttach(expert);
    await customer.next('display');
    await customer.barrier();
    expect(heard(first.call)).toEqual(['party', 'party']);
  });

  it('the one between leaves its page meanwhile: the far party is told that somebody is there again', async () => {
    await extend(customer);
    await join();
    await agent.request('bye', {
      sessid: agent.sessid,
      dialogParams: { callID: first.agentCall },
      offhook: { replacedBy: 'agent-again' },
    });
    const { customerCall: callID } = first;
    expect(await paramsOf(customer, 'offhook')).toEqual({ callID, event: 'remote_away' });
    await answerAttach(expert);
    const events = [await paramsOf(customer, 'offhook'), await paramsOf(customer, 'offhook')];
    expect(events.map(({ event }) => event).sort()).toEqual(['remote_back', 'remote_resumed']);
  });

  it('a service is joined with the party of the other call', async () => {
    const { callID } = await dial(agent, 'tone');
    await agent.next('answer');
    await modify(agent, first.agentCall, { action: 'replace', replaceCallID: callID });
    await answerAttach(customer);
    await agent.next('bye');
    expect(await paramsOf(customer, 'display')).toMatchObject({ display_name: 'tone' });
    await hangup(customer, first.customerCall, 'NORMAL_CLEARING', 16);
    await hangup(agent, second.agentCall, 'NORMAL_CLEARING', 16);
  });

  it('not with itself, a stranger, nothing, or a call that rings', async () => {
    const replace = (replaceCallID?: string) =>
      modify(agent, first.agentCall, { action: 'replace', replaceCallID });
    expect((await replace()).error?.code).toBe(-32602);
    expect((await replace('no-such-call')).error?.message).toBe('CALL DOES NOT EXIST');
    expect((await replace(second.expertCall)).error?.message).toBe('CALL DOES NOT EXIST');
    expect((await replace(first.agentCall)).error?.message).toMatch(/INVALID_CALL_REFERENCE/);
    await fixture.register('1004');
    const { callID } = await dial(agent, '1004');
    expect((await replace(callID)).error?.message).toMatch(/FACILITY_REJECTED/);
    await hangup(agent, callID, 'NORMAL_CLEARING', 16);
  });
});

it('calls of two clients of one user are joined too', async () => {
  const desk = await fixture.register('1001');
  const a = await talk(fixture, agent, customer, '1002');
  const b = await talk(fixture, desk, expert, '1003');
  await modify(agent, a.callerCall, { action: 'replace', replaceCallID: b.callerCall });
  await answerAttach(expert);
  expect(await paramsOf(desk, 'bye')).toMatchObject({ cause: 'ATTENDED_TRANSFER' });
  expect(await paramsOf(agent, 'bye')).toMatchObject({ cause: 'ATTENDED_TRANSFER' });
  await customer.barrier();
  expect(heard(a.call)).toEqual(['party', 'party']);
});

it('a gateway that drains hands nothing over', async () => {
  const { callerCall } = await talk(fixture, agent, customer, '1002');
  const drained = fixture.server.drain({ idleSpreadSeconds: 0, callSeconds: 60, elsewhere: true });
  expect((await transfer(agent, callerCall, 'echo')).error).toBeDefined();
  await hangup(agent, callerCall, 'NORMAL_CLEARING', 16);
  await drained;
});

it('by an assistant: thirty a minute in each of its calls, whatever it does in others', async () => {
  const lines: ServiceLine[] = [];
  const own = await Fixture.start({
    assistants: () => ({
      any: true,
      dialled: (name) => (name === 'bot' ? { assistant: 'bot' } : null),
      admit: () => ({
        ok: true,
        offer: {
          name: 'Bot',
          create: (line) => {
            lines.push(line);
            return {
              start: () => undefined,
              onDigits: () => undefined,
              dispose: () => undefined,
            };
          },
        },
      }),
      guest: () => ({ ok: true, target: { assistant: 'bot' }, name: 'Bot' }),
    }),
  });
  for (const user of ['1001', '1002']) {
    const client = await own.register(user);
    await dial(client, 'bot');
    await client.next('answer');
  }
  const [first, second] = lines;
  for (let i = 0; i < 30; i++) {
    expect(await first?.transfer('assistant:bot', '4711')).toBe('UNALLOCATED_NUMBER');
  }
  expect(await first?.transfer('assistant:bot', '4711')).toBe('NORMAL_CIRCUIT_CONGESTION');
  expect(await second?.transfer('assistant:bot', '4711')).toBe('UNALLOCATED_NUMBER');
  await own.stop();
});
