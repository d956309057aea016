import { describe, expect, it } from 'vitest';
import { answerNext } from '../../signaling/testing/fixture.ts';
import type { WireClient } from '../../signaling/testing/wire-client.ts';
import { tagOf } from '../core/address.ts';
import { REALM } from '../testing/accounts.ts';
import { follow } from '../testing/calls.ts';
import { Phone } from '../testing/phone.ts';
import { SipSetting } from '../testing/setting.ts';
import { phoneSdp } from '../testing/sip-peer.ts';

interface PhoneCall {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
}

/** A gateway with a trunk, and the desk phone of 1001. */
async function start(): Promise<{ setting: SipSetting; phone: Phone }> {
  const setting = await (await SipSetting.start({}, { devices: { realm: REALM } })).up();
  setting.accounts.add('1001', 'desk', 'secret');
  const phone = await Phone.open(setting.sip.port, '1001~desk', 'secret');
  return { setting, phone };
}

async function call(
  { sip }: SipSetting,
  phone: Phone,
  number: string,
  callee: WireClient,
): Promise<PhoneCall> {
  const invite = await phone.invite(number, phoneSdp());
  await answerNext(callee);
  const ok = await phone.peer.response('INVITE');
  expect(ok.status).toBe(200);
  phone.peer.acknowledge(sip.port, invite, ok);
  return {
    callId: invite.headers.get('Call-ID') ?? '',
    from: invite.headers.get('From') ?? '',
    to: ok.headers.get('To') ?? '',
  };
}

let sequence = 100;

async function refer(
  { sip }: SipSetting,
  { peer }: Phone,
  { callId, from, to }: PhoneCall,
  referTo: string,
): Promise<number> {
  peer.ask(sip.port, 'REFER', 'sip:offhook@127.0.0.1', {
    callId,
    from,
    to,
    sequence: ++sequence,
    headers: [['Refer-To', referTo]],
  });
  return (await peer.response('REFER')).status;
}

async function notified({ peer }: Phone): Promise<string> {
  const { request, reply } = await peer.request('NOTIFY');
  reply(200);
  return request.body.trim();
}

describe('a REFER of a desk phone', () => {
  it('rings another user, tells how that went, and ends the call of the phone', async () => {
    const { setting, phone } = await start();
    const { fixture } = setting;
    const [bob, carla] = [await fixture.register('1002'), await fixture.register('1003')];
    const talk = await call(setting, phone, '1002', bob);
    expect(await refer(setting, phone, talk, `<sip:1003@${REALM}>`)).toBe(202);
    expect(await notified(phone)).toBe('SIP/2.0 100 Trying');
    await answerNext(carla);
    expect(await notified(phone)).toBe('SIP/2.0 200 OK');
    (await phone.peer.request('BYE')).reply(200);
    expect((await bob.next('display')).params).toMatchObject({ display_number: '1003' });
  });

  it('leads outside as far as its user may call, and in his name', async () => {
    const { setting, phone } = await start();
    const bob = await setting.fixture.register('1002');
    const talk = await call(setting, phone, '1002', bob);
    expect(await refer(setting, phone, talk, `<sip:+1900555@${REALM}>`)).toBe(403);
    expect(await refer(setting, phone, talk, '<sip:1003@elsewhere.example>')).toBe(404);
    expect(await refer(setting, phone, talk, `<sip:+494011122@${REALM}>`)).toBe(202);
    await notified(phone);
    const { request, reply } = await setting.peer.request('INVITE');
    expect(request.uri).toMatch(/^sip:\+494011122@/);
    expect(request.headers.get('From')).toContain('<sip:+4930100@');
    reply(486);
    expect(await notified(phone)).toBe('SIP/2.0 486 Busy Here');
    await bob.barrier();
    expect(bob.has('bye')).toBe(false);
  });

  it('with Replaces joins two of its calls, but not with one of another phone', async () => {
    const { setting, phone } = await start();
    const { fixture, accounts, sip } = setting;
    const [bob, carla] = [await fixture.register('1002'), await fixture.register('1003')];
    const first = await call(setting, phone, '1002', bob);
    const second = await call(setting, phone, '1003', carla);
    const referTo = ({ callId, from, to }: PhoneCall): string =>
      `<sip:1003@${REALM}?Replaces=${encodeURIComponent(
        `${callId};to-tag=${tagOf(to) ?? ''};from-tag=${tagOf(from) ?? ''}`,
      )}>`;
    accounts.add('1003', 'desk', 'secret');
    const thief = await Phone.open(sip.port, '1003~desk', 'secret');
    const theirs = await call(setting, thief, '1002', bob);
    expect(await refer(setting, thief, theirs, referTo(second))).toBe(404);
    expect(await refer(setting, phone, first, referTo(second))).toBe(202);
    await notified(phone);
    await follow(carla);
    expect(await notified(phone)).toBe('SIP/2.0 200 OK');
    for (let calls = 0; calls < 2; calls += 1) {
      (await phone.peer.request('BYE')).reply(200);
    }
    expect((await bob.next('display')).params).toMatchObject({ display_number: '1003' });
    expect((await carla.next('display')).params).toMatchObject({ display_number: '1002' });
  });

  it('thirty a minute for a user, whichever of his calls asks', async () => {
    const { setting, phone } = await start();
    const [bob, carla] = [
      await setting.fixture.register('1002'),
      await setting.fixture.register('1003'),
    ];
    const calls = [
      await call(setting, phone, '1002', bob),
      await call(setting, phone, '1003', carla),
    ] as const;
    for (let i = 0; i < 30; i++) {
      expect(await refer(setting, phone, calls[0], `<sip:nobody@${REALM}>`)).toBe(404);
    }
    expect(await refer(setting, phone, calls[1], `<sip:nobody@${REALM}>`)).toBe(503);
  });
});
