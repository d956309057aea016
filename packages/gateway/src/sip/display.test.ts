import { describe, expect, it } from 'vitest';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import { answerNext, dial } from '../signaling/testing/fixture.ts';
import type { WireClient } from '../signaling/testing/wire-client.ts';
import type { SipRequest } from './core/message.ts';
import { REALM } from './testing/accounts.ts';
import { called } from './testing/calls.ts';
import { Phone } from './testing/phone.ts';
import { SipSetting } from './testing/setting.ts';
import { phoneSdp } from './testing/sip-peer.ts';

const NUMBERS = { '+4930100': '1001', '+4930300': '1003' };
const ALLOW = ['Allow', 'INVITE, ACK, CANCEL, BYE, UPDATE'] as const;

async function start(trunk: Record<string, unknown> = {}): Promise<SipSetting> {
  const devices = { realm: REALM };
  return (await SipSetting.start({ numbers: NUMBERS, ...trunk }, { devices })).up();
}

async function twoUsers() {
  const setting = await start();
  const { fixture, peer } = setting;
  const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
  return { setting, peer, ann, carla };
}

async function handOver(client: WireClient, callID: string, destination: string): Promise<void> {
  const reply = await client.request('modify', {
    sessid: client.sessid,
    action: 'transfer',
    destination,
    dialogParams: { callID },
  });
  expect(reply.result).toBeDefined();
}

function asserted({ headers }: SipRequest): string | undefined {
  return headers.get('P-Asserted-Identity');
}

describe('a telephone whose far party was handed over', () => {
  it.each([
    ['', {}, undefined],
    [' for the network alone', { privacy: true }, 'id'],
  ])('is told by UPDATE who talks to it now%s', async (_, trunk, privacy) => {
    const setting = await start(trunk);
    const { fixture, peer } = setting;
    const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
    const { callID } = await dial(ann, '+494011122');
    (await peer.request('INVITE')).reply(200, { body: phoneSdp('0 101'), headers: [ALLOW] });
    await ann.next('answer');
    await handOver(ann, callID, '1003');
    await answerNext(carla);
    const { request, reply } = await peer.request('UPDATE');
    expect(asserted(request)).toMatch(/^"[^"]+" <sip:\+4930300@127\.0\.0\.1>$/);
    expect([request.body, request.headers.get('Privacy')]).toEqual(['', privacy]);
    reply(200);
    await carla.barrier();
    expect(carla.has('bye')).toBe(false);
  });

  it('is told by a re-INVITE where it knows no UPDATE, by the number that it called when the new party has none', async () => {
    const setting = await start({ numbers: { '+4930100': '1001' } });
    const { fixture, peer } = setting;
    const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
    let callID = '';
    await called(setting, '+4930100', 'd1', async () => {
      callID = await answerNext(ann);
    });
    await handOver(ann, callID, '1003');
    await answerNext(carla);
    const { request, reply } = await peer.request('INVITE');
    expect(asserted(request)).toContain('<sip:+4930100@');
    expect(request.body).toContain('a=sendrecv');
    reply(200, { body: phoneSdp('0 101') });
    await peer.request('ACK');
  });

  it('a phone is told by the name of the user; one that promised UPDATE and refuses it, by a re-INVITE', async () => {
    const setting = await start();
    const { fixture, accounts, sip } = setting;
    const [bob, carla] = [await fixture.register('1002'), await fixture.register('1003')];
    accounts.add('1001', 'desk', 'secret');
    const phone = await Phone.open(sip.port, '1001~desk', 'secret');
    const invite = await phone.invite('1002', phoneSdp(), { headers: [ALLOW] });
    const callID = await answerNext(bob);
    const ok = await phone.peer.response('INVITE');
    phone.peer.acknowledge(sip.port, invite, ok);
    await handOver(bob, callID, '1003');
    await answerNext(carla);
    const update = await phone.peer.request('UPDATE');
    expect(asserted(update.request)).toContain(`<sip:1003@${REALM}>`);
    update.reply(405);
    const again = await phone.peer.request('INVITE');
    expect(asserted(again.request)).toContain(`<sip:1003@${REALM}>`);
    again.reply(200, { body: phoneSdp('0 101') });
    await phone.peer.request('ACK');
    await carla.barrier();
    expect(carla.has('bye')).toBe(false);
  });
});

it.each(['UPDATE', 'INVITE'])(
  'a trunk that says by %s who is at its end now is believed, a phone is not',
  async (method) => {
    const setting = await start();
    const { fixture, peer, sip, accounts } = setting;
    const ann = await fixture.register('1001');
    const headers = [
      ['P-Asserted-Identity', '"Dora\tD." <sip:+4940333@net>, <tel:+4940333>'],
    ] as const;
    const call = await called(setting, '+4930100', 'i1', () => answerNext(ann));
    const body = method === 'INVITE' ? phoneSdp('0 101') : '';
    const request = { callId: 'i1', to: call.to, sequence: 2, headers, body };
    const asked = peer.ask(sip.port, method, 'sip:offhook@127.0.0.1', request);
    const ok = await peer.response(method);
    expect(ok.status).toBe(200);
    if (method === 'INVITE') {
      peer.acknowledge(sip.port, asked, ok);
    }
    expect((await ann.next('display')).params).toMatchObject({
      display_name: 'Dora D.',
      display_number: '+4940333',
    });
    const bob = await fixture.register('1002');
    accounts.add('1003', 'desk', 'secret');
    const phone = await Phone.open(sip.port, '1003~desk', 'secret');
    const invite = await phone.invite('1002', phoneSdp());
    await answerNext(bob);
    const answer = await phone.peer.response('INVITE');
    phone.peer.acknowledge(sip.port, invite, answer);
    phone.peer.ask(sip.port, method, 'sip:offhook@127.0.0.1', {
      ...request,
      callId: invite.headers.get('Call-ID') ?? '',
      from: invite.headers.get('From') ?? '',
      to: answer.headers.get('To') ?? '',
      sequence: 900,
    });
    expect((await phone.peer.response(method)).status).toBe(200);
    await bob.barrier();
    expect(bob.has('display')).toBe(false);
  },
);

it('a user whose token narrows what he may show is shown by a number of the token', async () => {
  const callers = [
    { users: ['1001', '1003'], routes: ['+49'], callerIds: ['+4930100', '+4930200'] },
  ];
  const setting = await (
    await SipSetting.start({ numbers: { '+4930100': '1001' } }, { callers })
  ).up();
  const { fixture, peer } = setting;
  const user = fixture.auth.users.get('1003');
  if (!user) {
    throw new Error('no 1003');
  }
  fixture.auth.users.set('1003', { ...user, dialling: { callerIds: ['+4930200'] } });
  const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
  const { callID } = await dial(ann, '+494011122');
  (await peer.request('INVITE')).reply(200, { body: phoneSdp('0 101'), headers: [ALLOW] });
  await ann.next('answer');
  await handOver(ann, callID, '1003');
  await answerNext(carla);
  const { request, reply } = await peer.request('UPDATE');
  expect(asserted(request)).toContain('<sip:+4930200@');
  reply(200);
});

it('a stranger who calls himself by the name of a user is not vouched for by that one’s number', async () => {
  const { setting, ann, peer } = await twoUsers();
  const { port } = setting.sip;
  const words = { callId: 's1', from: '"Carla" <sip:1003@evil.example>;tag=peer' };
  const uri = 'sip:+4930100@127.0.0.1';
  const body = phoneSdp('0 101');
  const invite = peer.ask(port, 'INVITE', uri, { ...words, body, headers: [ALLOW] });
  const first = await answerNext(ann);
  peer.acknowledge(port, invite, await peer.response('INVITE'));
  const { callID } = await dial(ann, '+494011122', { sdp: fakeSdp('ann', 'PCMU') });
  (await peer.request('INVITE')).reply(200, { body, headers: [ALLOW] });
  await ann.next('answer');
  const { sessid } = ann;
  const order = { action: 'replace', replaceCallID: callID, dialogParams: { callID: first } };
  expect((await ann.request('modify', { sessid, ...order })).result).toBeDefined();
  (await peer.request('INVITE')).reply(200, { body });
  for (const { request, reply } of [await peer.request('UPDATE'), await peer.request('UPDATE')]) {
    expect(asserted(request)).toContain('<sip:+4930100@');
    reply(200);
  }
});

describe('whoever is told, or tells', () => {
  it.each([
    ['UPDATE', [ALLOW]],
    ['INVITE', []],
  ] as const)(
    'and refuses the name by %s, is asked once more without it: the session is refreshed',
    async (method, headers) => {
      const { ann, carla, peer } = await twoUsers();
      const { callID } = await dial(ann, '+494011122');
      (await peer.request('INVITE')).reply(200, { body: phoneSdp('0 101'), headers });
      await ann.next('answer');
      await handOver(ann, callID, '1003');
      await answerNext(carla);
      const named = await peer.request(method);
      expect(asserted(named.request)).toBeDefined();
      named.reply(403);
      const { request, reply } = await peer.request(method);
      expect(asserted(request)).toBeUndefined();
      reply(200, { body: method === 'INVITE' ? phoneSdp('0 101') : '' });
      await carla.barrier();
      expect(carla.has('bye')).toBe(false);
    },
  );

  it('by an UPDATE without an offer is not kept waiting by our re-INVITE; with an offer it is', async () => {
    const { setting, ann, carla, peer } = await twoUsers();
    const port = setting.sip.port;
    let callID = '';
    const { to } = await called(setting, '+4930100', 'g1', async () => {
      callID = await answerNext(ann);
    });
    await handOver(ann, callID, '1003');
    await answerNext(carla);
    expect((await carla.next('display')).params).toMatchObject({ display_number: '+4940111' });
    const { reply } = await peer.request('INVITE');
    const headers = [['P-Asserted-Identity', '<sip:+4940333@net>']] as const;
    const update = { callId: 'g1', to, headers };
    peer.ask(port, 'UPDATE', 'sip:offhook@127.0.0.1', { ...update, sequence: 2 });
    expect((await peer.response('UPDATE')).status).toBe(200);
    const body = phoneSdp('0 101');
    peer.ask(port, 'UPDATE', 'sip:offhook@127.0.0.1', { ...update, sequence: 3, body });
    expect((await peer.response('UPDATE')).status).toBe(491);
    expect((await carla.next('display')).params).toMatchObject({ display_number: '+4940333' });
    reply(200, { body });
    await peer.request('ACK');
  });

  it('by many UPDATEs has them passed on one by one, and only the last of those that wait', async () => {
    const setting = await start();
    const { peer, sip, accounts } = setting;
    accounts.add('1001', 'desk', 'secret');
    const desk = await Phone.open(sip.port, '1001~desk', 'secret');
    await desk.register();
    const { to } = await called(setting, '+4930100', 'm1', async () => {
      (await desk.peer.request('INVITE')).reply(200, { body: phoneSdp('0 101'), headers: [ALLOW] });
      await desk.peer.request('ACK');
    });
    for (let digit = 0; digit < 9; digit++) {
      peer.ask(sip.port, 'UPDATE', 'sip:offhook@127.0.0.1', {
        callId: 'm1',
        to,
        sequence: 2 + digit,
        headers: [['P-Asserted-Identity', `<sip:+494033${String(digit)}@net>`]],
      });
      expect((await peer.response('UPDATE')).status).toBe(200);
    }
    for (const number of ['+4940330', '+4940338']) {
      const { request, reply } = await desk.peer.request('UPDATE');
      expect(asserted(request)).toContain(number);
      reply(200);
    }
  });
});
