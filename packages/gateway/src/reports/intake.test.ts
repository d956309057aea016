import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AddressResolver } from '../http/addresses.ts';
import { OriginPolicy } from '../http/origins.ts';
import { silentLogger } from '../logging/logger.ts';
import { ManualClock } from '../signaling/testing/manual-clock.ts';
import { registerReportIntake } from './intake.ts';
import { ReportKeys, sessionHash } from './keys.ts';
import { ReportStoreError } from './store.ts';
import type { Upload, UploadOutcome } from './store.ts';

const MIB = 1024 * 1024;
const ORIGIN = 'https://app.example';
const keys = new ReportKeys(randomBytes(32));

let app: FastifyInstance;
let clock: ManualClock;
let stored: (Upload & { readonly kind: string })[];
let outcome: UploadOutcome | Error;
let counted: string[];

async function start(recordings = true): Promise<void> {
  app = Fastify({ forceCloseConnections: true });
  const keep = (kind: string) => (upload: Upload) => {
    stored.push({ ...upload, kind });
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  };
  await registerReportIntake(
    app,
    {
      store: { addReport: keep('report'), addRecording: keep('recording') },
      keys,
      bytesPerUser: 17 * MIB,
      bytesPerAddress: 20 * MIB,
      recordings,
      clock,
      logger: silentLogger(),
      onUpload: (kind, what, mos) => counted.push([kind, what, mos].filter(Boolean).join(' ')),
    },
    {
      origins: new OriginPolicy({ origins: [ORIGIN], hosts: [], demo: false }),
      addresses: new AddressResolver(['loopback']),
    },
  );
}

beforeEach(async () => {
  clock = new ManualClock();
  stored = [];
  counted = [];
  outcome = { ok: true, added: true, mos: 4.2 };
  await start();
});
afterEach(() => app.close());

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly error: string | undefined;
}

async function post(
  headers: Readonly<Record<string, string | undefined>> = {},
  body: string | Buffer = '{}',
  url = '/call_report',
): Promise<Reply> {
  const all: Readonly<Record<string, string | undefined>> = {
    'content-type': 'application/json',
    origin: ORIGIN,
    'x-call-report-id': keys.issue('session-1', '1001', clock.now()),
    'x-call-id': 'call-1',
    ...headers,
  };
  const given = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const reply = await app.inject({
    method: 'POST',
    url,
    headers: Object.fromEntries(given),
    payload: body,
  });
  const error = reply.body === '' ? undefined : reply.json<{ error: string }>().error;
  return { status: reply.statusCode, headers: reply.headers, error };
}

describe('a report', () => {
  it('is handed to the store as it came, with what its key says', async () => {
    const packed = gzipSync('{"summary":{}}');
    const headers = { 'content-encoding': 'gzip', 'user-agent': 'Firefox', 'x-voice-sdk-id': 'v' };
    expect(await post(headers, packed)).toMatchObject({ status: 204 });
    expect(stored).toMatchObject([
      {
        kind: 'report',
        session: sessionHash('session-1'),
        callId: 'call-1',
        encoding: 'gzip',
        userAgent: 'Firefox',
        receivedAt: clock.now(),
      },
    ]);
    expect(Buffer.from(stored[0]?.body ?? []).equals(packed)).toBe(true);
    expect(counted).toEqual(['report stored 4.2']);
  });

  it('that is here already is as good as a new one', async () => {
    outcome = { ok: true, added: false, mos: null };
    expect(await post()).toMatchObject({ status: 204 });
    expect(counted).toEqual(['report known']);
  });

  it('is refused by name when its user, or its address, sent too many bytes in an hour', async () => {
    const body = Buffer.alloc(2 * MIB, ' ');
    for (let index = 0; index < 8; index += 1) {
      expect(await post({}, body)).toMatchObject({ status: 204 });
    }
    const refused = await post({}, body);
    expect(refused).toMatchObject({ status: 429, error: 'user_bytes' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(60);
    const other = { 'x-call-report-id': keys.issue('session-2', '1002', clock.now()) };
    expect(await post(other, body)).toMatchObject({ status: 204 });
    expect(await post(other, body)).toMatchObject({ status: 204 });
    expect(await post(other, body)).toMatchObject({ status: 429, error: 'address_bytes' });
    expect(counted).toContain('report user_bytes');
    clock.advance(3_600_000);
    expect(await post({}, body)).toMatchObject({ status: 204 });
  });

  it.each([
    ['no key', { 'x-call-report-id': undefined }, 401, 'key_missing'],
    ['a made-up key', { 'x-call-report-id': 'cr-1' }, 403, 'key_invalid'],
    ['no call', { 'x-call-id': undefined }, 400, 'call_missing'],
    ['a call of endless name', { 'x-call-id': 'x'.repeat(300) }, 400, 'call_missing'],
    ['a packing that we do not know', { 'content-encoding': 'zstd' }, 415, 'bad_encoding'],
    ['another type', { 'content-type': 'text/html' }, 415, 'bad_type'],
    ['a page of elsewhere', { origin: 'https://evil.example' }, 403, 'origin'],
  ])('with %s is refused by name, and nothing of it stored', async (_, headers, status, error) => {
    expect(await post(headers)).toMatchObject({ status, error });
    expect(stored).toEqual([]);
  });

  it('with a key of another gateway is refused', async () => {
    const other = new ReportKeys(randomBytes(32)).issue('session-1', '1001', clock.now());
    expect(await post({ 'x-call-report-id': other })).toMatchObject({ error: 'key_invalid' });
  });

  it('beyond 2 MB is refused, a recording beyond 16 MB', async () => {
    const body = Buffer.alloc(2 * 1024 * 1024 + 1, ' ');
    expect(await post({}, body)).toMatchObject({ status: 413, error: 'too_large' });
    expect(await post({}, body, '/call_recording')).toMatchObject({ status: 204 });
    const larger = Buffer.alloc(16 * 1024 * 1024 + 1, ' ');
    expect(await post({}, larger, '/call_recording')).toMatchObject({ status: 413 });
    expect(stored.map(({ kind }) => kind)).toEqual(['recording']);
  });

  it.each([
    ['call_unknown', 404],
    ['expired', 403],
    ['too_large', 413],
    ['leg_full', 413],
    ['session_full', 413],
    ['store_full', 413],
    ['bad_body', 400],
    ['call_mismatch', 400],
    ['bad_encoding', 400],
  ] as const)('that the store refuses as %s is answered so', async (reason, status) => {
    outcome = { ok: false, reason, message: 'why' };
    expect(await post()).toMatchObject({ status, error: reason });
    expect(counted).toEqual([`report ${reason}`]);
  });

  it('that cannot be stored now is asked for again', async () => {
    outcome = new ReportStoreError('busy', 'full');
    const reply = await post();
    expect(reply).toMatchObject({ status: 503, error: 'busy' });
    expect(reply.headers['retry-after']).toBe('2');
  });

  it('without an Origin, from a program, is taken', async () => {
    const reply = await post({ origin: undefined });
    expect(reply.status).toBe(204);
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a page of another origin', () => {
  const preflight = (origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url: '/call_report',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-call-id,x-call-report-id,x-voice-sdk-id',
      },
    });

  it('that is allowed may send the headers of a report, and sees the answer', async () => {
    const { statusCode, headers } = await preflight(ORIGIN);
    expect(statusCode).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'POST',
      vary: 'origin',
    });
    const allowed = String(headers['access-control-allow-headers']).split(',');
    expect(allowed).toEqual(
      expect.arrayContaining(['content-type', 'x-call-id', 'x-call-report-id', 'x-voice-sdk-id']),
    );
    expect((await post()).headers['access-control-allow-origin']).toBe(ORIGIN);
    // A refusal, too: the page is to learn why.
    const refused = await post({ 'x-call-report-id': undefined });
    expect(refused.headers['access-control-allow-origin']).toBe(ORIGIN);
  });

  it('that is not allowed is told nothing', async () => {
    const { statusCode, headers } = await preflight('https://evil.example');
    expect(statusCode).toBe(403);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('too many uploads', () => {
  it('of one session wait, while others go on', async () => {
    for (let index = 0; index < 64; index += 1) {
      expect((await post()).status).toBe(204);
    }
    const refused = await post();
    expect(refused).toMatchObject({ status: 429, error: 'too_many' });
    expect(refused.headers['retry-after']).toBe('2');
    const other = keys.issue('session-2', '1002', clock.now());
    expect((await post({ 'x-call-report-id': other })).status).toBe(204);
    clock.advance(1000);
    expect((await post()).status).toBe(204);
  });

  it('of one address wait, whatever keys it makes up', async () => {
    const from = { 'x-forwarded-for': '198.51.100.7', 'x-call-report-id': 'guess' };
    for (let index = 0; index < 500; index += 1) {
      expect((await post(from)).status).toBe(403);
    }
    expect((await post(from)).status).toBe(429);
    expect((await post()).status).toBe(204);
  });
});

describe('recordings', () => {
  it('are taken where the operator allows them', async () => {
    expect(await post({}, '{}', '/call_recording')).toMatchObject({ status: 204 });
    await app.close();
    await start(false);
    expect(await post({}, '{}', '/call_recording')).toMatchObject({
      status: 403,
      error: 'recordings_off',
    });
  });
});

it('A body whose key is refused is not waited for', async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = connect(port, '127.0.0.1');
  const head = ['POST /call_report HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
  socket.write([...head, 'Content-Length: 2000000', '', '{'].join('\r\n'));
  const reply = await new Promise<string>((resolve, reject) => {
    socket.once('data', (data: Buffer) => {
      resolve(data.toString());
    });
    socket.once('error', reject);
  });
  expect(reply).toContain('401');
  expect(reply).toContain('key_missing');
  socket.destroy();
});

describe('uploads under way', () => {
  let port = 0;
  beforeEach(async () => {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const address = app.server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });

  interface Upload {
    readonly user?: number;
    readonly session?: string;
    /** Absent: the body comes in chunks, its length is not said. */
    readonly bytes?: number;
  }

  /** Begins an upload whose body does not come; gives the status (100: it may come) and the error. */
  async function begin({ user = 1, session = `s${String(user)}`, bytes }: Upload) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    onTestFinished(() => {
      socket.destroy();
    });
    const head = [
      'POST /call_recording HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      `X-Forwarded-For: 198.51.100.${String(user)}`,
      `X-Call-Report-Id: ${keys.issue(session, String(user), clock.now())}`,
      'X-Call-Id: call-1',
      bytes === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${String(bytes)}`,
      'Expect: 100-continue',
    ];
    socket.write([...head, '', ''].join('\r\n'));
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    // With a refusal the 100 comes first as well, in the same turn.
    await expect.poll(() => text, { timeout: 10_000 }).toMatch(/^HTTP\/1\.1 100/);
    // The answer to another request shows that the refusal, if there is one, was written.
    await fetch(`http://127.0.0.1:${String(port)}/call_report`, { method: 'POST' });
    if (!text.includes('HTTP/1.1 100 Continue\r\n\r\n') || /HTTP\/1\.1 [45]/.test(text)) {
      await expect.poll(() => text, { timeout: 10_000 }).toContain('}');
    }
    const error = /"error":"(\w+)"/.exec(text)?.[1] ?? null;
    const retry = /retry-after: (\d+)/i.exec(text)?.[1] ?? null;
    return { socket, error, retry };
  }

  it('count by their declared length, and what did not come is given back', async () => {
    const first = await begin({ bytes: 10 * MIB });
    expect(first.error).toBeNull();
    expect((await begin({ bytes: 10 * MIB })).error).toBe('user_bytes');
    first.socket.destroy();
    await expect
      .poll(async () => (await begin({ bytes: 10 * MIB })).error, { timeout: 10_000 })
      .toBeNull();
  });

  it('that come in chunks count as the most that they may be', async () => {
    expect((await begin({})).error).toBeNull();
    expect((await begin({ bytes: 2 * MIB })).error).toBe('user_bytes');
    expect((await begin({ bytes: MIB / 2 })).error).toBeNull();
  });

  it('are 24 MiB of one session at most: a large one beside small ones, or many small ones', async () => {
    for (let index = 0; index < 4; index += 1) {
      expect((await begin({ session: 's', user: index + 1, bytes: 6 * MIB })).error).toBeNull();
    }
    const refused = await begin({ session: 's', user: 5, bytes: 1_000 });
    expect(refused).toMatchObject({ error: 'session_busy', retry: '2' });
    expect((await begin({ session: 'other', user: 5, bytes: 1_000 })).error).toBeNull();
  });

  it('are 64 MiB in all at most', async () => {
    for (let user = 1; user <= 4; user += 1) {
      expect((await begin({ user, bytes: 16 * MIB })).error).toBeNull();
    }
    const refused = await begin({ user: 5, bytes: 16 * MIB });
    expect(refused).toMatchObject({ error: 'uploads_full', retry: '2' });
    expect(counted).toContain('recording uploads_full');
  });

  it('hold nothing once they are answered', async () => {
    for (let index = 0; index < 12; index += 1) {
      expect((await post({}, Buffer.alloc(MIB, ' '))).status).toBe(204);
    }
    expect((await post({}, '{}', '/call_recording')).status).toBe(204);
  });
});
