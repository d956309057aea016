import type { DebugFrame } from '@offhook/protocol';
import { describe, expect, it } from 'vitest';
import { FakeMediaPlane, fakeSdp } from '../media/testing/fake-media-plane.ts';
import { browserOf } from './browser.ts';
import { DebugReports } from './debug-reports.ts';
import { sessionHash } from './keys.ts';
import { tapMedia } from './media-tap.ts';
import { scrub } from './scrub.ts';
import type { DebugChunk } from './store.ts';
import { clientWarnings } from './view/client-story.ts';

describe('debug reports', () => {
  const frame = (call: string, data?: unknown, type = 'data'): DebugFrame => ({
    kind: 'debug',
    id: 1,
    type: `debug_report_${type}` as DebugFrame['type'],
    debug_report_id: 'd-1',
    debug_report_version: 1,
    call_id: call,
    ...(data === undefined ? {} : { debug_report_data: data }),
  });
  const collect = (): { debug: DebugReports; chunks: DebugChunk[] } => {
    const chunks: DebugChunk[] = [];
    return {
      debug: new DebugReports(
        () => 5,
        (chunk) => chunks.push(chunk),
      ),
      chunks,
    };
  };

  it('are handed over when they stop, with what came before', () => {
    const { debug, chunks } = collect();
    debug.add('s', frame('c', undefined, 'start'));
    debug.add('s', frame('c', { event: 'ontrack' }));
    expect(chunks).toEqual([]);
    debug.add('s', frame('c', undefined, 'stop'));
    expect(chunks).toMatchObject([{ session: sessionHash('s'), callId: 'c', receivedAt: 5 }]);
    const lines = (chunks[0]?.lines ?? '').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { t: 5, type: 'debug_report_start', id: 'd-1' },
      { t: 5, type: 'debug_report_data', id: 'd-1', data: { event: 'ontrack' } },
      { t: 5, type: 'debug_report_stop', id: 'd-1' },
    ]);
  });

  it('are handed over in pieces while they go on, and at the end of their session', () => {
    const { debug, chunks } = collect();
    for (let index = 0; index < 3; index += 1) {
      debug.add('s', frame('c', 'x'.repeat(70_000)));
    }
    expect(chunks).toHaveLength(1);
    debug.sessionEnded('s');
    expect(chunks).toHaveLength(2);
    debug.sessionEnded('s');
    expect(chunks).toHaveLength(2);
  });

  it('of one session take no more memory than eight calls, each with its bound', () => {
    const { debug, chunks } = collect();
    for (let index = 0; index < 50; index += 1) {
      debug.add('s', frame(`c${String(index)}`));
    }
    for (let index = 0; index < 400; index += 1) {
      debug.add('s', frame('c0', 'x'.repeat(100_000)));
    }
    debug.close();
    expect(new Set(chunks.map(({ callId }) => callId)).size).toBe(8);
    const bytes = chunks.reduce((sum, { lines }) => sum + lines.length, 0);
    expect(bytes).toBeLessThan(33 * 1024 * 1024);
  });
});

describe('the tap of the media plane', () => {
  it('asks for the counters in front of every deletion, and delays none', async () => {
    const plane = new FakeMediaPlane();
    const last: string[] = [];
    const gone: string[] = [];
    const tapped = tapMedia(plane, {
      onLast: (_call, { leg }) => last.push(leg),
      onGone: (call) => gone.push(call),
    });
    await tapped.offer({ call: 'c', leg: 'a', sdp: fakeSdp('a') });
    await tapped.offer({ call: 'c', leg: 'b', sdp: fakeSdp('b') });
    await tapped.delete({ call: 'c', leg: 'a' });
    expect(last).toEqual(['a']);
    expect(gone).toEqual([]);
    await tapped.delete({ call: 'c' });
    expect(last).toEqual(['a', 'b']);
    expect(gone).toEqual(['c']);
    expect(plane.log.filter((line) => /^(query|delete)/.test(line)).map((line) => line[0])).toEqual(
      ['q', 'd', 'q', 'd'],
    );
    expect(plane.legs.size).toBe(0);
  });
});

describe('browsers', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0', 'Firefox 130'],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      'Chrome 140',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.1.2',
      'Edge 140',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari 18',
    ],
    ['curl/8.0', null],
    ['', null],
  ])('%s is %s', (userAgent, name) => {
    expect(browserOf(userAgent)).toBe(name);
  });
});

describe('scrubbing', () => {
  it('leaves numbers, flags and ordinary texts as they are', () => {
    const value = {
      a: [1, true, null, 'token of love'],
      hasCredential: false,
      authentication: { type: 'login_token' },
    };
    expect(scrub(value)).toEqual(value);
  });

  it('finds secrets by name, and in quoted messages', () => {
    const quoted = JSON.stringify(JSON.stringify({ passwd: 'canary', login: '1001' }));
    expect(scrub({ credential: 'canary', text: quoted })).toEqual({
      credential: '[redacted]',
      text: quoted.replace('canary', '[redacted]'),
    });
  });

  it('ends, however deep a body is', () => {
    let deep: unknown = 'end';
    for (let index = 0; index < 5000; index += 1) {
      deep = [deep];
    }
    expect(JSON.stringify(scrub(deep))).toContain('[deep]');
  });
});

describe('warnings of a client', () => {
  const told = (...events: Record<string, unknown>[]) =>
    clientWarnings(
      [{ offhook: { events: events.map((event) => ({ type: 'warning', ...event })) } } as never],
      0,
    ).map(({ from, to, code }) => [code, from, to]);

  it('last until they are cleared, or to the end', () => {
    expect(
      told(
        { t: 10, code: 31003, name: 'HIGH_PACKET_LOSS' },
        { t: 15, code: 31003, name: 'HIGH_PACKET_LOSS' },
        { t: 20, code: 31003, name: 'HIGH_PACKET_LOSS', phase: 'cleared' },
        { t: 30, code: 31004, name: 'LOW_MOS' },
      ),
    ).toEqual([
      [31003, 10, 20],
      [31004, 30, null],
    ]);
  });

  it('that tell of a moment are over with it: nothing clears them', () => {
    expect(told({ t: 10, code: 33005, name: 'ONLY_HOST_ICE_CANDIDATES' })).toEqual([
      [33005, 10, 10],
    ]);
  });
});
