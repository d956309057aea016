import { describe, expect, it } from 'vitest';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import { answerNext, dial } from '../signaling/testing/fixture.ts';
import { SipSetting } from './testing/setting.ts';
import { phoneSdp } from './testing/sip-peer.ts';

/** Legs by RTP and legs by ICE and DTLS, in the order in which they were made. */
const kinds = ({ fixture: { media } }: SipSetting): string[] =>
  [...media.legs.values()].map(({ isRtp }) => (isRtp ? 'rtp' : 'webrtc'));

describe('a party of a trunk whose media is a browser’s', () => {
  it('is taken by the profile of its offer, whatever the trunk says, and answered in kind', async () => {
    const setting = await (await SipSetting.start({ codecs: ['opus', 'PCMU'] })).up();
    const { fixture, peer, sip } = setting;
    const ann = await fixture.register('1001', { offhook: { v: 1 } });
    const body = fakeSdp('jssip', 'opus', 'PCMU');
    const invite = peer.ask(sip.port, 'INVITE', 'sip:+4930100@gw', { body });
    await answerNext(ann);
    const ok = await peer.response('INVITE');
    peer.acknowledge(sip.port, invite, ok);
    expect(kinds(setting)).toEqual(['webrtc', 'webrtc']);
    // It holds by a description of the same kind.
    const held = peer.ask(sip.port, 'INVITE', 'sip:x@gw', {
      sequence: 2,
      to: ok.headers.get('To') ?? '',
      body: body.replace('a=sendrecv', 'a=sendonly'),
    });
    peer.acknowledge(sip.port, held, await peer.response('INVITE'));
    expect((await ann.next('offhook')).params).toMatchObject({ event: 'remote_held' });
  });

  it('is offered ICE and DTLS where the trunk says so, and may answer early and late', async () => {
    const setting = await (await SipSetting.start({ media: 'webrtc', codecs: ['PCMU'] })).up();
    const { fixture, peer } = setting;
    const ann = await fixture.register('1001');
    await dial(ann, '+494011122');
    const { request, reply } = await peer.request('INVITE');
    expect(request.body).toContain('UDP/TLS/RTP/SAVPF');
    reply(183, { body: fakeSdp('jssip', 'PCMU') });
    await ann.next('media');
    reply(200, { body: fakeSdp('jssip', 'PCMU') });
    await ann.next('answer');
    await peer.request('ACK');
    expect(kinds(setting)).toEqual(['webrtc', 'webrtc']);
  });

  it('is told of digits by INFO, since no browser reads events', async () => {
    const setting = await (await SipSetting.start({ media: 'webrtc', codecs: ['PCMU'] })).up();
    const { fixture, peer } = setting;
    const ann = await fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    const { reply } = await peer.request('INVITE');
    reply(200, { body: `${fakeSdp('jssip', 'PCMU')}a=rtpmap:101 telephone-event/8000\r\n` });
    await ann.next('answer');
    await peer.request('ACK');
    await ann.request('info', { dtmf: '5', dialogParams: { callID } });
    const { request, reply: answer } = await peer.request('INFO');
    expect(request.body).toContain('Signal=5');
    answer(200);
  });

  it('by RTP stays by RTP on the same trunk', async () => {
    const setting = await (await SipSetting.start({ media: 'webrtc' })).up();
    const { fixture, peer, sip } = setting;
    const ann = await fixture.register('1001');
    peer.ask(sip.port, 'INVITE', 'sip:+4930100@gw', { body: phoneSdp() });
    await answerNext(ann);
    await peer.response('INVITE');
    expect(kinds(setting).sort()).toEqual(['rtp', 'webrtc']);
  });
});
