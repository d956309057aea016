import { describe, expect, it, onTestFinished } from 'vitest';
import type { SignalingAssistants } from '../signaling/ports.ts';
import { dial, hangup, talk } from '../signaling/testing/fixture.ts';
import type { WireClient } from '../signaling/testing/wire-client.ts';
import { makeResponse, parseMessage, serializeMessage, type SipRequest } from './core/message.ts';
import { follow } from './testing/calls.ts';
import { SipSetting } from './testing/setting.ts';
import { phoneSdp, SipPeer } from './testing/sip-peer.ts';
import { SkippingClock } from './testing/skipping-clock.ts';

/** What somebody tries who should not, by what he tries. The trunk of every row costs money; 1001 may call Germany, others nobody. */

async function stranger(address = '127.0.0.2'): Promise<SipPeer> {
  const peer = await SipPeer.open(address);
  onTestFinished(() => {
    peer.close();
  });
  return peer;
}

function invites({ peer }: SipSetting): SipRequest[] {
  return peer.received.flatMap((message) =>
    message.kind === 'request' && message.method === 'INVITE' ? [message] : [],
  );
}

/** A call within the rules still works, and what came before it never reached the trunk. */
async function onlyThisReaches(setting: SipSetting, ann: WireClient): Promise<SipRequest> {
  const { callID } = await dial(ann, '+494011122');
  const { request, reply } = await setting.peer.request('INVITE');
  expect(request.uri).toMatch(/^sip:\+494011122@/);
  reply(486);
  await ann.next('bye');
  expect(callID).not.toBe('');
  expect(new Set(invites(setting).map(({ uri }) => uri)).size).toBe(1);
  return request;
}

const OF_OURS = [
  ...['Via', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 'Allow', 'Supported'],
  ...['Content-Type', 'Session-Expires', 'Content-Length'],
];

describe('toll fraud', () => {
  const assistant: SignalingAssistants = {
    any: true,
    dialled: () => null,
    admit: () => ({
      ok: true,
      offer: {
        name: 'Helpdesk',
        create: () => ({
          start: () => undefined,
          onDigits: () => undefined,
          dispose: () => undefined,
        }),
      },
    }),
    guest: () => ({ ok: true, target: { assistant: 'a-1' }, name: 'Helpdesk' }),
  };

  it('by a visitor: whatever he dials is his assistant, and no transfer takes him elsewhere', async () => {
    const fixture = { assistants: () => assistant };
    const setting = await (await SipSetting.start({}, {}, undefined, { fixture })).up();
    const client = await setting.fixture.connect();
    const who = { target_type: 'ai_assistant', target_id: 'a-1' };
    const reply = await client.request('anonymous_login', who);
    client.sessid = String(reply.result?.['sessid']);
    const { callID } = await dial(client, '+494011122');
    await client.next('answer');
    const order = { action: 'transfer', destination: '+494011122', dialogParams: { callID } };
    const refused = await client.request('modify', { sessid: client.sessid, ...order });
    expect(refused.error?.data).toMatchObject({ cause: 'OUTGOING_CALL_BARRED' });
    await hangup(client, callID, 'NORMAL_CLEARING', 16);
    await onlyThisReaches(setting, await setting.fixture.register('1001'));
  });

  it.each([
    '+1900555',
    '001900555',
    '+1 (900) 555',
    '+1.900.555',
    'sip:+1900555@127.0.0.1',
    'sips:+1900555@127.0.0.1',
    'sip:%2B1900555@127.0.0.1',
    'sip:+1900555;phone-context=+49@127.0.0.1',
    'sip:+49@evil:x@127.0.0.1',
    'tel:+1-900-555;phone-context=+49',
    'sip:+494011122@premium.example',
    '+494011122@premium.example',
    '+49401112２',
    '+49 40\r\nRoute: <sip:premium.example>',
    '+49'.repeat(200),
    '*31#+1900555',
    '',
  ])('by a user without the route, who writes it as %j', async (destination) => {
    const setting = await (await SipSetting.start()).up();
    const ann = await setting.fixture.register('1001');
    const params = { callID: 'c', destination_number: destination, audio: true };
    const sdp =
      'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtpmap:0 PCMU/8000\r\n';
    const reply = await ann.request('invite', { sessid: ann.sessid, sdp, dialogParams: params });
    if (reply.result) {
      await ann.next('bye');
    }
    await onlyThisReaches(setting, ann);
  });

  it('by a user without any rule, who asks another one to be transferred, and by his transfer', async () => {
    const setting = await (await SipSetting.start()).up();
    const [ann, bob] = [
      await setting.fixture.register('1001'),
      await setting.fixture.register('1002'),
    ];
    const { calleeCall } = await talk(setting.fixture, ann, bob, '1002');
    const transfer = (client: WireClient, callID: string, destination: string) =>
      client.request('modify', {
        sessid: client.sessid,
        action: 'transfer',
        destination,
        dialogParams: { callID },
      });
    // Bob may not, though the one he talks with may.
    const refused = await transfer(bob, calleeCall, '+494011122');
    expect(refused.error?.data).toMatchObject({ sipReason: 'NOT_ALLOWED' });
    expect(invites(setting)).toEqual([]);
    await hangup(bob, calleeCall, 'NORMAL_CLEARING', 16);
    await ann.next('bye');
    await onlyThisReaches(setting, ann);
  });

  it.each([
    ['removed', ({ accounts }: SipSetting) => accounts.removeUser('1001')],
    ['signed out', ({ sip }: SipSetting) => expect(sip.signOut('1001').calls).toBe(1)],
  ])('by a user who handed a call outside over and was then %s: it ends', async (_, end) => {
    const setting = await (await SipSetting.start()).up();
    const { fixture, peer } = setting;
    const [ann, bob] = [await fixture.register('1001'), await fixture.register('1002')];
    const { callerCall } = await talk(fixture, ann, bob, '1002');
    await ann.request('modify', {
      sessid: ann.sessid,
      action: 'transfer',
      destination: '+494011122',
      dialogParams: { callID: callerCall },
    });
    (await peer.request('INVITE')).reply(200, { body: phoneSdp('0 101') });
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'BLIND_TRANSFER' });
    // Ann is in no call any more; hers is the account.
    await follow(bob, 'PCMU');
    end(setting);
    (await peer.request('BYE')).reply(200);
    expect((await bob.next('bye')).params).toMatchObject({ cause: 'MANAGER_REQUEST' });
    await expect.poll(() => setting.sip.states[0]?.calls).toBe(0);
  });

  it('by the network: a call that came in by a trunk reaches no number behind it', async () => {
    const numbers = { '*': '+494011122' };
    const setting = await (await SipSetting.start({ numbers })).up();
    setting.peer.ask(setting.sip.port, 'INVITE', 'sip:+4930999@gateway', { body: phoneSdp() });
    expect((await setting.peer.response('INVITE')).status).toBeGreaterThanOrEqual(400);
    await onlyThisReaches(setting, await setting.fixture.register('1001'));
  });

  it('by REFER to a premium number, in a call and outside of one', async () => {
    const setting = await (await SipSetting.start()).up();
    const { peer, sip, fixture } = setting;
    const ann = await fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    const { request, reply } = await peer.request('INVITE');
    reply(200, { body: phoneSdp() });
    await ann.next('answer');
    await peer.request('ACK');
    const headers = [['Refer-To', '<sip:+1900555@127.0.0.1>']] as const;
    const callId = request.headers.get('Call-ID') ?? '';
    const to = request.headers.get('From') ?? '';
    const from = `${request.headers.get('To') ?? ''};tag=peer`;
    peer.ask(sip.port, 'REFER', 'sip:x@gateway', { headers, callId, to, from });
    expect((await peer.response('REFER')).status).toBe(603);
    peer.ask(sip.port, 'REFER', 'sip:x@gateway', { headers, callId: 'other' });
    expect((await peer.response('REFER')).status).toBe(481);
    expect(invites(setting)).toHaveLength(1);
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
  });

  it('by a redirection of the trunk to a premium number', async () => {
    const setting = await (await SipSetting.start({ redirects: 'follow' })).up();
    const ann = await setting.fixture.register('1001');
    await dial(ann, '+494011122');
    const { reply } = await setting.peer.request('INVITE');
    reply(302, { headers: [['Contact', '<sip:+1900555@127.0.0.1>']] });
    expect((await ann.next('bye')).params).toMatchObject({ sipCode: 302 });
    expect(invites(setting)).toHaveLength(1);
    expect(setting.refused).toContain('redirect');
  });
});

describe('forgery', () => {
  it('of a caller id is refused by name', async () => {
    const setting = await (await SipSetting.start()).up();
    const ann = await setting.fixture.register('1001');
    for (const number of ['+4930999', 'anonymous', '+4930100,+4930999', '110', '+4930100\r\n']) {
      await dial(ann, '+494011122', { dialog: { caller_id_number: number } });
      expect((await ann.next('bye')).params).toMatchObject({ sipReason: 'CALLER_ID_NOT_ALLOWED' });
    }
    const request = await onlyThisReaches(setting, ann);
    expect(request.headers.get('From')).toContain('<sip:+4930100@');
  });

  it.each([
    ['line breaks in a name', { caller_id_name: 'A"\r\nX-Evil: 1\r\n\r\nv=0' }],
    ['quotes in a name', { caller_id_name: '" <sip:+4930999@evil.example>;tag=x, "' }],
    ['control characters in a name', { caller_id_name: '\u0000\u0007\u202e\u2028A\u0085' }],
    [
      'headers that mean something, and many,',
      {
        custom_headers: [
          { name: 'Route', value: '<sip:evil.example;lr>' },
          { name: 'P-Asserted-Identity', value: '<sip:+4930999@evil.example>' },
          { name: 'X-E', value: 'x'.repeat(4_000) },
          ...Array.from({ length: 40 }, (_, at) => ({ name: `X-F${String(at)}`, value: '1' })),
        ],
      },
    ],
  ])('of a message by %s from a page', async (_, dialog) => {
    const setting = await (await SipSetting.start({ largeRequests: 'udp' })).up();
    const ann = await setting.fixture.register('1001');
    await dial(ann, '+494011122', { dialog });
    const { request, reply } = await setting.peer.request('INVITE');
    const own = [...request.headers].map(([name]) => name).filter((name) => !/^X-F\d+$/.test(name));
    expect(new Set(own)).toEqual(new Set(OF_OURS));
    expect([...request.headers].length).toBeLessThan(OF_OURS.length + 21);
    expect(request.headers.all('From')).toHaveLength(1);
    expect(request.headers.get('From')).toMatch(/<sip:\+4930100@127\.0\.0\.1>;tag=[0-9a-f]{16}$/);
    expect(request.body).toMatch(/^v=0\r\n/);
    reply(486);
    await ann.next('bye');
  });

  it.each([
    { name: 'X-A', value: 'b\r\nX-Evil: 1\r\n\r\n' },
    { name: 'X-B\r\nX-Evil', value: '1' },
    { name: 'X-C: 1\r\nX-Evil', value: '1' },
    { name: 'X-D\u0000', value: '1' },
  ])('of a message by line breaks in a header of a page, %j, is refused', async (header) => {
    const setting = await (await SipSetting.start()).up();
    const ann = await setting.fixture.register('1001');
    const dialogParams = {
      callID: 'c',
      destination_number: '+494011122',
      custom_headers: [header],
    };
    const sdp = 'v=0\r\n';
    const { error } = await ann.request('invite', { sessid: ann.sessid, sdp, dialogParams });
    expect(error?.data).toMatchObject({ reason: 'bad_params' });
    await onlyThisReaches(setting, ann);
  });

  it('of what a page shows: names and headers from the network are one line, bounded and plain', async () => {
    const setting = await (await SipSetting.start()).up();
    const { peer, sip, fixture } = setting;
    const ann = await fixture.register('1001');
    const name = `\u0007\u202eeval\u0085(x)</script>${'x'.repeat(500)}`;
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930100@gateway', {
      body: phoneSdp(),
      from: `"${name}" <sip:${'9'.repeat(400)}@net.example>;tag=1`,
      headers: [
        ['X-Room', 'a\u0007b\u202ec'],
        ['X-Long', 'x'.repeat(600)],
        ['X-__proto__', '1'],
      ],
    });
    const { params } = await ann.next('invite');
    const shown = [String(params?.['caller_id_name']), String(params?.['caller_id_number'])];
    for (const text of shown) {
      expect(text.length).toBeLessThanOrEqual(64);
      expect(text).not.toMatch(/\p{C}/u);
    }
    const { custom_headers: headers } = params?.['dialogParams'] as {
      custom_headers: readonly { name: string; value: string }[];
    };
    expect(headers).toEqual([
      { name: 'X-Room', value: 'a b c' },
      { name: 'X-__proto__', value: '1' },
    ]);
    peer.ask(sip.port, 'CANCEL', invite.uri, {
      branch: /branch=([^;]+)/.exec(invite.headers.get('Via') ?? '')?.[1] ?? '',
      from: invite.headers.get('From') ?? '',
    });
    await ann.next('bye');
  });

  it('of responses, CANCEL and BYE by somebody who overheard the call', async () => {
    const setting = await (await SipSetting.start()).up();
    const { peer, sip, fixture } = setting;
    const evil = await stranger();
    const ann = await fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    const { request, reply } = await peer.request('INVITE');
    const forged = makeResponse(request, 200, {
      toTag: 'evil',
      headers: [
        ['Contact', `<sip:evil@${evil.place}>`],
        ['Content-Type', 'application/sdp'],
      ],
      body: phoneSdp(),
    });
    evil.send(serializeMessage(forged), sip.port);
    evil.send(serializeMessage({ ...forged, status: 603 }), sip.port);
    await expect.poll(() => setting.refused).toEqual(['stranger', 'stranger']);
    reply(200, { body: phoneSdp() });
    await ann.next('answer');
    await peer.request('ACK');
    const dialog = {
      callId: request.headers.get('Call-ID') ?? '',
      to: request.headers.get('From') ?? '',
      from: `${request.headers.get('To') ?? ''};tag=peer`,
      sequence: 9,
    };
    for (const method of ['BYE', 'CANCEL', 'INVITE', 'UPDATE', 'INFO', 'REFER']) {
      evil.ask(sip.port, method, request.uri, dialog);
    }
    await expect.poll(() => setting.refused.length).toBe(8);
    expect(fixture.server.stats().calls).toBe(1);
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
  });
});

describe('exhaustion', () => {
  it('by huge and deep messages: each is dropped, and the next one served', async () => {
    const setting = await (await SipSetting.start()).up();
    const { peer, sip } = setting;
    const head = (call: string): string[] => [
      'INVITE sip:+4930100@gateway SIP/2.0',
      `Via: SIP/2.0/UDP ${peer.place};branch=z9hG4bK${call}`,
      'From: <sip:a@b>;tag=1',
      'To: <sip:+4930100@gateway>',
      `Call-ID: ${call}`,
      'CSeq: 1 INVITE',
    ];
    const many = (line: string, times: number): string => `${line}\r\n`.repeat(times);
    const bad = [
      `${head('a').join('\r\n')}\r\n${many('X-A: 1', 2_000)}\r\n`,
      `${head('b').join('\r\n')}\r\nSubject: ${'x'.repeat(40_000)}\r\n\r\n`,
      `${head('c').join('\r\n')}\r\nVia: ${'SIP/2.0/UDP a,'.repeat(4_000)}b\r\n\r\n`,
      `${head('d').join('\r\n')}\r\nContact: ${'"\\'.repeat(20_000)}\r\n\r\n`,
      `INVITE sip:${'a'.repeat(30_000)} SIP/2.0\r\n\r\n`,
      `${head('e').join('\r\n')}\r\n${' \r\n'.repeat(10_000)}`,
      '\r\n'.repeat(20_000),
      '\u0000'.repeat(60_000),
    ];
    for (const [at, text] of bad.entries()) {
      peer.send(text, sip.port);
      await expect.poll(() => setting.refused.length, { interval: 5 }).toBe(at + 1);
    }
    expect(new Set(setting.refused)).toEqual(new Set(['malformed']));
    peer.ask(sip.port, 'OPTIONS', 'sip:gateway', { callId: 'alive' });
    expect((await peer.response('OPTIONS')).status).toBe(200);
    expect(setting.caught).toEqual([]);
  });

  it('by thousands of calls that are never acknowledged: as many as the trunk may have, then 503 with Retry-After', async () => {
    const clock = SkippingClock.forTest();
    const trunk = { pingSeconds: 3_600, callsAtOnce: 20 };
    const setting = await (await SipSetting.start(trunk, {}, undefined, { clock })).up();
    const { peer, sip, fixture } = setting;
    const statuses = new Map<number, number>();
    for (let call = 0; call < 1_000; call++) {
      peer.ask(sip.port, 'INVITE', 'sip:+4930200@gateway', {
        body: phoneSdp(),
        callId: `half-${String(call)}`,
        from: `<sip:a@b>;tag=${String(call)}`,
      });
      const { status, headers } = await peer.response('INVITE');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 503) {
        expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0);
      }
    }
    expect(statuses.get(200)).toBeGreaterThanOrEqual(20);
    expect(fixture.server.stats().calls).toBe(20);
    clock.skip(200_000);
    await expect.poll(() => fixture.server.stats().calls).toBe(0);
    clock.skip(200_000);
    await expect.poll(() => clock.pending).toBeLessThanOrEqual(1);
  });

  it('by more requests at once than are kept: told to come back, and nothing more is kept', async () => {
    const clock = SkippingClock.forTest();
    const setting = await (
      await SipSetting.start({ pingSeconds: 3_600 }, {}, undefined, { clock })
    ).up();
    const { peer, sip } = setting;
    let busy = 0;
    for (let at = 0; at < 2_700; at++) {
      const call = String(at);
      peer.ask(sip.port, 'MESSAGE', 'sip:gateway', { callId: call, from: `<sip:a@b>;tag=${call}` });
      const { status, headers } = await peer.response('MESSAGE');
      if (status === 503 && headers.get('Retry-After') === '5') {
        busy += 1;
      }
    }
    expect(busy).toBeGreaterThan(0);
    expect(clock.pending).toBeLessThan(2_600);
    clock.skip(100_000);
    expect(clock.pending).toBeLessThanOrEqual(1);
  });

  it('by a stranger who floods: what he sends is not kept', async () => {
    const clock = SkippingClock.forTest();
    const setting = await (
      await SipSetting.start({ pingSeconds: 3_600 }, {}, undefined, { clock })
    ).up();
    await expect.poll(() => clock.pending).toBeLessThanOrEqual(2);
    const before = clock.pending;
    const evil = await stranger();
    for (let at = 0; at < 3_000; at++) {
      const method = ['INVITE', 'REGISTER', 'OPTIONS', 'SUBSCRIBE'][at % 4] ?? '';
      evil.ask(setting.sip.port, method, 'sip:+4930100@gateway', { callId: String(at) });
      if (at % 50 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await expect.poll(() => setting.refused.length).toBeGreaterThan(1_000);
    expect(clock.pending).toBeLessThanOrEqual(before);
    expect(evil.received.length).toBeLessThan(200);
    const answers = evil.received.map((each) => parseMessage(Buffer.from(serializeMessage(each))));
    expect(answers.every((each) => each.kind === 'response' && each.status === 403)).toBe(true);
  });
});

it('an answer to a page that was made for another call is nobody else’s', async () => {
  const setting = await (await SipSetting.start()).up();
  const { peer, sip, fixture } = setting;
  const ann = await fixture.register('1001');
  const bob = await fixture.register('1002');
  const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930100@gateway', { body: phoneSdp() });
  const offered = await ann.next('invite');
  const callID = String(offered.params?.['callID']);
  const stolen = await bob.request('answer', {
    sessid: bob.sessid,
    sdp: String(offered.params?.['sdp']),
    dialogParams: { callID },
  });
  expect(stolen.error).toBeDefined();
  peer.ask(sip.port, 'CANCEL', invite.uri, {
    branch: /branch=([^;]+)/.exec(invite.headers.get('Via') ?? '')?.[1] ?? '',
  });
  await ann.next('bye');
  await expect.poll(() => fixture.server.stats().calls).toBe(0);
});
