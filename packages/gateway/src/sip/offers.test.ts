import { describe, expect, it } from 'vitest';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import { strangersInGroups } from './ring-groups.ts';
import { SipSetting } from './testing/setting.ts';
import { phoneSdp } from './testing/sip-peer.ts';

const directionOf = (sdp: string): string | undefined =>
  /^a=(sendrecv|sendonly|recvonly|inactive)\r$/m.exec(sdp)?.[1];

describe('an INVITE without an offer', () => {
  it('rings, is answered with our offer, and its ACK answers that', async () => {
    const { fixture, peer, sip } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001');
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930100@gateway');
    expect((await peer.response('INVITE', 180)).body).toBe('');
    const callID = await answerNext(ann);
    const ok = await peer.response('INVITE');
    expect(ok.headers.get('Content-Type')).toBe('application/sdp');
    expect(ok.body).toMatch(/^m=audio \d+ \S+ 0 /m);
    peer.acknowledge(sip.port, invite, ok, phoneSdp('0 101'));
    await expect
      .poll(() => fixture.media.log.filter((verb) => verb.startsWith('answer ')).length)
      .toBe(2);
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
  });

  it('reaches a service too', async () => {
    const { fixture, peer, sip } = await (await SipSetting.start()).up();
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930200@gateway');
    const ok = await peer.response('INVITE');
    peer.acknowledge(sip.port, invite, ok, phoneSdp('0 101'));
    await expect
      .poll(() => fixture.media.log.some((verb) => verb.startsWith('answer ')))
      .toBe(true);
    const to = ok.headers.get('To') ?? '';
    peer.ask(sip.port, 'BYE', 'sip:x@gateway', { sequence: 2, to });
    expect((await peer.response('BYE')).status).toBe(200);
  });

  it.each([
    ['is not answered', ''],
    ['is answered without a codec of ours', phoneSdp('18')],
    ['is answered with what is no description', 'hello'],
  ])('whose offer %s ends', async (_how, body) => {
    const { fixture, peer, sip } = await (await SipSetting.start()).up();
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930200@gateway');
    const ok = await peer.response('INVITE');
    peer.acknowledge(sip.port, invite, ok, body);
    const bye = await peer.request('BYE');
    expect(bye.request.headers.get('Reason')).toBe('Q.850;cause=88');
    bye.reply(200);
    await expect.poll(() => fixture.server.stats().calls).toBe(0);
  });

  it('within a call is answered with an offer, and the call goes on', async () => {
    const { fixture, peer, sip } = await (await SipSetting.start()).up();
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930200@gateway', { body: phoneSdp() });
    const ok = await peer.response('INVITE');
    peer.acknowledge(sip.port, invite, ok);
    const to = ok.headers.get('To') ?? '';
    const empty = peer.ask(sip.port, 'INVITE', 'sip:x@gateway', { sequence: 2, to });
    const offered = await peer.response('INVITE');
    expect(offered.status).toBe(200);
    expect(offered.body).toContain('m=audio');
    // While the answer is on its way nobody else offers (RFC 3261, 14.2).
    peer.ask(sip.port, 'INVITE', 'sip:x@gateway', { sequence: 3, to, body: phoneSdp() });
    expect((await peer.response('INVITE')).status).toBe(500);
    peer.acknowledge(sip.port, empty, offered, phoneSdp('0 101'));
    await expect
      .poll(() => fixture.media.log.some((verb) => verb.startsWith('answer ')))
      .toBe(true);
    expect(fixture.server.stats().calls).toBe(1);
    peer.ask(sip.port, 'BYE', 'sip:x@gateway', { sequence: 4, to });
    await peer.response('BYE');
  });
});

describe('a browser that holds', () => {
  it('is told to the trunk by re-INVITEs, one after the other, and the last state stands', async () => {
    const { fixture, peer } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    const first = await peer.request('INVITE');
    first.reply(200, { body: phoneSdp('0 101') });
    await ann.next('answer');
    await peer.request('ACK');
    const modify = (action: string): Promise<unknown> =>
      ann.request('modify', { action, sessid: ann.sessid, dialogParams: { callID } });
    await modify('hold');
    const held = await peer.request('INVITE');
    expect(directionOf(held.request.body)).toBe('sendonly');
    // Whatever is pressed meanwhile waits.
    await modify('unhold');
    await modify('hold');
    await modify('unhold');
    held.reply(200, { body: phoneSdp('0 101', ['a=recvonly']) });
    const resumed = await peer.request('INVITE');
    expect(directionOf(resumed.request.body)).toBe('sendrecv');
    resumed.reply(200, { body: phoneSdp('0 101') });
    await expect
      .poll(() => fixture.media.log.filter((verb) => verb.startsWith('answer ')).length)
      .toBe(3);
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
  });

  it('goes on with a call whose trunk refuses that', async () => {
    const { fixture, peer } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    (await peer.request('INVITE')).reply(200, { body: phoneSdp('0 101') });
    await ann.next('answer');
    await ann.request('modify', { action: 'hold', sessid: ann.sessid, dialogParams: { callID } });
    (await peer.request('INVITE')).reply(488);
    await ann.request('modify', { action: 'unhold', sessid: ann.sessid, dialogParams: { callID } });
    const again = await peer.request('INVITE');
    again.reply(200, { body: phoneSdp('0 101') });
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
  });
});

describe('a number that rings several users', () => {
  const groups = { numbers: { '+4930300': ['1001', '1002', '1003'] } };

  it('rings them all; the first who answers talks, the others are told, and are free again', async () => {
    const { fixture, peer, sip } = await (await SipSetting.start(groups)).up();
    const [ann, bob] = [await fixture.register('1001'), await fixture.register('1002')];
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930300@gateway', { body: phoneSdp() });
    const rung = await ann.next('invite');
    expect(rung.params).toMatchObject({
      callee_id_name: 'User 1001',
      caller_id_number: '+4940111',
    });
    const callID = await answerNext(bob);
    const ok = await peer.response('INVITE');
    peer.acknowledge(sip.port, invite, ok);
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'LOSE_RACE' });
    // Bob's call counts as his, and no more as Ann's.
    for (let call = 0; call < 8; call += 1) {
      const carl = await fixture.register('1004');
      const dialled = await dial(carl, '1001');
      await ann.next('invite');
      await hangup(carl, dialled.callID, 'NORMAL_CLEARING', 16);
      await ann.next('bye');
    }
    await hangup(bob, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
  });

  it('rings who signs in meanwhile, too', async () => {
    const { fixture, peer, sip } = await (await SipSetting.start(groups)).up();
    const ann = await fixture.register('1001');
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930300@gateway', { body: phoneSdp() });
    await ann.next('invite');
    const carl = await fixture.register('1003');
    expect((await carl.next('invite')).params).toMatchObject({ callee_id_name: 'User 1003' });
    const branch = /branch=([^;]+)/.exec(invite.headers.get('Via') ?? '')?.[1] ?? '';
    peer.ask(sip.port, 'CANCEL', invite.uri, { branch });
    peer.acknowledge(sip.port, invite, await peer.response('INVITE'));
    await carl.next('bye');
  });

  it('is answered with 480 when nobody of them is there', async () => {
    const { peer, sip } = await (await SipSetting.start(groups)).up();
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930300@gateway', { body: phoneSdp() });
    const refused = await peer.response('INVITE');
    expect(refused.status).toBe(480);
    peer.acknowledge(sip.port, invite, refused);
  });

  it('names members who are no users', () => {
    const trunks = [{ name: 'net', numbers: { '+4930300': ['ann', 'nobody'], '*': 'echo' } }];
    const known = (user: string): boolean => user === 'ann';
    expect(strangersInGroups({ trunks } as never, known)).toEqual([
      'trunk net: +4930300 is to ring nobody, who is no user here',
    ]);
  });

  it('is a list of different users, and no longer than 16', async () => {
    for (const users of [[], ['1001', '1001'], Array.from({ length: 17 }, String)]) {
      await expect(SipSetting.start({ numbers: { '+4930300': users } })).rejects.toThrow(
        /list of 1 to 16 different users/,
      );
    }
  });
});
