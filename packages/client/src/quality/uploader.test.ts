import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FakePlatform } from '../testing/fake-platform.ts';
import { settle } from '../testing/fake-clock.ts';
import { Uploader } from './uploader.ts';

function setUp(answers: (number | 'down' | 'hangs')[]) {
  const platform = new FakePlatform();
  const requests: { at: number; init: RequestInit }[] = [];
  const start = platform.now();
  const fetch = (_url: unknown, init: RequestInit = {}): Promise<Response> => {
    requests.push({ at: platform.now() - start, init });
    const answer = answers.shift() ?? 200;
    if (answer === 'down') {
      return Promise.reject(new TypeError('down'));
    }
    if (answer === 'hangs') {
      return new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => {
          reject(new DOMException('aborted', 'AbortError'));
        });
      });
    }
    return Promise.resolve(new Response(null, { status: answer }));
  };
  const uploader = new Uploader(Object.assign(platform, { fetch }));
  const send = (body = '{}', keepalive = false) =>
    uploader.send({ url: 'http://x/call_report', headers: { 'x-call-id': 'c' }, body, keepalive });
  return { platform, uploader, requests, send };
}

describe('uploads', () => {
  it('are sent again after 0.5, 1 and 2 s, then given up', async () => {
    const { platform, requests, send } = setUp(['down', 503, 'down', 500]);
    const sent = send();
    await platform.clock.advance(10_000);
    expect(await sent).toBe('failed');
    expect(requests.map(({ at }) => at)).toEqual([0, 500, 1500, 3500]);
    expect(platform.clock.pending).toBe(0);
  });

  it('are packed towards a gateway that unpacks, unless they may have to outlive the page', async () => {
    const { uploader, requests } = setUp([]);
    const text = JSON.stringify({ long: 'x'.repeat(10_000) });
    const to = { url: 'http://x/call_report', headers: {}, body: text };
    const all: [boolean, boolean][] = [
      [true, false],
      [true, true],
      [false, false],
    ];
    for (const [gzip, keepalive] of all) {
      expect(await uploader.send({ ...to, gzip, keepalive })).toBe('taken');
    }
    const [packed, ...plain] = requests.map(({ init }) => init);
    expect(packed?.headers).toMatchObject({ 'content-encoding': 'gzip' });
    const bytes = new Uint8Array(packed?.body as ArrayBuffer);
    expect(bytes.length).toBeLessThan(500);
    expect(gunzipSync(bytes).toString()).toBe(text);
    for (const { body, headers } of plain) {
      expect(body).toBe(text);
      expect(headers).not.toHaveProperty('content-encoding');
    }
  });

  it('end with the first that is taken', async () => {
    const { platform, requests, send } = setUp(['down', 204]);
    const sent = send();
    await platform.clock.advance(10_000);
    expect(await sent).toBe('taken');
    expect(requests).toHaveLength(2);
  });

  it('are not repeated when refused for good, but when told to wait', async () => {
    const refused = setUp([413]);
    expect(await refused.send()).toBe('refused');
    expect(refused.requests).toHaveLength(1);
    const busy = setUp([429, 200]);
    const sent = busy.send();
    await busy.platform.clock.advance(1000);
    expect(await sent).toBe('taken');
  });

  it('never wait for an answer for ever', async () => {
    const { platform, send } = setUp(['hangs', 'hangs', 'hangs', 'hangs']);
    const sent = send();
    await platform.clock.advance(60_000);
    expect(await sent).toBe('failed');
  });

  it('use keepalive only for bodies that fit', async () => {
    const { requests, send } = setUp([]);
    await send('x'.repeat(61_440), true);
    await send('x'.repeat(61_441), true);
    expect(requests.map(({ init }) => init.keepalive)).toEqual([true, false]);
  });

  it('can be waited for, within a limit', async () => {
    const { platform, uploader, send } = setUp(['hangs']);
    void send();
    let drained = false;
    const drain = uploader.drain(10_000).then(() => (drained = true));
    await platform.clock.advance(9999);
    expect(drained).toBe(false);
    await platform.clock.advance(1);
    await drain;
    await platform.clock.advance(60_000);
    await settle();
    expect(platform.clock.pending).toBe(0);
  });

  it('stop waiting when disposed', async () => {
    const { platform, uploader, send } = setUp(['down']);
    const sent = send();
    await settle();
    uploader.dispose();
    expect(await sent).toBe('failed');
    expect(platform.clock.pending).toBe(0);
  });
});
