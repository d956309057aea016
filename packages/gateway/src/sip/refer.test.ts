import { describe, expect, it, vi } from 'vitest';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import type { WireClient } from '../signaling/testing/wire-client.ts';
import { tagOf } from './core/address.ts';
import { parseMessage, type SipRequest, type SipResponse } from './core/message.ts';
import { readRefer } from './core/referral.ts';
import { called, follow, type PeerCall } from './testing/calls.ts';
import { SipSetting } from './testing/setting.ts';
import { phoneSdp } from './testing/sip-peer.ts';

const NUMBERS = { '+4930100': '1001', '+4930200': 'echo', '+4930300': '1003' };

async function start(trunk: Record<string, unknown> = {}): Promise<SipSetting> {
  return (await SipSetting.start({ refer: true, numbers: NUMBERS, ...trunk })).up();
}

let sequence = 10;

async function refer(
  { peer, sip }: SipSetting,
  { callId, to }: PeerCall,
  referTo: string,
  headers: readonly (readonly [string, string])[] = [],
): Promise<SipResponse> {
  peer.ask(sip.port, 'REFER', 'sip:offhook@127.0.0.1', {
    callId,
    to,
    sequence: ++sequence,
    headers: [['Refer-To', referTo], ...headers],
  });
  return peer.response('REFER', 200);
}

async function notified({ peer }: SipSetting): Promise<{ line: string; state: string }> {
  const { request, reply } = await peer.request('NOTIFY');
  expect(request.headers.get('Event')).toMatch(/^refer;id=\d+$/);
  expect(request.headers.get('Content-Type')).toBe('message/sipfrag;version=2.0');
  reply(200);
  return { line: request.body.trim(), state: request.headers.get('Subscription-State') ?? '' };
}

async function extend(client: WireClient): Promise<void> {
  await client.request('gatewayState', { offhook: { v: 1 } });
}

describe('a REFER of a trunk', () => {
  it('rings whom it names, tells how that went, and ends the call of who sent it', async () => {
    const setting = await start();
    const { fixture, peer } = setting;
    const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
    const call = await called(setting, '+4930100', 'r1', () => answerNext(ann));
    expect((await refer(setting, call, '<sip:+4930300@pbx.example>')).status).toBe(202);
    expect(await notified(setting)).toMatchObject({ line: 'SIP/2.0 100 Trying' });
    await answerNext(carla);
    expect(await notified(setting)).toEqual({
      line: 'SIP/2.0 200 OK',
      state: 'terminated;reason=noresource',
    });
    const bye = await peer.request('BYE');
    bye.reply(200);
    expect((await ann.next('display')).params).toMatchObject({ display_number: '1003' });
  });

  it('thirty a minute for each call, whatever other calls of the trunk asked for', async () => {
    const setting = await start();
    const calls = [
      await called(setting, '+4930200', 'm1'),
      await called(setting, '+4930200', 'm2'),
    ] as const;
    for (let i = 0; i < 30; i++) {
      expect((await refer(setting, calls[0], '<sip:+4930300@pbx.example>')).status).toBe(480);
    }
    expect((await refer(setting, calls[0], '<sip:+4930300@pbx.example>')).status).toBe(503);
    expect((await refer(setting, calls[1], '<sip:+4930300@pbx.example>')).status).toBe(480);
  });

  it('whom it names is busy: it is told so, and the call goes on', async () => {
    const setting = await start();
    const { fixture, peer, sip } = setting;
    const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
    const call = await called(setting, '+4930100', 'r2', () => answerNext(ann));
    await refer(setting, call, 'sip:+4930300@pbx.example');
    await notified(setting);
    const { params } = await carla.next('invite');
    await hangup(carla, String(params?.['callID']), 'USER_BUSY', 17);
    expect(await notified(setting)).toMatchObject({ line: 'SIP/2.0 486 Busy Here' });
    expect(ann.has('bye')).toBe(false);
    peer.ask(sip.port, 'BYE', 'sip:offhook@127.0.0.1', {
      callId: 'r2',
      to: call.to,
      sequence: ++sequence,
    });
    await ann.next('bye');
  });

  it.each([
    ['a premium number', '<sip:+4990012345@pbx.example>', 403],
    ['a number outside', '<sip:+4940111@pbx.example>', 403],
    ['a user by name, who is none of its numbers', '<sip:1002@pbx.example>', 403],
    ['nobody', '<sip:+4930300@pbx.example>', 480],
    ['a mail', '<mailto:ann@pbx.example>', 400],
    ['a subscription', '<sip:+4930300@pbx.example;method=SUBSCRIBE>', 400],
    ['a dialog that is none', '<sip:x@pbx.example?Replaces=no%3Bto-tag%3Da%3Bfrom-tag%3Db>', 404],
  ])('to %s is refused, and changes nothing', async (_, target, status) => {
    const setting = await start();
    const { fixture, peer } = setting;
    const ann = await fixture.register('1001');
    await fixture.register('1002');
    const call = await called(setting, '+4930100', 'r3', () => answerNext(ann));
    expect((await refer(setting, call, target)).status).toBe(status);
    await ann.barrier();
    expect(ann.has('bye')).toBe(false);
    const sent = (method: string) =>
      peer.received.some((each) => each.kind === 'request' && each.method === method);
    expect([sent('NOTIFY'), sent('INVITE')]).toEqual([false, false]);
  });

  it('is declined where the trunk may not', async () => {
    const setting = await start({ refer: false });
    const ann = await setting.fixture.register('1001');
    const call = await called(setting, '+4930100', 'r4', () => answerNext(ann));
    expect((await refer(setting, call, '<sip:+4930300@pbx.example>')).status).toBe(603);
  });

  it('without a subscription (RFC 4488) tells nothing more', async () => {
    const setting = await start();
    const { peer } = setting;
    const ann = await setting.fixture.register('1001');
    const call = await called(setting, '+4930100', 'r5', () => answerNext(ann));
    const { status } = await refer(setting, call, '<sip:+4930200@pbx.example>', [
      ['Refer-Sub', 'false'],
    ]);
    expect(status).toBe(202);
    (await peer.request('BYE')).reply(200);
    expect((await ann.next('display')).params).toMatchObject({ display_name: 'echo' });
    const notifies = peer.received.filter(
      (each) => each.kind === 'request' && each.method === 'NOTIFY',
    );
    expect(notifies).toHaveLength(0);
  });

  it('with Replaces joins the far parties of two of its calls', async () => {
    const setting = await start();
    const { fixture, peer } = setting;
    const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
    const first = await called(setting, '+4930100', 'r6', () => answerNext(ann));
    const second = await called(setting, '+4930300', 'r7', () => answerNext(carla));
    const replaces = encodeURIComponent(`r7;to-tag=${tagOf(second.to) ?? ''};from-tag=peer`);
    const { status } = await refer(
      setting,
      first,
      `<sip:+4930300@pbx.example?Replaces=${replaces}>`,
    );
    expect(status).toBe(202);
    await notified(setting);
    await follow(carla);
    expect(await notified(setting)).toMatchObject({ line: 'SIP/2.0 200 OK' });
    for (let calls = 0; calls < 2; calls += 1) {
      (await peer.request('BYE')).reply(200);
    }
    expect((await ann.next('display')).params).toMatchObject({ display_number: '1003' });
    expect((await carla.next('display')).params).toMatchObject({ display_number: '1001' });
  });
});

describe('a browser hands a telephone over', () => {
  it('blind, to another browser: the telephone stays where it is', async () => {
    const setting = await start();
    const { fixture, peer } = setting;
    const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
    await extend(ann);
    let callID = '';
    await called(setting, '+4930100', 'b1', async () => {
      callID = await answerNext(ann);
    });
    const reply = await ann.request('modify', {
      sessid: ann.sessid,
      action: 'transfer',
      destination: '1003',
      dialogParams: { callID },
    });
    expect(reply.result).toBeDefined();
    await answerNext(carla);
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'BLIND_TRANSFER' });
    await carla.barrier();
    expect(peer.received.some((each) => each.kind === 'request' && each.method === 'BYE')).toBe(
      false,
    );
  });

  it('blind, while the telephone asks for the same by REFER: it is told to ask again', async () => {
    const setting = await start();
    const { fixture } = setting;
    const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
    let callID = '';
    const call = await called(setting, '+4930100', 'b3', async () => {
      callID = await answerNext(ann);
    });
    await extend(ann);
    const reply = await ann.request('modify', {
      sessid: ann.sessid,
      action: 'transfer',
      destination: '1003',
      dialogParams: { callID },
    });
    expect(reply.result).toBeDefined();
    expect((await refer(setting, call, '<sip:+4930300@pbx.example>')).status).toBe(491);
    await answerNext(carla);
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'BLIND_TRANSFER' });
  });

  it('blind, into the network: by the rules of who hands over, and a premium number is refused', async () => {
    const setting = await start({ numbers: NUMBERS });
    const { fixture, peer } = setting;
    const ann = await fixture.register('1001');
    let callID = '';
    await called(setting, '+4930100', 'b2', async () => {
      callID = await answerNext(ann);
    });
    const transfer = (destination: string) =>
      ann.request('modify', {
        sessid: ann.sessid,
        action: 'transfer',
        destination,
        dialogParams: { callID },
      });
    expect((await transfer('+1900555')).error).toMatchObject({
      data: { cause: 'OUTGOING_CALL_BARRED', sipReason: 'NOT_ALLOWED' },
    });
    await transfer('+494011122');
    const { request, reply } = await peer.request('INVITE');
    // Who is handed over is shown by name; the number is one that Ann may show.
    expect(request.headers.get('From')).toContain('"Bob" <sip:+4930100@');
    reply(200, { body: phoneSdp('0 101') });
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'BLIND_TRANSFER' });
    await peer.request('ACK');
  });

  it('blind, a browser into the network: its page is asked to take the codec of the network', async () => {
    const setting = await start();
    const { fixture, peer } = setting;
    const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
    const { callID } = await dial(ann, '1003');
    const there = await answerNext(carla);
    await ann.next('answer');
    await ann.request('modify', {
      sessid: ann.sessid,
      action: 'transfer',
      destination: '+494011122',
      dialogParams: { callID },
    });
    const { request, reply } = await peer.request('INVITE');
    expect(request.body).toMatch(/RTP\/\S+ 0 101/);
    // The page could not hear that: it hears ringing.
    reply(183, { body: phoneSdp('0 101') });
    await vi.waitFor(
      () => {
        const sources = [...fixture.media.legs.values()].map(({ source }) => source?.kind);
        expect(sources).toContain('ringback');
      },
      { timeout: 30_000 },
    );
    // And what came early need not come again.
    reply(200);
    await peer.request('ACK');
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'BLIND_TRANSFER' });
    const { params } = await carla.next('attach');
    expect(params).toMatchObject({ callID: there });
    expect(params?.['sdp']).toContain('PCMU/8000');
    await carla.request('attach', {
      sessid: carla.sessid,
      sdp: fakeSdp('again', 'PCMU'),
      dialogParams: { callID: there },
    });
    expect((await carla.next('display')).params).toMatchObject({ display_number: '+494011122' });
    await carla.barrier();
    const legs = [...fixture.media.legs.values()];
    expect(legs.map(({ codec, connectedTo }) => [codec, connectedTo !== null])).toEqual([
      ['PCMU', true],
      ['PCMU', true],
    ]);
    await hangup(carla, there, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
  });

  it('attended: two telephones are joined by a new offer to one of them', async () => {
    const setting = await start();
    const { fixture, peer } = setting;
    const ann = await fixture.register('1001');
    const calls: string[] = [];
    await called(setting, '+4930100', 'a1', async () => {
      calls.push(await answerNext(ann));
    });
    const { callID } = await dial(ann, '+494011122');
    const outbound = await peer.request('INVITE');
    outbound.reply(200, { body: phoneSdp('0 101') });
    await ann.next('answer');
    await peer.request('ACK');
    const reply = await ann.request('modify', {
      sessid: ann.sessid,
      action: 'replace',
      replaceCallID: callID,
      dialogParams: { callID: calls[0] },
    });
    expect(reply.result).toBeDefined();
    const again = await peer.request('INVITE');
    expect(tagOf(again.request.headers.get('To'))).toBeDefined();
    again.reply(200, { body: phoneSdp('0 101') });
    await peer.request('ACK');
    const byes = [(await ann.next('bye')).params, (await ann.next('bye')).params];
    expect(byes.map((each) => each?.['cause'])).toEqual(['ATTENDED_TRANSFER', 'ATTENDED_TRANSFER']);
    expect(fixture.server.stats().calls).toBe(1);
  });

  it('attended, a browser to a telephone, and takes it back: both calls are as they were', async () => {
    const setting = await start();
    const { fixture, peer } = setting;
    const [ann, carla] = [await fixture.register('1001'), await fixture.register('1003')];
    await extend(ann);
    const codecs = { sdp: fakeSdp('ann', 'PCMU') };
    const { callID: first } = await dial(ann, '1003', codecs);
    await answerNext(carla);
    await ann.next('answer');
    const { callID: second } = await dial(ann, '+494011122', codecs);
    (await peer.request('INVITE')).reply(200, { body: phoneSdp('0 101') });
    await ann.next('answer');
    const modify = (words: Record<string, unknown>) =>
      ann.request('modify', { sessid: ann.sessid, dialogParams: { callID: first }, ...words });
    const offhook = { transfer: 't-1' };
    await modify({ action: 'replace', replaceCallID: second, offhook });
    await carla.next('attach');
    await modify({ action: 'transfer', offhook: { ...offhook, cancel: true } });
    expect((await ann.next('offhook')).params).toMatchObject({ cause: 'ORIGINATOR_CANCEL' });
    await follow(carla);
    expect([ann.has('bye'), fixture.server.stats().calls]).toEqual([false, 2]);
  });

  it('attended, and the telephone refuses the offer: both calls are as they were', async () => {
    const setting = await start();
    const { fixture, peer } = setting;
    const ann = await fixture.register('1001');
    await extend(ann);
    const calls: string[] = [];
    await called(setting, '+4930100', 'a2', async () => {
      calls.push(await answerNext(ann));
    });
    const { callID } = await dial(ann, '+494011122');
    const outbound = await peer.request('INVITE');
    outbound.reply(200, { body: phoneSdp('0 101') });
    await ann.next('answer');
    await peer.request('ACK');
    await ann.request('modify', {
      sessid: ann.sessid,
      action: 'replace',
      replaceCallID: callID,
      dialogParams: { callID: calls[0] },
    });
    const again = await peer.request('INVITE');
    again.reply(488);
    await peer.request('ACK');
    expect((await ann.next('offhook')).params).toMatchObject({ event: 'transfer_failed' });
    expect(ann.has('bye')).toBe(false);
    expect(fixture.server.stats().calls).toBe(2);
  });
});

describe('what a Refer-To says', () => {
  const read = (referTo: string): unknown => {
    const text = [
      'REFER sip:a@b SIP/2.0',
      'Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1',
      'From: <sip:a@b>;tag=1',
      'To: <sip:c@d>;tag=2',
      'Call-ID: 1',
      'CSeq: 1 REFER',
      `Refer-To: ${referTo}`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
    const message = parseMessage(Buffer.from(text));
    return readRefer(message as SipRequest);
  };

  it('is one address, with a dialog or without', () => {
    expect(read('sip:1003@x')).toMatchObject({ uri: { user: '1003' }, replaces: null });
    expect(read('<sip:1003@x?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&X=1>')).toMatchObject({
      replaces: { callId: 'a@b', localTag: '1', remoteTag: '2' },
    });
  });

  it.each(['', 'nonsense', '<sip:x@y?Replaces=%>', '<sip:x@y?Replaces=a>', '<tel:>'])(
    'cannot be read: %s',
    (referTo) => {
      const found = read(referTo);
      expect(found === null || (found as { uri?: unknown }).uri !== undefined).toBe(true);
    },
  );
});
