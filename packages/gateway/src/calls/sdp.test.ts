import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { offeredCodecs } from './sdp.ts';

const sdp = (...lines: string[]): string => ['v=0', 's=-', ...lines, ''].join('\r\n');

describe('the codecs of an offer', () => {
  it('are those that we pass through, in the order that the offer prefers', () => {
    const offer = sdp(
      'm=audio 9 UDP/TLS/RTP/SAVPF 8 109 9 0 101',
      'a=rtpmap:109 opus/48000/2',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:101 telephone-event/8000',
    );
    expect(offeredCodecs(offer)).toEqual(['PCMA', 'opus', 'PCMU']);
  });

  it('of other sections do not count, nor a name at another clock rate, nor a static type mapped anew', () => {
    const offer = sdp(
      'm=audio 9 UDP/TLS/RTP/SAVPF 111 0 8',
      'a=rtpmap:111 opus/16000',
      'a=rtpmap:0 X-OTHER/8000',
      'm=audio 9 UDP/TLS/RTP/SAVPF 112',
      'a=rtpmap:112 opus/48000/2',
    );
    expect(offeredCodecs(offer)).toEqual(['PCMA']);
  });

  it.each([
    ['', null],
    ['hello', null],
    [sdp(), null],
    [sdp('m=video 9 UDP/TLS/RTP/SAVPF 96'), null],
    [sdp('m=audio 0 UDP/TLS/RTP/SAVPF 0'), null],
    [sdp('m=audio 9 UDP/TLS/RTP/SAVPF 18'), []],
  ])('of %j: %j', (text, expected) => {
    expect(offeredCodecs(text)).toEqual(expected);
  });

  it('of any text at all: an answer, never a throw', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('m=audio 9 X 0', 'm=audio', 'a=rtpmap:0 opus/48000', 'a=rtpmap:', 'm='),
    );
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n'), (lines, end) => {
        const codecs = offeredCodecs(['v=0', ...lines].join(end));
        expect(codecs === null || codecs.length <= 3).toBe(true);
      }),
    );
  });
});
