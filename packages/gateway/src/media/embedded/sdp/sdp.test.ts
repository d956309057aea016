import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MediaError } from '../../media-plane.ts';
import type { Codec } from '../../media-plane.ts';
import { chooseFormat, isSamePeer, readRemote } from './negotiate.ts';
import type { LocalSide } from './write.ts';
import { offeredFormat, passableOpusParameters, writeAnswer, writeOffer } from './write.ts';

const FINGERPRINT = Array(32).fill('AB').join(':');
const TRANSPORT = [
  'a=ice-ufrag:L/88',
  'a=ice-pwd:H89++gXFTeSfw3l80fPvZNHM',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=setup:actpass',
];

const sdp = (...lines: readonly (string | readonly string[])[]): string =>
  `${lines.flat().join('\r\n')}\r\n`;
const HEAD = ['v=0', 'o=- 51087 2 IN IP4 127.0.0.1', 's=-', 't=0 0'];

const CHROMIUM_AUDIO = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
  'c=IN IP4 0.0.0.0',
  ...TRANSPORT,
  'a=mid:0',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:13 CN/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
];
const CHROMIUM = sdp(HEAD, 'a=group:BUNDLE 0', CHROMIUM_AUDIO);

const FIREFOX = sdp(
  HEAD,
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=group:BUNDLE 0',
  'a=ice-options:trickle',
  'm=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101',
  'c=IN IP4 0.0.0.0',
  'a=sendrecv',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1',
  'a=fmtp:101 0-15',
  'a=ice-pwd:4a1c2b3d4e5f60718293a4b5c6d7e8f9',
  'a=ice-ufrag:1a2b3c4d',
  'a=mid:0',
  'a=rtcp-mux',
  'a=rtpmap:109 opus/48000/2',
  'a=rtpmap:9 G722/8000/1',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000/1',
  'a=setup:actpass',
);

const VIDEO = ['m=video 9 UDP/TLS/RTP/SAVPF 96 97', 'c=IN IP4 0.0.0.0', ...TRANSPORT, 'a=mid:1'];

const side: LocalSide = {
  sessionId: '123',
  version: 1,
  ice: { ufrag: 'ourufrag', password: 'ourpasswordourpassword' },
  fingerprint: FINGERPRINT,
  candidates: ['candidate:1 1 udp 2130706431 192.0.2.1 20000 typ host'],
  streamId: 'stream',
  trackId: 'track',
  ssrc: 42,
  cname: 'offhook',
  fmtp: 'minptime=10;useinbandfec=1',
};

function answer(text: string, codecs: readonly Codec[] = ['opus', 'PCMU', 'PCMA']): string[] {
  const remote = readRemote(text);
  return writeAnswer(side, remote, chooseFormat(remote, codecs)).split('\r\n');
}

const codeOf = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return error instanceof MediaError ? error.code : error;
  }
};

describe('an offer', () => {
  it('of Chromium is understood', () => {
    const remote = readRemote(CHROMIUM);
    expect(remote.ice).toEqual({ ufrag: 'L/88', password: 'H89++gXFTeSfw3l80fPvZNHM' });
    expect(chooseFormat(remote, ['opus'])).toEqual({
      codec: 'opus',
      payloadType: 111,
      redType: 63,
      prefersRed: false,
      fmtp: 'minptime=10;useinbandfec=1',
      events: new Map([
        [48_000, 110],
        [8_000, 126],
      ]),
      nack: false,
      levelId: 1,
      direction: 'sendrecv',
    });
  });

  it('of Firefox is understood, with its fingerprint for the whole session', () => {
    const remote = readRemote(FIREFOX);
    expect(remote.fingerprints).toEqual([{ algorithm: 'sha-256', value: FINGERPRINT }]);
    const format = chooseFormat(remote, ['opus']);
    expect(format).toMatchObject({ payloadType: 109, events: new Map([[8_000, 101]]) });
  });

  it('with static payload types needs no rtpmap', () => {
    const bare = sdp(HEAD, 'm=audio 9 UDP/TLS/RTP/SAVPF 8 0', TRANSPORT, 'a=rtcp-mux');
    expect(chooseFormat(readRemote(bare), ['PCMU'])).toMatchObject({ payloadType: 0 });
    expect(chooseFormat(readRemote(bare), ['PCMA'])).toMatchObject({ payloadType: 8 });
  });

  it('may leave the transport of a bundle to its first section', () => {
    const bundled = sdp(
      HEAD,
      'a=group:BUNDLE 1 0',
      VIDEO,
      'm=audio 0 UDP/TLS/RTP/SAVPF 111',
      'a=bundle-only',
      'a=mid:0',
      'a=rtpmap:111 opus/48000/2',
    );
    expect(readRemote(bundled).ice.ufrag).toBe('L/88');
  });

  it.each([
    ['nothing', ''],
    ['no SDP', 'INVITE sip:x'],
    ['no audio', sdp(HEAD, VIDEO)],
    ['audio that is refused', CHROMIUM.replace('m=audio 9', 'm=audio 0')],
    ['plain RTP', CHROMIUM.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP')],
    ['no ICE', CHROMIUM.replaceAll(/a=ice-ufrag.*\r\n/g, '')],
    ['a short ICE password', CHROMIUM.replace('H89++gXFTeSfw3l80fPvZNHM', 'short')],
    ['no fingerprint', CHROMIUM.replaceAll(/a=fingerprint.*\r\n/g, '')],
    ['only a SHA-1 fingerprint', CHROMIUM.replace('sha-256', 'sha-1')],
    ['our DTLS role', CHROMIUM.replace('setup:actpass', 'setup:passive')],
    ['too much', CHROMIUM + 'a=x\r\n'.repeat(20_000)],
    ['too many media', sdp(HEAD, CHROMIUM_AUDIO, ...Array<string[]>(16).fill(VIDEO))],
    ['a broken line', CHROMIUM.replace('a=mid:0', 'mid')],
  ])('with %s is refused', (_name, text) => {
    expect(codeOf(() => readRemote(text))).toBe('bad_sdp');
  });

  it('without a codec in common is refused', () => {
    const remote = readRemote(sdp(HEAD, 'm=audio 9 UDP/TLS/RTP/SAVPF 9', TRANSPORT));
    expect(codeOf(() => chooseFormat(remote, ['opus', 'PCMU', 'PCMA']))).toBe('no_codec');
  });

  it('of any content is read or refused, and nothing else', () => {
    const lines = CHROMIUM.split('\r\n');
    const mutation = fc.record({ at: fc.nat(lines.length), text: fc.string({ maxLength: 40 }) });
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 6 }), (changes) => {
        const changed = [...lines];
        for (const { at, text } of changes) {
          const old = changed[at] ?? '';
          changed[at] = old.slice(0, text.length) + text;
        }
        const result = codeOf(() => answer(changed.join('\r\n')));
        expect(Array.isArray(result) || result === 'bad_sdp' || result === 'no_codec').toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('an answer', () => {
  it('holds the codec, its events, the level and nothing else of the offer', () => {
    const lines = answer(CHROMIUM);
    expect(lines).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 111 63 110 126');
    expect(lines).toContain('a=group:BUNDLE 0');
    const maps = lines.filter((line) => line.startsWith('a=rtpmap'));
    expect(maps).toEqual([
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:63 red/48000/2',
      'a=rtpmap:110 telephone-event/48000',
      'a=rtpmap:126 telephone-event/8000',
    ]);
    expect(lines.filter((line) => line.startsWith('a=extmap'))).toEqual([
      'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    ]);
    expect(lines.filter((line) => line.startsWith('a=rtcp-fb'))).toEqual([]);
  });

  it('takes RED where it is of the codec, in the party’s order', () => {
    const preferred = CHROMIUM.replace('SAVPF 111 63', 'SAVPF 63 111');
    expect(answer(preferred)).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 63 111 110 126');
    expect(answer(preferred)).toContain('a=fmtp:63 111/111');
    const other = answer(CHROMIUM.replace('a=fmtp:63 111/111', 'a=fmtp:63 0/0'));
    expect(other).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 111 110 126');
    expect(answer(CHROMIUM, ['PCMU'])).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 0 126');
  });

  it('takes up nack where it was offered', () => {
    const lines = answer(CHROMIUM.replace('a=rtcp-fb:111 transport-cc', 'a=rtcp-fb:111 nack'));
    expect(lines).toContain('a=rtcp-fb:111 nack');
  });

  it('has no group where the offer had none', () => {
    const lines = answer(CHROMIUM.replace('a=group:BUNDLE 0\r\n', ''));
    expect(lines.filter((line) => line.startsWith('a=group'))).toEqual([]);
    expect(lines).toContain('a=mid:0');
  });

  it('takes the first section of the bundle, inactive, where the audio is another one', () => {
    const video = [
      'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
      'a=ice-ufrag:lead',
      'a=ice-pwd:the-password-of-the-first-one',
      `a=fingerprint:sha-256 ${FINGERPRINT}`,
      'a=setup:actpass',
      'a=mid:1',
      'a=rtpmap:96 VP8/90000',
    ];
    const offer = sdp(HEAD, 'a=group:BUNDLE 1 0', video, CHROMIUM_AUDIO);
    expect(readRemote(offer).ice.ufrag).toBe('lead');
    const lines = answer(offer);
    expect(lines).toContain('a=group:BUNDLE 1 0');
    const [head = '', ...media] = lines.join('\r\n').split(/^(?=m=)/m);
    expect(head).toContain('v=0');
    expect(media.map((section) => section.split('\r\n')[0])).toEqual([
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 110 126',
    ]);
    expect(media[0]).toContain('a=inactive');
    expect(media[0]).toContain('a=rtpmap:96 vp8/90000');
    expect(media[0]).toContain(`a=ice-ufrag:${side.ice.ufrag}`);
  });

  it('refuses every other media line in its place, and keeps it out of the bundle', () => {
    const both = sdp(HEAD, 'a=group:BUNDLE 0 1', CHROMIUM_AUDIO, VIDEO);
    const lines = answer(both);
    expect(lines.filter((line) => line.startsWith('m='))).toEqual([
      'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 110 126',
      'm=video 0 UDP/TLS/RTP/SAVPF 96 97',
    ]);
    expect(lines).toContain('a=group:BUNDLE 0');
  });

  it.each([
    ['sendrecv', 'sendrecv'],
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
  ])('turns %s into %s', (offered, answered) => {
    expect(answer(CHROMIUM.replace('a=sendrecv', `a=${offered}`))).toContain(`a=${answered}`);
  });

  it('for G.711 names events of 8 kHz only', () => {
    const lines = answer(CHROMIUM, ['PCMU']);
    expect(lines).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 0 126');
    expect(lines).toContain('a=rtpmap:0 PCMU/8000');
  });
});

describe('our own offer', () => {
  it('is one that we would understand, with one codec', () => {
    const remote = readRemote(writeOffer(side, offeredFormat('opus')));
    expect(chooseFormat(remote, ['PCMU', 'opus'])).toMatchObject({ codec: 'opus', nack: true });
  });
});

describe('what a party likes to hear', () => {
  it('is handed on, but for what is not Opus’s', () => {
    expect(passableOpusParameters('stereo=1; useinbandfec=1;evil=\r\na=x;maxptime=1')).toBe(
      'stereo=1;useinbandfec=1',
    );
    expect(passableOpusParameters(undefined)).toBe('minptime=10;useinbandfec=1');
  });
});

describe('two descriptions', () => {
  it('are of one peer when they name the same certificate', () => {
    const restarted = readRemote(CHROMIUM.replace('ice-ufrag:L/88', 'ice-ufrag:M/99'));
    const other = readRemote(CHROMIUM.replaceAll('AB:', 'CD:'));
    expect(isSamePeer(readRemote(CHROMIUM), restarted)).toBe(true);
    expect(isSamePeer(readRemote(CHROMIUM), other)).toBe(false);
  });
});
