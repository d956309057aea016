import { describe, expect, it } from 'vitest';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import type { WireClient } from '../signaling/testing/wire-client.ts';
import { tagOf } from './core/address.ts';
import { called, follow } from './testing/calls.ts';
import { SipSetting } from './testing/setting.ts';
import { hasSipp, Sipp, type SippOptions } from './testing/sipp.ts';
import { SkippingClock } from './testing/skipping-clock.ts';

const NUMBER = '+494011122';

interface Row {
  readonly setting: SipSetting;
  readonly sipp: Sipp;
  readonly clock: SkippingClock;
  readonly ann: WireClient;
}

/** sipp is the trunk's other end. Ann dials into it. */
async function trunk(
  scenario: string,
  options: SippOptions & { readonly trunk?: Record<string, unknown> } = {},
): Promise<Row & { readonly callID: string }> {
  // The ping at the start, and the call.
  const sipp = await Sipp.answering(scenario, { calls: 2, ...options });
  const clock = SkippingClock.forTest();
  const config = { servers: [sipp.place], pingSeconds: 3_600, ...options.trunk };
  const setting = await SipSetting.start(config, {}, undefined, { clock });
  const ann = await (await setting.up()).fixture.register('1001', { offhook: { v: 1 } });
  const { callID } = await dial(ann, NUMBER);
  return { setting, sipp, clock, ann, callID };
}

/** sipp calls a number of ours by the trunk. */
async function caller(
  scenario: string,
  number: string,
  options: SippOptions & { readonly trunk?: Record<string, unknown> } = {},
): Promise<Row> {
  const clock = SkippingClock.forTest();
  const setting = await SipSetting.start(options.trunk ?? {}, {}, undefined, { clock });
  const ann = await (await setting.up()).fixture.register('1001', { offhook: { v: 1 } });
  const sipp = await Sipp.calling(scenario, setting.sip.port, number, options);
  return { setting, sipp, clock, ann };
}

const endOf = async ({ ann }: Row) => (await ann.next('bye')).params;
const noCalls = ({ setting }: Row) =>
  expect.poll(() => setting.fixture.server.stats().calls).toBe(0);

describe.skipIf(!hasSipp)('a call by a trunk that sipp plays', () => {
  it.each([
    ['486 Busy Here', 'USER_BUSY', 17],
    ['404 Not Found', 'UNALLOCATED_NUMBER', 1],
    ['480 Temporarily Unavailable', 'NO_USER_RESPONSE', 18],
    ['487 Request Terminated', 'ORIGINATOR_CANCEL', 487],
    ['488 Not Acceptable Here', 'INCOMPATIBLE_DESTINATION', 88],
    ['600 Busy Everywhere', 'USER_BUSY', 17],
    ['603 Decline', 'CALL_REJECTED', 21],
  ])('is refused with %s: %s', async (status, cause, causeCode) => {
    const row = await trunk('refuse', { keys: { status } });
    expect(await endOf(row)).toMatchObject({
      cause,
      causeCode,
      sipCode: Number(status.slice(0, 3)),
    });
    await row.sipp.done();
  });

  it('rings, has early media, is answered and hung up', async () => {
    const row = await trunk('answer');
    await row.ann.next('ringing');
    await row.ann.next('media');
    await row.ann.next('answer');
    await hangup(row.ann, row.callID, 'NORMAL_CLEARING', 16);
    await row.sipp.done();
    await noCalls(row);
  });

  it('is not redirected where the trunk does not say so', async () => {
    const keys = { contact: '<sip:+494033344@127.0.0.1>', called: '.' };
    const row = await trunk('redirect', { keys });
    expect(await endOf(row)).toMatchObject({ sipCode: 302, causeCode: 23 });
  });

  it('is redirected, within the trunk and to a number that the caller may dial', async () => {
    const keys = {
      contact:
        '<sip:+1900555@127.0.0.1>, <sip:+494055566@elsewhere.example>, <sip:+494033344@127.0.0.1>;q=0.5',
      called: 'INVITE sip:.494033344@127',
    };
    const row = await trunk('redirect', { keys, trunk: { redirects: 'follow' } });
    await row.ann.next('answer');
    await hangup(row.ann, row.callID, 'NORMAL_CLEARING', 16);
    await row.sipp.done();
    expect(row.setting.refused).toEqual(['redirect', 'redirect']);
  });

  it('is redirected three times and no more', async () => {
    const keys = { domain: '127.0.0.1' };
    const row = await trunk('redirect-loop', { keys, trunk: { redirects: 'follow' } });
    expect(await endOf(row)).toMatchObject({ sipCode: 302 });
    await row.sipp.done();
  });

  it.each(['401', '407'])('is asked for credentials by %s', async (status) => {
    const credentials = { username: 'ann', password: 'secret' };
    const row = await trunk(`challenge-${status}`, { trunk: credentials });
    await row.ann.next('answer');
    await hangup(row.ann, row.callID, 'NORMAL_CLEARING', 16);
    await row.sipp.done();
  });

  it('is dialled at the next server after 503', async () => {
    const spare = await Sipp.answering('answer', { calls: 2 });
    const sick = await Sipp.answering('refuse', { keys: { status: '503 Service Unavailable' } });
    const row = await trunk('answer', { trunk: { servers: [sick.place, spare.place] } });
    await row.ann.next('answer');
    await hangup(row.ann, row.callID, 'NORMAL_CLEARING', 16);
    await spare.done();
  });

  it('is dialled at the next server when one says nothing', async () => {
    const spare = await Sipp.answering('answer', { calls: 2 });
    const mute = await Sipp.answering('no-answer');
    const row = await trunk('answer', { trunk: { servers: [mute.place, spare.place] } });
    row.clock.skip(4_000);
    await row.ann.next('answer');
    await hangup(row.ann, row.callID, 'NORMAL_CLEARING', 16);
    await spare.done();
  });

  it('is not answered by the only server: 408 after 32 seconds', async () => {
    const row = await trunk('no-answer');
    row.clock.skip(33_000);
    expect(await endOf(row)).toMatchObject({ sipCode: 408 });
  });

  it('rings and is cancelled by the caller', async () => {
    const row = await trunk('cancelled');
    await row.ann.next('ringing');
    await hangup(row.ann, row.callID, 'NORMAL_CLEARING', 16);
    await row.sipp.done();
    await noCalls(row);
  });

  it('rings for a minute and is cancelled by us', async () => {
    const row = await trunk('cancelled');
    await row.ann.next('ringing');
    await row.setting.fixture.pass(61_000);
    expect(await endOf(row)).toMatchObject({ cause: 'NO_ANSWER' });
    await row.sipp.done();
  });

  it('is answered while the CANCEL is on its way: ACK and BYE', async () => {
    const row = await trunk('cancel-answered');
    await row.ann.next('ringing');
    await hangup(row.ann, row.callID, 'NORMAL_CLEARING', 16);
    await row.sipp.done();
    await noCalls(row);
  });

  it('whose BYE is lost ends when nothing is heard any more', async () => {
    const row = await trunk('gone');
    await row.ann.next('answer');
    const { media } = row.setting.fixture;
    const rtp = [...media.legs.values()].find(({ isRtp }) => isRtp);
    for (const { leg } of media.legs.values()) {
      media.setState(leg, 'connected');
    }
    media.setState(rtp?.leg ?? '', 'disconnected');
    await row.setting.fixture.pass(61_000);
    expect(await endOf(row)).toMatchObject({ cause: 'MEDIA_TIMEOUT' });
    await row.sipp.done();
  });

  it('is held and resumed by the phone', async () => {
    const row = await trunk('hold');
    await row.ann.next('answer');
    for (const event of ['remote_held', 'remote_resumed']) {
      expect((await row.ann.next('offhook')).params).toMatchObject({ event });
    }
    expect(await endOf(row)).toMatchObject({ cause: 'NORMAL_CLEARING' });
    await row.sipp.done();
  });

  it('lives through glare: 491 both ways, and ours comes again', async () => {
    const row = await trunk('glare');
    await row.ann.next('answer');
    row.clock.skip(45_000);
    // Its own re-INVITE, and ours, have their 491 and ACK.
    await row.sipp.saw('ACK ', 3);
    row.clock.skip(4_000);
    await row.sipp.saw('ACK ', 4);
    await hangup(row.ann, row.callID, 'NORMAL_CLEARING', 16);
    await row.sipp.done();
  });

  it('is refreshed by us', async () => {
    const row = await trunk('refreshed');
    await row.ann.next('answer');
    for (const times of [1, 2]) {
      row.clock.skip(45_000);
      await row.sipp.saw('UPDATE ', times);
    }
    await hangup(row.ann, row.callID, 'NORMAL_CLEARING', 16);
    await row.sipp.done();
  });

  it('is refreshed by the phone', async () => {
    const row = await trunk('refreshes', { keys: { refresh: '300' } });
    await row.ann.next('answer');
    expect(await endOf(row)).toMatchObject({ cause: 'NORMAL_CLEARING' });
    await row.sipp.done();
  });

  it('that the phone does not refresh expires with a BYE', async () => {
    const row = await trunk('expires');
    await row.ann.next('answer');
    row.clock.skip(60_000);
    expect(await endOf(row)).toMatchObject({ causeCode: 102 });
    await row.sipp.done();
  });

  it('asks for the session interval that the phone wants (422)', async () => {
    const row = await trunk('too-small');
    expect(await endOf(row)).toMatchObject({ sipCode: 486 });
    await row.sipp.done();
  });

  it('is not transferred where the trunk may not', async () => {
    const row = await trunk('refer', { keys: { refer_to: 'sip:+1900555@127.0.0.1' } });
    await row.ann.next('answer');
    expect(await endOf(row)).toMatchObject({ cause: 'NORMAL_CLEARING' });
    await row.sipp.done();
  });

  it('carries digits by INFO both ways', async () => {
    const row = await trunk('dtmf-info', { trunk: { dtmf: 'info' } });
    await row.ann.next('answer');
    expect((await row.ann.next('info')).params).toMatchObject({ dtmf: '7' });
    const { ann, callID } = row;
    await ann.request('info', { dtmf: '5', sessid: ann.sessid, dialogParams: { callID } });
    expect(await endOf(row)).toMatchObject({ cause: 'NORMAL_CLEARING' });
    await row.sipp.done();
  });
});

describe.skipIf(!hasSipp)('a call from a trunk that sipp plays', () => {
  it('is answered, and hung up by it', async () => {
    const row = await caller('call', '+4930100');
    await answerNext(row.ann);
    expect(await endOf(row)).toMatchObject({ cause: 'NORMAL_CLEARING' });
    await row.sipp.done();
  });

  it('is handed over by its REFER, which is told how that went', async () => {
    const row = await caller('call-refer', '+4930100', {
      keys: { refer_to: 'sip:+4930200@127.0.0.1' },
      trunk: { refer: true },
    });
    await answerNext(row.ann);
    expect((await row.ann.next('display')).params).toMatchObject({ display_name: 'echo' });
    await row.sipp.done();
    expect(row.setting.fixture.server.stats().calls).toBe(1);
  });

  it('is handed over by its REFER with Replaces to whom another call of the trunk talks to', async () => {
    const numbers = { '+4930100': '1001', '+4930300': '1003' };
    const setting = await (await SipSetting.start({ refer: true, numbers })).up();
    const ann = await setting.fixture.register('1001');
    const carla = await setting.fixture.register('1003');
    const other = await called(setting, '+4930300', 'other', () => answerNext(carla));
    const replaces = `${other.callId};to-tag=${tagOf(other.to) ?? ''};from-tag=peer`;
    const keys = {
      refer_to: `sip:+4930300@127.0.0.1?Replaces=${encodeURIComponent(replaces)}`,
    };
    const sipp = await Sipp.calling('call-refer', setting.sip.port, '+4930100', { keys });
    await answerNext(ann);
    await follow(carla);
    const bye = await setting.peer.request('BYE');
    expect(bye.request.headers.get('Call-ID')).toBe('other');
    bye.reply(200);
    expect((await ann.next('display')).params).toMatchObject({ display_number: '1003' });
    expect((await carla.next('display')).params).toMatchObject({ display_number: '1001' });
    await sipp.done();
    expect(setting.fixture.server.stats().calls).toBe(1);
  });

  it('takes the place of another call of the trunk', async () => {
    const setting = await (await SipSetting.start({ refer: true })).up();
    const ann = await setting.fixture.register('1001');
    const { callId, to } = await called(setting, '+4930100', 'first', () => answerNext(ann));
    const replaces = `${callId};to-tag=${tagOf(to) ?? ''};from-tag=peer`;
    const options = { keys: { replaces } };
    const sipp = await Sipp.calling('call-replaces', setting.sip.port, '+4930100', options);
    (await setting.peer.request('BYE')).reply(200);
    expect((await ann.next('display')).params).toMatchObject({ display_name: 'Bob' });
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'NORMAL_CLEARING' });
    await sipp.done();
    await expect.poll(() => setting.fixture.server.stats().calls).toBe(0);
  });

  it('rings and is cancelled', async () => {
    const row = await caller('call-cancelled', '+4930100');
    await row.ann.next('invite');
    expect(await endOf(row)).toMatchObject({ cause: 'ORIGINATOR_CANCEL' });
    await row.sipp.done();
  });

  it('is held and resumed', async () => {
    const row = await caller('call-hold', '+4930100');
    await answerNext(row.ann);
    for (const event of ['remote_held', 'remote_resumed']) {
      expect((await row.ann.next('offhook')).params).toMatchObject({ event });
    }
    await row.sipp.done();
  });

  it('is refreshed by us', async () => {
    const row = await caller('call-refreshed', '+4930100');
    const callID = await answerNext(row.ann);
    await row.sipp.saw('ACK ', 1);
    for (const times of [1, 2]) {
      row.clock.skip(45_000);
      await row.sipp.saw('UPDATE ', times);
    }
    await hangup(row.ann, callID, 'NORMAL_CLEARING', 16);
    await row.sipp.done();
  });

  it('that it does not refresh expires with a BYE', async () => {
    const row = await caller('call-expires', '+4930100');
    await answerNext(row.ann);
    await row.sipp.saw('ACK ', 1);
    row.clock.skip(60_000);
    expect(await endOf(row)).toMatchObject({ causeCode: 102 });
    await row.sipp.done();
  });
});
