import { describe, expect, it, onTestFinished } from 'vitest';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import { cseqOf } from './core/message.ts';
import { SipSetting } from './testing/setting.ts';
import { phoneSdp, SipPeer } from './testing/sip-peer.ts';

describe('a call into the telephone network', () => {
  it('rings, is answered, and is hung up by the browser with a BYE that names the cause', async () => {
    const { fixture, peer } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001');
    const { callID } = await dial(ann, '040 111-22');
    const { request, reply } = await peer.request('INVITE');
    expect(request.uri).toMatch(/^sip:\+494011122@127\.0\.0\.1/);
    expect(request.headers.get('From')).toContain('sip:+4930100@');
    expect(request.headers.get('Contact')).toMatch(/^<sip:offhook@127\.0\.0\.1:\d+>$/);
    reply(100);
    reply(180);
    await ann.next('ringing');
    reply(200, { body: phoneSdp('0 101'), headers: [['X-Room', '7']] });
    const answer = await ann.next('answer');
    expect(answer.params).toMatchObject({
      callID,
      dialogParams: { custom_headers: [{ name: 'X-Room', value: '7' }] },
    });
    const ack = await peer.request('ACK');
    expect(cseqOf(ack.request.headers).number).toBe(cseqOf(request.headers).number);
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    const bye = await peer.request('BYE');
    expect(bye.request.headers.get('Reason')).toBe('Q.850;cause=16');
    bye.reply(200);
  });

  it('tells the true cause, status, words and Call-ID of a refusal; a Reason header wins', async () => {
    const { fixture, peer } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001');
    const cases = [
      [486, [], 'USER_BUSY', 17],
      [404, [], 'UNALLOCATED_NUMBER', 1],
      [480, [['Reason', 'Q.850;cause=20;text="absent"']], 'SUBSCRIBER_ABSENT', 20],
      [603, [], 'CALL_REJECTED', 21],
      [488, [], 'INCOMPATIBLE_DESTINATION', 88],
    ] as const;
    for (const [status, headers, cause, causeCode] of cases) {
      await dial(ann, '+494011122');
      const { request, reply } = await peer.request('INVITE');
      reply(status, { headers, reason: 'Because' });
      const { params } = await ann.next('bye');
      const sipCallId = request.headers.get('Call-ID');
      expect(params).toMatchObject({
        cause,
        causeCode,
        sipCode: status,
        sipReason: 'Because',
        sipCallId,
      });
      await peer.request('ACK');
    }
  });

  it('lets the browser hear early media, and settles on the codec that the network chose', async () => {
    const { fixture, peer } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001');
    await dial(ann, '+494011122');
    const { request, reply } = await peer.request('INVITE');
    expect(request.body).toMatch(/RTP\/\S+ 0 8 101/);
    reply(183, { body: phoneSdp('8 101') });
    const media = await ann.next('media');
    expect(media.params?.['sdp']).toMatch(/^m=audio 9 UDP\/TLS\/RTP\/SAVPF 8 101\r$/m);
    reply(200, { body: phoneSdp('8 101') });
    await ann.next('answer');
    expect(ann.methods.filter((method) => method === 'media')).toHaveLength(1);
    await peer.request('ACK');
  });

  it.each([
    ['none at all', false],
    ['one in its 183 only', true],
  ] as const)('that is answered with %s as description', async (_, early) => {
    const { fixture, peer } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    const { reply } = await peer.request('INVITE');
    if (early) {
      reply(183, { body: phoneSdp('8 101') });
    }
    reply(200);
    await peer.request('ACK');
    if (!early) {
      expect((await ann.next('bye')).params).toMatchObject({ cause: 'INCOMPATIBLE_DESTINATION' });
    } else {
      await ann.next('answer');
      await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    }
    (await peer.request('BYE')).reply(200);
  });

  it('is cancelled while it rings; a 200 that crossed the CANCEL is acknowledged and ended', async () => {
    const { fixture, peer } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    const { reply } = await peer.request('INVITE');
    reply(180);
    await ann.next('ringing');
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    const cancel = await peer.request('CANCEL');
    cancel.reply(200);
    reply(200, { body: phoneSdp() });
    await peer.request('ACK');
    const bye = await peer.request('BYE');
    bye.reply(200);
  });

  it('answers a challenge with the credentials of the trunk', async () => {
    const credentials = { username: 'ann', password: 'secret' };
    const { fixture, peer } = await (await SipSetting.start(credentials)).up();
    const ann = await fixture.register('1001');
    await dial(ann, '+494011122');
    const first = await peer.request('INVITE');
    first.reply(407, {
      headers: [
        ['Proxy-Authenticate', 'Digest realm="net", nonce="n1", qop="auth", algorithm=MD5'],
      ],
    });
    const second = await peer.request('INVITE');
    expect(second.request.headers.get('Proxy-Authorization')).toMatch(
      /^Digest username="ann", realm="net"/,
    );
    expect(cseqOf(second.request.headers).number).toBe(cseqOf(first.request.headers).number + 1);
    second.reply(407, { headers: [['Proxy-Authenticate', 'Digest realm="net", nonce="n2"']] });
    const { params } = await ann.next('bye');
    expect(params).toMatchObject({ cause: 'CALL_REJECTED', sipCode: 407 });
  });

  it('sends a lost INVITE again', async () => {
    const { fixture, peer } = await (await SipSetting.start()).up();
    let lost = 0;
    peer.drop = (message) =>
      typeof message !== 'string' &&
      message.kind === 'request' &&
      message.method === 'INVITE' &&
      ++lost < 3;
    const ann = await fixture.register('1001');
    await dial(ann, '+494011122');
    const { reply } = await peer.request('INVITE');
    reply(486);
    await ann.next('bye');
    expect(lost).toBe(3);
  });

  it('is refused with a name where a rule does not allow it', async () => {
    const { fixture, peer } = await (await SipSetting.start()).up();
    const [ann, bob] = [await fixture.register('1001'), await fixture.register('1002')];
    await dial(ann, '+1900555');
    expect((await ann.next('bye')).params).toMatchObject({
      causeCode: 52,
      sipReason: 'NOT_ALLOWED',
    });
    await dial(bob, '+494011122');
    expect((await bob.next('bye')).params).toMatchObject({
      causeCode: 52,
      sipReason: 'NOT_ALLOWED',
    });
    await dial(ann, '+494011122', { dialog: { caller_id_number: '+4930999' } });
    expect((await ann.next('bye')).params).toMatchObject({
      causeCode: 52,
      sipReason: 'CALLER_ID_NOT_ALLOWED',
    });
    expect(peer.received.some((each) => each.kind === 'request' && each.method === 'INVITE')).toBe(
      false,
    );
  });

  it('is refused with a name where the token of the caller does not allow it', async () => {
    const { fixture, peer } = await (await SipSetting.start()).up();
    const user = fixture.auth.users.get('1001');
    if (!user) {
      throw new Error('no user');
    }
    fixture.auth.users.set('1001', { ...user, dialling: { routes: ['+4930'] } });
    const ann = await fixture.register('1001');
    await dial(ann, '+494011122');
    expect((await ann.next('bye')).params).toMatchObject({ sipReason: 'NOT_ALLOWED' });
    await dial(ann, '+493011122');
    (await peer.request('INVITE')).reply(486);
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'USER_BUSY' });
  });

  it('is refused where the trunk filled up between its being routed and dialled', async () => {
    const { fixture, peer } = await (await SipSetting.start({ callsAtOnce: 1 })).up();
    const ann = await fixture.register('1001');
    await Promise.all([dial(ann, '+494011122'), dial(ann, '+494011133')]);
    expect((await ann.next('bye')).params).toMatchObject({ sipReason: 'TRUNK_FULL' });
    const { reply } = await peer.request('INVITE');
    reply(486);
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'USER_BUSY' });
  });

  it('carries digits by INFO where the trunk says so, and by events in the audio elsewhere', async () => {
    for (const dtmf of ['info', 'rfc4733']) {
      const { fixture, peer } = await (await SipSetting.start({ dtmf })).up();
      const ann = await fixture.register('1001');
      const { callID } = await dial(ann, '+494011122');
      const { reply } = await peer.request('INVITE');
      reply(200, { body: phoneSdp() });
      await ann.next('answer');
      await ann.request('info', { dtmf: '5', sessid: ann.sessid, dialogParams: { callID } });
      if (dtmf === 'info') {
        const info = await peer.request('INFO');
        expect(info.request.body).toContain('Signal=5');
        info.reply(200);
      } else {
        await expect.poll(() => fixture.media.log.includes('digits 5')).toBe(true);
      }
    }
  });
});

describe('a call from the telephone network', () => {
  it('rings the user whose number it is, and is answered and hung up', async () => {
    const setting = await (await SipSetting.start()).up();
    const { fixture, peer, sip } = setting;
    const ann = await fixture.register('1001');
    const invite = peer.ask(sip.port, 'INVITE', 'sip:004930100@gateway', {
      body: phoneSdp(),
      headers: [['X-Room', '7']],
    });
    const offer = await ann.next('invite');
    expect(offer.params).toMatchObject({
      caller_id_name: 'Bob',
      caller_id_number: '+4940111',
      dialogParams: { custom_headers: [{ name: 'X-Room', value: '7' }] },
    });
    expect((await peer.response('INVITE', 180)).status).toBe(180);
    const answered = ann.request('answer', {
      sessid: ann.sessid,
      sdp: String(offer.params?.['sdp']),
      dialogParams: { callID: offer.params?.['callID'] },
    });
    const ok = await peer.response('INVITE');
    expect(ok.status).toBe(200);
    expect(ok.body).toContain('m=audio');
    await answered;
    peer.acknowledge(sip.port, invite, ok);
    peer.ask(sip.port, 'BYE', 'sip:x@gateway', {
      sequence: 2,
      to: ok.headers.get('To') ?? '',
      headers: [['Reason', 'Q.850;cause=16']],
    });
    expect((await peer.response('BYE')).status).toBe(200);
    expect((await ann.next('bye')).params).toMatchObject({
      cause: 'NORMAL_CLEARING',
      sipCallId: 'c1',
    });
  });

  it('is answered by a service, and told of hold and of digits by INFO', async () => {
    const { peer, sip, fixture } = await (await SipSetting.start()).up();
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930200@gateway', { body: phoneSdp() });
    const ok = await peer.response('INVITE');
    expect(ok.status).toBe(200);
    peer.acknowledge(sip.port, invite, ok);
    const to = ok.headers.get('To') ?? '';
    const held = peer.ask(sip.port, 'INVITE', 'sip:x@gateway', {
      sequence: 2,
      to,
      body: phoneSdp('0 101', ['a=sendonly']),
    });
    const again = await peer.response('INVITE');
    expect(again.status).toBe(200);
    expect([...fixture.media.legs.values()].map((leg) => leg.held)).toEqual([true]);
    peer.acknowledge(sip.port, held, again);
    peer.ask(sip.port, 'BYE', 'sip:x@gateway', { sequence: 3, to });
    await peer.response('BYE');
  });

  it('is no hold where the phone turns another media line off', async () => {
    const { peer, sip, fixture } = await (await SipSetting.start()).up();
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930200@gateway', { body: phoneSdp() });
    const ok = await peer.response('INVITE');
    peer.acknowledge(sip.port, invite, ok);
    const to = ok.headers.get('To') ?? '';
    const body = phoneSdp('0 101', ['m=video 40002 RTP/AVP 97', 'a=inactive']);
    peer.ask(sip.port, 'INVITE', 'sip:x@gateway', { sequence: 2, to, body });
    expect((await peer.response('INVITE')).status).toBe(200);
    expect([...fixture.media.legs.values()].map((leg) => leg.held)).toEqual([false]);
  });

  it('is told of a hold by the phone as remote_held', async () => {
    const { peer, sip, fixture } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001', { offhook: { v: 1 } });
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930100@gateway', { body: phoneSdp() });
    await answerNext(ann);
    const ok = await peer.response('INVITE');
    peer.acknowledge(sip.port, invite, ok);
    const to = ok.headers.get('To') ?? '';
    const body = phoneSdp('0 101', ['a=sendonly']);
    const held = peer.ask(sip.port, 'INVITE', 'sip:x@gateway', { sequence: 2, to, body });
    peer.acknowledge(sip.port, held, await peer.response('INVITE'));
    expect((await ann.next('offhook')).params).toMatchObject({ event: 'remote_held' });
  });

  it('is cancelled: the browser stops ringing, and the INVITE is answered with 487', async () => {
    const { peer, sip, fixture } = await (await SipSetting.start()).up();
    const ann = await fixture.register('1001');
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930100@gateway', { body: phoneSdp() });
    await ann.next('invite');
    const branch = /branch=([^;]+)/.exec(invite.headers.get('Via') ?? '')?.[1] ?? '';
    peer.ask(sip.port, 'CANCEL', invite.uri, { branch });
    expect((await peer.response('CANCEL')).status).toBe(200);
    const final = await peer.response('INVITE');
    expect(final.status).toBe(487);
    peer.acknowledge(sip.port, invite, final);
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'ORIGINATOR_CANCEL' });
  });

  it('gets 404 for a number of nobody, 480 for a user who is away, 488 without a codec', async () => {
    const { peer, sip } = await (await SipSetting.start()).up();
    const cases = [
      ['+4930555', phoneSdp(), 404],
      ['+4930100', phoneSdp(), 480],
      ['+4930100', phoneSdp('18'), 488],
    ] as const;
    for (const [index, [number, body, status]] of cases.entries()) {
      const callId = `case-${String(index)}`;
      const invite = peer.ask(sip.port, 'INVITE', `sip:${number}@gateway`, { body, callId });
      const final = await peer.response('INVITE');
      expect([number, final.status]).toEqual([number, status]);
      peer.acknowledge(sip.port, invite, final);
    }
  });

  it('gets 420 for what is required and unknown, 481 for a dialog that is none, 501 for a method of nobody', async () => {
    const { peer, sip } = await (await SipSetting.start()).up();
    const headers = [['Require', '100rel']] as const;
    peer.ask(sip.port, 'INVITE', 'sip:+4930100@gateway', { body: phoneSdp(), headers });
    const refused = await peer.response('INVITE');
    expect([refused.status, refused.headers.get('Unsupported')]).toEqual([420, '100rel']);
    peer.ask(sip.port, 'BYE', 'sip:x@gateway', { to: '<sip:x@gateway>;tag=none', callId: 'c2' });
    expect((await peer.response('BYE')).status).toBe(481);
    peer.ask(sip.port, 'FOO', 'sip:x@gateway', { callId: 'c3' });
    expect((await peer.response('FOO')).status).toBe(501);
  });
});

it('a trunk is told what of its message cannot be read, a stranger is not', async () => {
  const { peer, sip, refused } = await (await SipSetting.start()).up();
  const stranger = await SipPeer.open('127.0.0.2');
  onTestFinished(() => {
    stranger.close();
  });
  const twice = [['Max-Forwards', '1']] as const;
  stranger.ask(sip.port, 'INVITE', 'sip:+4930100@gateway', { headers: twice });
  peer.ask(sip.port, 'INVITE', 'sip:+4930100@gateway', { headers: twice });
  expect(await peer.response('INVITE')).toMatchObject({
    status: 400,
    reason: 'Bad Request: Max-Forwards stands twice',
  });
  expect(refused).toEqual(['malformed', 'malformed']);
  expect(stranger.received).toEqual([]);
});

describe('strangers', () => {
  it('are told 403 a few times, and then nothing; what is no SIP is dropped', async () => {
    const setting = await (await SipSetting.start()).up();
    const { sip, refused } = setting;
    const stranger = await SipPeer.open('127.0.0.2');
    onTestFinished(() => {
      stranger.close();
    });
    for (let i = 0; i < 50; i++) {
      stranger.ask(sip.port, 'INVITE', 'sip:+4930100@gateway', {
        body: phoneSdp(),
        callId: `s${String(i)}`,
      });
    }
    stranger.send('garbage that is none\r\n\r\n', sip.port);
    await expect.poll(() => refused.length, { timeout: 10_000 }).toBe(51);
    const answers = (): number[] =>
      stranger.received.flatMap((each) => (each.kind === 'response' ? [each.status] : []));
    await expect.poll(answers).toContain(403);
    expect(answers().length).toBeLessThanOrEqual(12);
    expect(new Set(answers())).toEqual(new Set([403]));
    expect(setting.fixture.server.stats().calls).toBe(0);
  });

  it('end nothing by a response whose CSeq is none', async () => {
    const { sip, refused, caught } = await (await SipSetting.start()).up();
    const stranger = await SipPeer.open('127.0.0.2');
    onTestFinished(() => {
      stranger.close();
    });
    const response = [
      'SIP/2.0 200 OK',
      'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1',
      'From: <sip:a@b>;tag=1',
      'To: <sip:a@b>;tag=2',
      'Call-ID: x',
      'CSeq: x',
      '',
      '',
    ].join('\r\n');
    stranger.send(response, sip.port);
    stranger.send(response.replace('CSeq: x', 'CSeq: 1 INVITE'), sip.port);
    await expect.poll(() => refused).toEqual(['malformed', 'stranger']);
    expect(caught).toEqual([]);
  });

  it('are not heard in a dialog of a trunk', async () => {
    const { sip, peer, refused } = await (await SipSetting.start()).up();
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930200@gateway', { body: phoneSdp() });
    const ok = await peer.response('INVITE');
    peer.acknowledge(sip.port, invite, ok);
    const to = ok.headers.get('To') ?? '';
    const stranger = await SipPeer.open('127.0.0.2');
    onTestFinished(() => {
      stranger.close();
    });
    stranger.ask(sip.port, 'BYE', 'sip:x@gateway', { sequence: 2, to });
    expect((await stranger.response('BYE')).status).toBe(403);
    expect(refused).toEqual(['stranger']);
    peer.ask(sip.port, 'BYE', 'sip:x@gateway', { sequence: 2, to });
    expect((await peer.response('BYE')).status).toBe(200);
  });
});

describe('a trunk that registers', () => {
  it('registers with digest, is called by its Contact, and takes the registration back', async () => {
    const peer = { current: null as SipPeer | null };
    const credentials = { username: 'acct', password: 'pw', register: true };
    const setting = await SipSetting.start(credentials, {}, (made) => {
      made.answersPings = false;
      peer.current = made;
    });
    const first = await setting.peer.request('REGISTER');
    first.reply(401, {
      headers: [['WWW-Authenticate', 'Digest realm="net", nonce="n1", qop="auth"']],
    });
    const second = await setting.peer.request('REGISTER');
    expect(second.request.headers.get('Authorization')).toContain('username="acct"');
    expect(second.request.headers.get('Expires')).toBe('600');
    second.reply(200, { headers: [['Expires', '300']] });
    await setting.up();
    expect(setting.sip.states[0]?.registered).toBe(true);
    const closing = setting.sip.close();
    const last = await setting.peer.request('REGISTER');
    expect(last.request.headers.get('Expires')).toBe('0');
    last.reply(200);
    await closing;
  });

  it('says which realm refused it', async () => {
    const credentials = { username: 'acct', password: 'wrong', register: true };
    const setting = await SipSetting.start(credentials, {}, (made) => {
      made.answersPings = false;
    });
    const challenge = [['WWW-Authenticate', 'Digest realm="net.example", nonce="n1"']] as const;
    (await setting.peer.request('REGISTER')).reply(401, { headers: challenge });
    (await setting.peer.request('REGISTER')).reply(401, { headers: challenge });
    await expect
      .poll(() => setting.sip.states[0]?.reason, { timeout: 10_000 })
      .toBe('wrong credentials (401, realm net.example)');
  });

  it('has its calls taken over by the next server, once, when several fail at the first', async () => {
    const [sick, spare] = [await SipPeer.open('127.0.0.3'), await SipPeer.open('127.0.0.4')];
    onTestFinished(() => {
      sick.close();
      spare.close();
    });
    const setting = await SipSetting.start({ servers: [sick.place, spare.place] });
    const { sip, fixture } = await setting.up();
    const ann = await fixture.register('1001');
    await dial(ann, '+494011122');
    await dial(ann, '+494011133');
    const [first, second] = [await sick.request('INVITE'), await sick.request('INVITE')];
    // Trying is no word about whether the call can be placed.
    first.reply(100);
    first.reply(503);
    (await spare.request('INVITE')).reply(180);
    second.reply(503);
    (await spare.request('INVITE')).reply(180);
    expect(sip.states[0]?.server).toBe(spare.place);
  });

  it('fails over to the next server when one refuses', async () => {
    const spare = await SipPeer.open('127.0.0.3');
    onTestFinished(() => {
      spare.close();
    });
    const sick = await SipPeer.open();
    onTestFinished(() => {
      sick.close();
    });
    sick.answersPings = false;
    const setting = await SipSetting.start({ servers: [sick.place, spare.place] });
    (await sick.request('OPTIONS')).reply(503);
    await setting.up();
    expect(setting.sip.states[0]?.server).toBe(spare.place);
  });
});
