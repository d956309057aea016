import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../testing/garbage.ts';
import { MediaError } from '../../media-plane.ts';
import { parseSdp } from './parse.ts';

const HEAD = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0'];
const fill = (count: number, line: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => line(index));
const sdp = (...lines: readonly (string | readonly string[])[]): string =>
  `${[...HEAD, ...lines.flat()].join('\r\n')}\r\n`;
const types = (count: number): string => fill(count, (i) => String(i % 128)).join(' ');

/** Each nearly as long as a description may be. */
const COSTLY: readonly (readonly [string, string])[] = [
  [
    '10,000 formats, and 1,500 lines of feedback for all of them',
    sdp(
      `m=audio 9 UDP/TLS/RTP/SAVPF ${types(10_000)}`,
      fill(1_500, () => 'a=rtcp-fb:* nack'),
    ),
  ],
  ['as many formats as there are', sdp(fill(16, () => `m=audio 9 RTP/SAVPF ${types(128)}`))],
  [
    'feedback for every format, in every section',
    sdp(
      Array.from({ length: 3 }, () => [
        `m=audio 9 UDP/TLS/RTP/SAVPF ${types(128)}`,
        ...fill(590, (i) => `a=rtcp-fb:${String(i % 128)} nack and more`),
      ]).flat(),
    ),
  ],
  ['one attribute of 60,000 characters', sdp('m=audio 9 RTP/SAVPF 0', `a=x:${' '.repeat(60_000)}`)],
  ['60,000 blanks in a media line', sdp(`m=audio 9 RTP/SAVPF${' '.repeat(60_000)}0`)],
  ['a fingerprint of blanks', sdp(`a=fingerprint:x${' '.repeat(60_000)}`)],
  ['a group of 30,000', sdp(`a=group:BUNDLE ${'0 '.repeat(30_000)}`)],
  ['empty lines', `v=0${'\r\n'.repeat(30_000)}`],
];

function cpuOf(action: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 7; run += 1) {
    const before = process.cpuUsage();
    for (let i = 0; i < 5; i += 1) {
      action();
    }
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
  }
  return best;
}

function scan(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i += 1) {
    sum = (sum + text.charCodeAt(i)) | 0;
  }
  return sum;
}

function parse(text: string): void {
  try {
    parseSdp(text);
  } catch (error) {
    if (!(error instanceof MediaError)) {
      throw error;
    }
  }
}

describe('the work for a description', () => {
  it.each(COSTLY)('is bounded by a multiple of a look at each character: %s', (_name, text) => {
    expect(text.length).toBeLessThanOrEqual(65_536);
    parse(text);
    // The scan is of 64 KiB in any case, so that the ratio is not one of two nothings.
    const floor = 'x'.repeat(65_536);
    const look = cpuOf(() => scan(floor));
    expect(
      cpuOf(() => {
        parse(text);
      }) / look,
    ).toBeLessThan(200);
  });

  it('leaves nothing of the text behind: what is kept is what is used', () => {
    const bulk = 'a=x-unknown:' + 'y'.repeat(100);
    const text = (i: number): string =>
      sdp(
        `a=fingerprint:sha-256 ${fill(32, () => (i % 256).toString(16).padStart(2, '0')).join(':')}`,
        `m=audio 9 UDP/TLS/RTP/SAVPF 111 63 126 0`,
        `a=ice-ufrag:user-${String(i)}-of-many`,
        `a=ice-pwd:password-${String(i)}-of-many-others`,
        `a=mid:a-name-of-some-length-${String(i)}`,
        'a=rtpmap:111 opus/48000/2',
        `a=fmtp:111 minptime=10;useinbandfec=1;x=${String(i)}`,
        fill(500, () => bulk),
      );
    const kept: unknown[] = [parseSdp(text(0))];
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 1; i <= 200; i += 1) {
      kept.push(parseSdp(text(i)));
    }
    collectGarbage();
    const each = (process.memoryUsage().heapUsed - before) / 200;
    expect(kept).toHaveLength(201);
    expect(each).toBeLessThan(4_096);
  });

  it('ends at a format that is named twice, at one too many, and at a line too many', () => {
    const codeOf = (text: string): unknown => {
      try {
        return parseSdp(text).sections.length;
      } catch (error) {
        return error instanceof MediaError ? error.message : error;
      }
    };
    expect(codeOf(sdp('m=audio 9 RTP/SAVPF 0 8 0'))).toMatch(/names a format twice/);
    const many = fill(129, (i) => `x${String(i)}`).join(' ');
    expect(codeOf(sdp(`m=application 9 TCP ${many}`))).toMatch(/too many formats/);
    const lines = fill(600, (i) => `a=x:${String(i)}`);
    expect(codeOf(sdp('m=audio 9 RTP/SAVPF 0', lines))).toMatch(/too many lines in one section/);
    expect(codeOf(sdp('m=audio 9 RTP/SAVPF 0', lines.slice(1)))).toBe(1);
  });
});
