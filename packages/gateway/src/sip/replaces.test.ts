import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import { tagOf } from './core/address.ts';
import type { SipResponse } from './core/message.ts';
import { REALM } from './testing/accounts.ts';
import { called, type PeerCall } from './testing/calls.ts';
import { Phone } from './testing/phone.ts';
import { SipSetting } from './testing/setting.ts';
import { phoneSdp, SipPeer } from './testing/sip-peer.ts';

const NUMBERS = { '+4930100': '1001', '+4930200': 'echo' };

async function start(trunk: Record<string, unknown> = {}): Promise<SipSetting> {
  const devices = { realm: REALM };
  return (await SipSetting.start({ refer: true, numbers: NUMBERS, ...trunk }, { devices })).up();
}

/** How a header names a call of the network. */
function nameOf({ callId, to }: PeerCall): string {
  return `${callId};to-tag=${tagOf(to) ?? ''};from-tag=peer`;
}

/** Another telephone of the network asks to take a place. */
async function replace(
  { peer, sip }: SipSetting,
  callId: string,
  replaces: readonly string[],
  body = phoneSdp(),
): Promise<SipResponse> {
  const invite = peer.ask(sip.port, 'INVITE', 'sip:offhook@127.0.0.1', {
    callId,
    from: '"Carl" <sip:+4940222@peer.example>;tag=carl',
    headers: replaces.map((value) => ['Replaces', value] as const),
    body,
  });
  const response = await peer.response('INVITE');
  peer.acknowledge(sip.port, invite, response, body === '' ? phoneSdp() : '');
  return response;
}

async function phoneOf(setting: SipSetting, user: string, name: string): Promise<Phone> {
  setting.accounts.add(user, name, 'secret');
  return Phone.open(setting.sip.port, `${user}~${name}`, 'secret');
}

describe('an INVITE with Replaces', () => {
  it.each([
    ['with an offer', phoneSdp()],
    ['without one', ''],
  ])('of a trunk, %s, takes the place of its other call', async (_, body) => {
    const setting = await start();
    const { fixture, peer, sip } = setting;
    const ann = await fixture.register('1001');
    const first = await called(setting, '+4930100', 'p1', () => answerNext(ann));
    const answer = await replace(setting, 'p2', [nameOf(first)], body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Supported')).toContain('replaces');
    const bye = await peer.request('BYE');
    expect(bye.request.headers.get('Call-ID')).toBe('p1');
    bye.reply(200);
    expect((await ann.next('display')).params).toMatchObject({
      display_name: 'Carl',
      display_number: '+4940222',
    });
    expect(fixture.server.stats().calls).toBe(1);
    const legs = [...fixture.media.legs.values()];
    expect(legs.map(({ connectedTo }) => connectedTo !== null)).toEqual([true, true]);
    expect(sip.states[0]?.calls).toBe(1);
    peer.ask(sip.port, 'BYE', 'sip:offhook@127.0.0.1', {
      callId: 'p2',
      from: '<sip:+4940222@peer.example>;tag=carl',
      to: answer.headers.get('To') ?? '',
      sequence: 2,
    });
    await ann.next('bye');
    expect(setting.caught).toEqual([]);
    await expect.poll(() => sip.states[0]?.calls).toBe(0);
  });

  it('takes the place of one that talks to a service', async () => {
    const setting = await start();
    const first = await called(setting, '+4930200', 's1');
    expect((await replace(setting, 's2', [nameOf(first)])).status).toBe(200);
    (await setting.peer.request('BYE')).reply(200);
    expect(setting.fixture.server.stats().calls).toBe(1);
  });

  it('is refused where it names nothing, too much, or what cannot be replaced; the call goes on', async () => {
    const setting = await start();
    const { fixture, refused } = setting;
    const ann = await fixture.register('1001');
    const call = await called(setting, '+4930100', 'r1', () => answerNext(ann));
    const name = nameOf(call);
    const cases = [
      [['none;to-tag=a;from-tag=b'], 481],
      [[`${call.callId};to-tag=peer;from-tag=${tagOf(call.to) ?? ''}`], 481],
      [['nonsense'], 400],
      [[name, name], 400],
      [[`${name};early-only`], 486],
      [[`${name};Early-Only`], 486],
    ] as const;
    for (const [index, [values, status]] of cases.entries()) {
      const answer = await replace(setting, `r2-${String(index)}`, values);
      expect([values, answer.status]).toEqual([values, status]);
    }
    const withoutCodec = await replace(setting, 'r3', [name], phoneSdp('18'));
    expect(withoutCodec.status).toBe(488);
    expect(refused.filter((why) => why === 'replaces')).toHaveLength(cases.length + 1);
    await ann.barrier();
    expect([ann.has('bye'), ann.has('display')]).toEqual([false, false]);
    expect(setting.sip.states[0]?.calls).toBe(1);
    expect(setting.caught).toEqual([]);
  });

  it('for a call that has ended is declined, and for one that rings does not exist', async () => {
    const setting = await start();
    const { fixture, peer, sip } = setting;
    const ann = await fixture.register('1001');
    let callID = '';
    const call = await called(setting, '+4930100', 'e1', async () => {
      callID = await answerNext(ann);
    });
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
    expect((await replace(setting, 'e2', [nameOf(call)])).status).toBe(603);
    peer.ask(sip.port, 'INVITE', 'sip:+4930100@127.0.0.1', { body: phoneSdp(), callId: 'e3' });
    const rings = await peer.response('INVITE', 180);
    const early = { callId: 'e3', to: rings.headers.get('To') ?? '', answer: rings };
    expect((await replace(setting, 'e4', [nameOf(early)])).status).toBe(481);
  });

  it('is forbidden to a trunk that may not', async () => {
    const setting = await start({ refer: false });
    const ann = await setting.fixture.register('1001');
    const call = await called(setting, '+4930100', 'f1', () => answerNext(ann));
    const answer = await replace(setting, 'f2', [nameOf(call)]);
    expect([answer.status, answer.reason]).toEqual([403, 'No Replaces Here']);
    expect(ann.has('bye')).toBe(false);
  });

  it('of a phone takes the place of another phone of its user, and of nobody else', async () => {
    const setting = await start();
    const { fixture, sip } = setting;
    const bob = await fixture.register('1002');
    const desk = await phoneOf(setting, '1001', 'desk');
    const invite = await desk.invite('1002', phoneSdp());
    await answerNext(bob);
    const ok = await desk.peer.response('INVITE');
    desk.peer.acknowledge(sip.port, invite, ok);
    const call = invite.headers.get('Call-ID') ?? '';
    const name = `${call};to-tag=${tagOf(ok.headers.get('To')) ?? ''};from-tag=phone`;
    const headers = [['Replaces', name]] as const;
    const other = await phoneOf(setting, '1003', 'desk');
    const theft = await other.invite('1002', phoneSdp(), { headers });
    const refusal = await other.peer.response('INVITE');
    expect([refusal.status, refusal.reason]).toEqual([403, 'Not Your Dialog']);
    other.peer.acknowledge(sip.port, theft, refusal);
    const dect = await phoneOf(setting, '1001', 'dect');
    const taken = await dect.invite('1002', phoneSdp(), { headers });
    const answer = await dect.peer.response('INVITE');
    expect(answer.status).toBe(200);
    dect.peer.acknowledge(sip.port, taken, answer);
    (await desk.peer.request('BYE')).reply(200);
    await bob.barrier();
    expect(bob.has('bye')).toBe(false);
    expect(fixture.server.stats().calls).toBe(1);
  });

  it('from another phone, while the first one holds: the far party is told that it is held no more', async () => {
    const setting = await start();
    const { fixture, sip } = setting;
    const bob = await fixture.register('1002', { offhook: { v: 1 } });
    const desk = await phoneOf(setting, '1001', 'desk');
    const invite = await desk.invite('1002', phoneSdp());
    await answerNext(bob);
    const ok = await desk.peer.response('INVITE');
    desk.peer.acknowledge(sip.port, invite, ok);
    const callId = invite.headers.get('Call-ID') ?? '';
    const to = ok.headers.get('To') ?? '';
    const hold = desk.peer.ask(sip.port, 'INVITE', 'sip:offhook@127.0.0.1', {
      callId,
      from: invite.headers.get('From') ?? '',
      to,
      sequence: 900,
      body: phoneSdp('0 101', ['a=sendonly']),
    });
    desk.peer.acknowledge(sip.port, hold, await desk.peer.response('INVITE'));
    expect((await bob.next('offhook')).params).toMatchObject({ event: 'remote_held' });
    const dect = await phoneOf(setting, '1001', 'dect');
    const headers = [['Replaces', `${callId};to-tag=${tagOf(to) ?? ''};from-tag=phone`]] as const;
    const taken = await dect.invite('1002', phoneSdp(), { headers });
    dect.peer.acknowledge(sip.port, taken, await dect.peer.response('INVITE'));
    expect((await bob.next('offhook')).params).toMatchObject({ event: 'remote_resumed' });
  });

  it('of a phone takes the place of another one that was called', async () => {
    const setting = await start();
    const { fixture, sip } = setting;
    const bob = await fixture.register('1002');
    const desk = await phoneOf(setting, '1001', 'desk');
    await desk.register();
    const { callID } = await dial(bob, '1001', { sdp: fakeSdp('bob', 'PCMU') });
    const { request, reply } = await desk.peer.request('INVITE');
    reply(200, { body: phoneSdp('0 101') });
    await bob.next('answer');
    await desk.peer.request('ACK');
    const ours = tagOf(request.headers.get('From')) ?? '';
    const name = `${request.headers.get('Call-ID') ?? ''};to-tag=${ours};from-tag=peer`;
    const dect = await phoneOf(setting, '1001', 'dect');
    const taken = await dect.invite('1002', phoneSdp(), { headers: [['Replaces', name]] });
    const answer = await dect.peer.response('INVITE');
    expect(answer.status).toBe(200);
    dect.peer.acknowledge(sip.port, taken, answer);
    (await desk.peer.request('BYE')).reply(200);
    await bob.barrier();
    expect(bob.has('bye')).toBe(false);
    await hangup(bob, callID, 'NORMAL_CLEARING', 16);
    (await dect.peer.request('BYE')).reply(200);
    expect(fixture.server.stats().calls).toBe(0);
  });

  it('is over with the call that it names, or by CANCEL, while its offer is being taken; nothing is left', async () => {
    const setting = await start();
    const { fixture, peer, sip } = setting;
    const ann = await fixture.register('1001');
    let callID = '';
    const first = await called(setting, '+4930100', 'w1', async () => {
      callID = await answerNext(ann);
    });
    fixture.media.manual = true;
    const ask = async (callId: string) => {
      const headers = [['Replaces', nameOf(first)]] as const;
      const words = { callId, from: '<sip:carl@x>;tag=carl', branch: `z9hG4bK-${callId}` };
      const uri = 'sip:offhook@127.0.0.1';
      peer.ask(sip.port, 'INVITE', uri, { ...words, headers, body: phoneSdp() });
      await expect.poll(() => fixture.media.waiting).toBe(1);
      return () => peer.ask(sip.port, 'CANCEL', uri, words);
    };
    const cancel = await ask('w2');
    cancel();
    expect((await peer.response('INVITE')).status).toBe(487);
    fixture.media.release();
    await expect.poll(() => sip.states[0]?.calls).toBe(1);
    await expect.poll(() => fixture.media.legs.size).toBe(2);
    expect(ann.has('bye')).toBe(false);
    await ask('w3');
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
    fixture.media.release();
    expect((await peer.response('INVITE')).status).toBe(603);
    await expect.poll(() => sip.states[0]?.calls).toBe(0);
    await expect.poll(() => fixture.media.legs.size).toBe(0);
    expect(setting.caught).toEqual([]);
  });

  it('of a stranger is asked for a password, and tells him nothing', async () => {
    const setting = await start();
    const ann = await setting.fixture.register('1001');
    const call = await called(setting, '+4930100', 'x1', () => answerNext(ann));
    const stranger = await SipPeer.open('127.0.0.2');
    onTestFinished(() => {
      stranger.close();
    });
    stranger.ask(setting.sip.port, 'INVITE', `sip:1001@${REALM}`, {
      callId: 'x2',
      from: `<sip:1001@${REALM}>;tag=x`,
      headers: [['Replaces', nameOf(call)]],
      body: phoneSdp(),
    });
    expect((await stranger.response('INVITE')).status).toBe(407);
    expect(ann.has('bye')).toBe(false);
  });
});
