import { describe, expect, it } from 'vitest';
import { fakeSdp } from '../../media/testing/fake-media-plane.ts';
import { answerNext, dial, hangup } from '../../signaling/testing/fixture.ts';
import { SipSetting } from '../testing/setting.ts';
import { REALM } from '../testing/accounts.ts';
import { Phone } from '../testing/phone.ts';
import { phoneSdp, SipPeer } from '../testing/sip-peer.ts';

const CONFIG = { devices: { realm: REALM } };

/** A gateway with a trunk and devices, and phones of 1001 that are registered. */
async function setting(...names: string[]): Promise<SipSetting & { phones: Phone[] }> {
  const made = await (await SipSetting.start({}, CONFIG)).up();
  const phones: Phone[] = [];
  for (const name of names) {
    made.accounts.add('1001', name, 'secret');
    const phone = await Phone.open(made.sip.port, `1001~${name}`, 'secret');
    expect((await phone.register()).status).toBe(200);
    phones.push(phone);
  }
  return Object.assign(made, { phones });
}

describe('a desk phone', () => {
  it('signs in by digest, is listed, and signs out', async () => {
    const { sip, accounts } = await setting();
    accounts.add('1001', 'desk', 'secret');
    const phone = await Phone.open(sip.port, '1001~desk', 'secret');
    const challenge = await phone.challenge('REGISTER');
    expect(challenge).toMatchObject({ realm: REALM, qop: true, stale: false });
    expect(sip.registrations).toEqual([]);
    const ok = await phone.register(120, {
      challenge,
      headers: [['User-Agent', 'Desk/1.0']],
    });
    expect(ok.status).toBe(200);
    expect(ok.headers.get('Contact')).toMatch(/^<sip:bob@127\.0\.0\.1:\d+>;expires=120$/);
    expect(sip.registrations).toMatchObject([
      { user: '1001', device: 'desk', transport: 'UDP', userAgent: 'Desk/1.0' },
    ]);
    const out = await phone.register(0);
    expect(out.headers.get('Contact')).toBeUndefined();
    expect(sip.registrations).toEqual([]);
  });

  it('is refused alike with a wrong password and with a name of nobody; then it is locked out', async () => {
    const { sip, accounts, refused } = await setting();
    accounts.add('1001', 'desk', 'secret');
    const wrong = await Phone.open(sip.port, '1001~desk', 'guess');
    const nobody = await Phone.open(sip.port, '1001~none', 'guess');
    const [first, second] = [await wrong.register(), await nobody.register()];
    expect([first.status, second.status]).toEqual([403, 403]);
    expect([...first.headers].map(([name]) => name)).toEqual(
      [...second.headers].map(([name]) => name),
    );
    for (let tries = 0; tries < 4; tries++) {
      await wrong.register();
    }
    const right = await Phone.open(sip.port, '1001~desk', 'secret');
    const locked = await right.register();
    expect(locked.status).toBe(403);
    expect(locked.headers.get('Retry-After')).toBeDefined();
    expect(refused).toContain('locked');
    expect(sip.registrations).toEqual([]);
  });

  it('cannot sign in again with what was heard of it, nor with an answer of another address', async () => {
    const { sip, accounts, refused } = await setting();
    accounts.add('1001', 'desk', 'secret');
    const phone = await Phone.open(sip.port, '1001~desk', 'secret');
    const challenge = await phone.challenge('REGISTER');
    expect((await phone.register(600, { challenge })).status).toBe(200);
    const again = await phone.register(600, { challenge });
    expect(again.status).toBe(401);
    expect(again.headers.get('WWW-Authenticate')).toContain('stale=true');
    const made = await phone.register(600, { challenge: { ...challenge, nonce: 'made.up' } });
    expect(made.headers.get('WWW-Authenticate')).toContain('stale=true');
    expect(refused).not.toContain('wrong');
  });

  it('signs in by SHA-256 where that is offered first', async () => {
    const devices = { realm: REALM, algorithms: ['SHA-256', 'MD5'] };
    const { sip, accounts } = await (await SipSetting.start({}, { devices })).up();
    accounts.add('1001', 'desk', 'secret');
    const phone = await Phone.open(sip.port, '1001~desk', 'secret');
    expect(await phone.challenge('REGISTER')).toMatchObject({ algorithm: 'SHA-256' });
    expect((await phone.register()).status).toBe(200);
  });

  it('signs nobody else in, and calls in nobody else’s name', async () => {
    const { sip, accounts, refused, fixture } = await setting();
    accounts.add('1001', 'desk', 'secret');
    const phone = await Phone.open(sip.port, '1001~desk', 'secret');
    const from = `<sip:1002@${REALM}>;tag=x`;
    expect((await phone.register(600, { from })).status).toBe(403);
    expect((await phone.register(600, { to: `<sip:1002@${REALM}>` })).status).toBe(403);
    await fixture.register('1003');
    const invite = await phone.invite('1003', phoneSdp(), { from });
    const refusal = await phone.peer.response('INVITE');
    expect(refusal.status).toBe(403);
    phone.peer.acknowledge(sip.port, invite, refusal);
    expect(refused.filter((how) => how === 'forged')).toHaveLength(3);
    expect(sip.registrations).toEqual([]);
  });

  it('gets what RFC 3261 says to a REGISTER that is brief, old, or asks for all', async () => {
    const { sip, phones } = await setting('desk');
    const phone = phones[0] as Phone;
    const brief = await phone.register(30);
    expect(brief.status).toBe(423);
    expect(brief.headers.get('Min-Expires')).toBe('60');
    const long = await phone.register(86_400);
    expect(long.headers.get('Contact')).toMatch(/;expires=600$/);
    expect(sip.registrations).toHaveLength(1);
  });

  it('is called by its Contact, answers, and hangs up', async () => {
    const { fixture, phones } = await setting('desk');
    const phone = phones[0] as Phone;
    const bob = await fixture.register('1002');
    const { callID } = await dial(bob, '1001');
    const { request, reply } = await phone.peer.request('INVITE');
    expect(request.uri).toBe(`sip:bob@${phone.peer.place}`);
    expect(request.headers.get('From')).toContain(`<sip:1002@${REALM}>`);
    expect(request.headers.get('To')).toBe(`<sip:1001@${REALM}>`);
    expect(request.body).toMatch(/ 0 8 101\r$/m);
    reply(180);
    await bob.next('ringing');
    reply(200, { body: phoneSdp('0 101') });
    await bob.next('answer');
    await phone.peer.request('ACK');
    await hangup(bob, callID, 'NORMAL_CLEARING', 16);
    (await phone.peer.request('BYE')).reply(200);
  });

  it('calls as its user: another user, a service, and a number that the user may call', async () => {
    const { fixture, phones, sip, peer } = await setting('desk');
    const phone = phones[0] as Phone;
    const bob = await fixture.register('1002');
    const invite = await phone.invite('1002', phoneSdp(), {
      from: `"Somebody Else" <sip:1001@${REALM}>;tag=phone`,
    });
    const frame = await bob.next('invite');
    expect(frame.params).toMatchObject({
      caller_id_name: 'User 1001',
      caller_id_number: '1001',
    });
    await bob.request('answer', {
      sessid: bob.sessid,
      sdp: fakeSdp('bob', 'PCMU'),
      dialogParams: { callID: frame.params?.['callID'] },
    });
    const ok = await phone.peer.response('INVITE');
    expect(ok.status).toBe(200);
    phone.peer.acknowledge(sip.port, invite, ok);
    phone.peer.ask(sip.port, 'BYE', 'sip:x@gw', {
      callId: invite.headers.get('Call-ID') ?? '',
      from: invite.headers.get('From') ?? '',
      to: ok.headers.get('To') ?? '',
      sequence: 900,
    });
    expect((await phone.peer.response('BYE')).status).toBe(200);
    await bob.next('bye');
    const out = await phone.invite('040111', phoneSdp());
    const { request, reply } = await peer.request('INVITE');
    expect(request.uri).toMatch(/^sip:\+4940111@/);
    expect(request.headers.get('From')).toContain('+4930100');
    reply(486);
    const busy = await phone.peer.response('INVITE');
    expect(busy.status).toBe(486);
    phone.peer.acknowledge(sip.port, out, busy);
    const forbidden = await phone.invite('+1900555', phoneSdp());
    const no = await phone.peer.response('INVITE');
    expect(no.status).toBe(403);
    phone.peer.acknowledge(sip.port, forbidden, no);
  });

  it('rings beside a browser and another phone; who answers talks, the others hear why', async () => {
    const { fixture, phones } = await setting('desk', 'dect');
    const [desk, dect] = phones as [Phone, Phone];
    const [ann, bob] = [await fixture.register('1001'), await fixture.register('1002')];
    await dial(bob, '1001');
    await ann.next('invite');
    const one = await desk.peer.request('INVITE');
    const two = await dect.peer.request('INVITE');
    one.reply(180);
    two.reply(180);
    one.reply(200, { body: phoneSdp('0 101') });
    await bob.next('answer');
    const cancel = await dect.peer.request('CANCEL');
    expect(cancel.request.headers.get('Reason')).toBe(
      'SIP;cause=200;text="Call completed elsewhere"',
    );
    cancel.reply(200);
    two.reply(487);
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'LOSE_RACE', causeCode: 502 });
  });

  it('hears that a browser was faster; a phone that is gone or busy spoils nothing', async () => {
    const { fixture, phones } = await setting('desk', 'dect');
    const [desk, dect] = phones as [Phone, Phone];
    const [ann, bob] = [await fixture.register('1001'), await fixture.register('1002')];
    await dial(bob, '1001');
    const one = await desk.peer.request('INVITE');
    one.reply(180);
    (await dect.peer.request('INVITE')).reply(486);
    await answerNext(ann);
    await bob.next('answer');
    const cancel = await desk.peer.request('CANCEL');
    expect(cancel.request.headers.get('Reason')).toContain('cause=200');
    cancel.reply(200);
    one.reply(487);
  });

  it('rings when it registers while its user rings, once, and answers', async () => {
    const { fixture, accounts, sip, peer } = await setting();
    const [ann, phones] = [await fixture.register('1001'), [] as Phone[]];
    for (const name of ['desk', 'dect']) {
      accounts.add('1001', name, 'secret');
      phones.push(await Phone.open(sip.port, `1001~${name}`, 'secret'));
    }
    const [desk, dect] = phones as [Phone, Phone];
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930100@gw', { body: phoneSdp() });
    await ann.next('invite');
    await desk.register();
    const { request, reply } = await desk.peer.request('INVITE');
    expect(request.headers.get('From')).toContain('"Bob" <sip:+4940111@');
    reply(180);
    // What it refreshes is no new phone.
    await desk.register();
    reply(200, { body: phoneSdp('0 101') });
    const ok = await peer.response('INVITE');
    expect(ok.status).toBe(200);
    peer.acknowledge(sip.port, invite, ok);
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'LOSE_RACE' });
    // Nothing rings any more.
    await dect.register();
    await desk.peer.request('ACK');
    // One that was sent again, because the machine was busy, is no further one.
    const invites = ({ peer: { received } }: Phone): number =>
      new Set(
        received.flatMap((each) =>
          each.kind === 'request' && each.method === 'INVITE' ? [each.headers.get('Call-ID')] : [],
        ),
      ).size;
    expect([invites(desk), invites(dect)]).toEqual([1, 0]);
  });

  it('does not ring where it has no codec of the call, nor by its own call', async () => {
    const { fixture, accounts, sip } = await setting();
    const [ann, bob] = [await fixture.register('1001'), await fixture.register('1002')];
    accounts.add('1001', 'desk', 'secret');
    accounts.add('1001', 'dect', 'secret');
    const desk = await Phone.open(sip.port, '1001~desk', 'secret');
    const dect = await Phone.open(sip.port, '1001~dect', 'secret');
    await dial(bob, '1001');
    await ann.next('invite');
    // The two browsers have agreed on Opus.
    await desk.register();
    await desk.register(0);
    await desk.invite('1001', phoneSdp());
    await ann.next('invite');
    await desk.register();
    await dect.register();
    // Its own would have been sent before.
    await dect.peer.request('INVITE');
    const heard = desk.peer.received.flatMap((each) => (each.kind === 'request' ? [each] : []));
    expect(heard.filter(({ method }) => method === 'INVITE')).toEqual([]);
  });

  it('is signed out, and its call ended, when an operator removes it', async () => {
    const { fixture, phones, accounts, sip } = await setting('desk');
    const phone = phones[0] as Phone;
    const bob = await fixture.register('1002');
    await dial(bob, '1001');
    const { reply } = await phone.peer.request('INVITE');
    reply(200, { body: phoneSdp('0 101') });
    await bob.next('answer');
    accounts.remove('1001~desk');
    (await phone.peer.request('BYE')).reply(200);
    expect((await bob.next('bye')).params).toMatchObject({ cause: 'MANAGER_REQUEST' });
    expect(sip.registrations).toEqual([]);
    await dial(bob, '1001');
    expect((await bob.next('bye')).params).toMatchObject({ cause: 'SUBSCRIBER_ABSENT' });
  });
});

it('a phone whose user is signed out is registered no more, and its call ends; it may come back', async () => {
  const { fixture, phones, sip } = await setting('desk');
  const phone = phones[0] as Phone;
  const bob = await fixture.register('1002');
  await dial(bob, '1001');
  (await phone.peer.request('INVITE')).reply(200, { body: phoneSdp('0 101') });
  await bob.next('answer');
  expect(sip.signOut('100')).toEqual({ phones: 0, calls: 0 });
  expect(sip.signOut('1001')).toEqual({ phones: 1, calls: 1 });
  (await phone.peer.request('BYE')).reply(200);
  expect((await bob.next('bye')).params).toMatchObject({ cause: 'MANAGER_REQUEST' });
  expect(sip.registrations).toEqual([]);
  expect((await phone.register()).status).toBe(200);
  expect(sip.registrations).toHaveLength(1);
});

describe('strangers, where phones sign in', () => {
  it('that flood with REGISTER get a bounded number of answers, and leave nothing behind', async () => {
    const { sip, refused } = await setting();
    const stranger = await SipPeer.open();
    const before = sip.transactions;
    const since = performance.now();
    const heard = refused.length;
    for (let i = 1; i <= 400; i++) {
      stranger.ask(sip.port, 'REGISTER', `sip:${REALM}`, { callId: `f${String(i)}` });
      // What overruns the socket's buffer would tell nothing.
      if (i % 25 === 0) {
        await expect.poll(() => refused.length).toBe(heard + i);
      }
    }
    const seconds = Math.ceil((performance.now() - since) / 1000);
    const unanswered = refused.filter((how) => how === 'flood').length;
    expect(400 - unanswered).toBeLessThanOrEqual(60 + 10 * seconds);
    expect(stranger.received.length).toBeLessThanOrEqual(60 + 10 * seconds);
    expect(sip.transactions).toBeLessThanOrEqual(before);
    stranger.close();
  });

  it('are not heard in the dialog of a phone, and end no registration', async () => {
    const { fixture, phones, sip } = await setting('desk');
    const phone = phones[0] as Phone;
    const bob = await fixture.register('1002');
    await dial(bob, '1001');
    const { request, reply } = await phone.peer.request('INVITE');
    reply(200, { body: phoneSdp('0 101') });
    await bob.next('answer');
    const stranger = await SipPeer.open('127.0.0.2');
    stranger.ask(sip.port, 'BYE', 'sip:x@gw', {
      callId: request.headers.get('Call-ID') ?? '',
      from: '<sip:x@y>;tag=peer',
      to: request.headers.get('From') ?? '',
      sequence: 2,
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(stranger.received).toEqual([]);
    expect(fixture.server.stats().calls).toBe(1);
    stranger.close();
  });
});
