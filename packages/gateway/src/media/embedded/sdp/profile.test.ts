import { describe, expect, it } from 'vitest';
import { directionAsked, isWebRtc } from './profile.ts';

const KEY = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 7).toString('base64')}`;
const PRINT = `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`;

const sdp = (...lines: string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines, ''].join(
    '\r\n',
  );

describe('what a description is', () => {
  it.each([
    ['a browser’s', true, ['m=audio 9 UDP/TLS/RTP/SAVPF 0', PRINT]],
    [
      'a browser’s, its fingerprint for the session',
      true,
      [PRINT, 'm=audio 9 UDP/TLS/RTP/SAVPF 0'],
    ],
    ['an old browser’s', true, ['m=audio 9 RTP/SAVPF 0', PRINT]],
    ['a phone’s', false, ['m=audio 4000 RTP/AVP 0']],
    ['a phone’s with keys', false, ['m=audio 4000 RTP/SAVP 0', KEY]],
    ['one that takes either', false, ['m=audio 4000 RTP/SAVP 0', KEY, PRINT]],
    [
      'one with a line of each',
      false,
      ['m=audio 9 UDP/TLS/RTP/SAVPF 0', PRINT, 'm=audio 4 RTP/AVP 0'],
    ],
    [
      'one whose browser line is off',
      false,
      ['m=audio 0 UDP/TLS/RTP/SAVPF 0', 'm=audio 4 RTP/AVP 0'],
    ],
  ])('%s', (_, expected, lines) => {
    expect(isWebRtc(sdp(...lines))).toBe(expected);
  });

  it('none at all is none of a browser', () => {
    expect(isWebRtc('')).toBe(false);
    expect(isWebRtc(`v=0\r\n${'m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(20)}`)).toBe(false);
  });

  it('its direction is the audio’s', () => {
    const video = ['m=video 9 UDP/TLS/RTP/SAVPF 96', 'a=sendrecv'];
    const held = ['m=audio 9 UDP/TLS/RTP/SAVPF 0', PRINT, 'a=sendonly', ...video];
    expect(directionAsked(sdp(...held))).toBe('sendonly');
    expect(directionAsked(sdp('m=audio 4000 RTP/AVP 0', 'a=inactive'))).toBe('inactive');
  });
});
