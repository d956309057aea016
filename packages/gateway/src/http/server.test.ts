import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ask, open, start, useFreshFolder } from './testing/harness.ts';

useFreshFolder();

describe('/healthz', () => {
  it('is 200, and 503 while draining; new sockets are refused then', async () => {
    const { http, base } = await start();
    expect(await ask(base, '/healthz')).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    http.drain();
    expect(await ask(base, '/healthz')).toMatchObject({
      status: 503,
      body: '{"status":"draining"}',
    });
    expect(await open(base)).toMatchObject({ open: false, status: 503 });
    // But whoever has a call here is let back to it.
    const path = (id: string) => ({ path: `/?voice_sdk_id=${id}` });
    expect(await open(base, path('elsewhere'))).toMatchObject({ open: false, status: 503 });
    expect(await open(base, path('in-call'))).toMatchObject({ open: true });
  });

  it('can be fetched without CORS by a page elsewhere, which is how a client probes', async () => {
    const { base } = await start();
    expect((await ask(base, '/healthz')).headers['cross-origin-resource-policy']).toBe(
      'cross-origin',
    );
  });
});

describe('/metrics', () => {
  it('tells loopback what is going on', async () => {
    const { base } = await start();
    await open(base, { origin: 'https://evil.example' });
    const { status, body } = await ask(base, '/metrics');
    expect(status).toBe(200);
    expect(body).toContain('offhook_calls 4');
    expect(body).toContain('offhook_upgrades_refused_total{reason="origin"} 1');
  });

  it('tells nothing to others, nor to what comes through a proxy that nobody vouches for', async () => {
    const trusted = await start({ trustProxy: ['loopback'] });
    expect(
      await ask(trusted.base, '/metrics', { headers: { 'x-forwarded-for': '198.51.100.1' } }),
    ).toMatchObject({ status: 403 });
    const plain = await start();
    expect(
      await ask(plain.base, '/metrics', { headers: { 'x-forwarded-for': '127.0.0.1' } }),
    ).toMatchObject({ status: 403 });
  });

  it('with a token asks for it from everybody', async () => {
    const { base } = await start({ metrics: { token: '0123456789abcdef' } });
    expect(await ask(base, '/metrics')).toMatchObject({ status: 403 });
    const headers = { authorization: 'Bearer 0123456789abcdeX' };
    expect(await ask(base, '/metrics', { headers })).toMatchObject({ status: 403 });
    headers.authorization = 'Bearer 0123456789abcdef';
    expect(await ask(base, '/metrics', { headers })).toMatchObject({ status: 200 });
  });
});

describe('the web phone', () => {
  it('is served with a policy that allows no inline code and no eval', async () => {
    const { base } = await start();
    const { status, headers, body } = await ask(base, '/');
    expect(status).toBe(200);
    expect(body).toContain('<title>phone</title>');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-(inline|eval)/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
    expect(headers['permissions-policy']).toContain('microphone=(self)');
    expect(headers['strict-transport-security']).toBeUndefined();
  });

  it('keeps files named by their content for ever, and asks again for the page', async () => {
    const { base } = await start();
    const asset = await ask(base, '/assets/app-4f3a.js');
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const page = await ask(base, '/');
    expect(page.headers['cache-control']).toBe('no-cache');
    const again = await ask(base, '/', {
      headers: { 'if-none-match': String(page.headers['etag']) },
    });
    expect(again.status).toBe(304);
  });

  it('answers its own routes with the page, and missing files with 404', async () => {
    const { base } = await start();
    const headers = { accept: 'text/html,*/*' };
    const route = await ask(base, '/calls/recent', { headers });
    expect(route).toMatchObject({ status: 200, body: expect.stringContaining('phone') as string });
    expect(route.headers['cache-control']).toBe('no-cache');
    expect(await ask(base, '/assets/gone.js', { headers })).toMatchObject({ status: 404 });
    expect(await ask(base, '/calls/recent')).toMatchObject({ status: 404 });
    expect(await ask(base, '/calls', { method: 'POST', headers })).toMatchObject({ status: 404 });
  });

  it.each([
    '/.secret',
    '/../../etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/assets/..%2f.secret',
    '/%2e%2e/%2e%2e/etc/passwd',
  ])('gives nothing away for %s', async (path) => {
    const { base } = await start();
    const { status, body } = await ask(base, path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).not.toMatch(/hidden|root:/);
  });

  it('that is not built leaves a gateway that says what it is', async () => {
    const { base } = await start({}, { noPhone: true });
    expect(await ask(base, '/')).toMatchObject({
      status: 200,
      body: expect.stringContaining('not built') as string,
    });
    expect(await ask(base, '/x', { headers: { accept: 'text/html' } })).toMatchObject({
      status: 404,
    });
    expect(await open(base)).toMatchObject({ open: true });
  });
});

describe('the demo', () => {
  const json = { 'content-type': 'application/json' };
  const body = '{"user":"1001"}';

  it('signs in the page that it serves, and says who can', async () => {
    const { base } = await start({ demo: { enabled: true } });
    expect(await ask(base, '/demo/info')).toMatchObject({
      status: 200,
      body: '{"users":["1001","1002"]}',
    });
    const headers = { ...json, origin: `http://${base}` };
    const session = await ask(base, '/demo/session', { method: 'POST', headers, body });
    expect(session).toMatchObject({
      status: 200,
      body: '{"login_token":"token of 1001","user":"1001"}',
    });
    expect(session.headers['cache-control']).toBe('no-store');
  });

  it('is not there elsewhere: the phone is told that there is no demo', async () => {
    const { base } = await start();
    const headers = { ...json, origin: `http://${base}` };
    expect(await ask(base, '/demo/session', { method: 'POST', headers, body })).toMatchObject({
      status: 404,
    });
    expect(await ask(base, '/demo/info')).toMatchObject({ status: 200, body: '{"users":null}' });
  });

  it.each([
    ['another page on this machine', { origin: 'http://localhost:3000' }, 403],
    ['no page at all', {}, 403],
    ['a forwarded visitor', { origin: 'self', 'x-forwarded-for': '198.51.100.1' }, 403],
  ])('signs in nobody for %s', async (_title, extra, status) => {
    const { base } = await start({ demo: { enabled: true } });
    const headers = Object.fromEntries(
      Object.entries({ ...json, ...extra }).map(([key, value]) => [
        key,
        value === 'self' ? `http://${base}` : value,
      ]),
    );
    expect(await ask(base, '/demo/session', { method: 'POST', headers, body })).toMatchObject({
      status,
    });
  });

  it.each([
    ['{"user":"1003"}', 404],
    ['{"user":1001}', 400],
    ['{"user":"1001","more":1}', 400],
    ['{', 400],
    [`{"user":"${'1'.repeat(2000)}"}`, 413],
  ])('answers %# with a named error', async (content, status) => {
    const { base } = await start({ demo: { enabled: true } });
    const headers = { ...json, origin: `http://${base}` };
    const response = await ask(base, '/demo/session', { method: 'POST', headers, body: content });
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body)).toMatchObject({ error: expect.any(String) as string });
  });

  it('answers under no other name than localhost', async () => {
    const { base } = await start({ demo: { enabled: true } });
    for (const path of ['/', '/healthz', '/demo/info']) {
      expect(await ask(base, path, { headers: { host: 'evil.example' } })).toMatchObject({
        status: 403,
      });
    }
    expect(await open(base, { headers: { host: 'evil.example' } })).toMatchObject({
      open: false,
      status: 403,
    });
    expect(await ask(base, '/', { headers: { host: 'localhost:8080' } })).toMatchObject({
      status: 200,
    });
  });

  it('takes sockets from any page on this machine, and from no other', async () => {
    const { base } = await start({ demo: { enabled: true } });
    for (const origin of [
      'http://localhost:5173',
      'http://127.0.0.1:1',
      'http://[::1]:9',
      'https://app.localhost',
    ]) {
      expect(await open(base, { origin })).toMatchObject({ open: true });
    }
    expect(await open(base, { origin: 'https://evil.example' })).toMatchObject({
      open: false,
      status: 403,
    });
  });
});

describe('closing', () => {
  it('ends requests and sockets that are open, and frees the port', async () => {
    const { http, base } = await start();
    const outcome = await open(base);
    if (!outcome.open) {
      throw new Error('refused');
    }
    const idle = connect(http.port, '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    const gone = Promise.all([
      new Promise((resolve) => outcome.socket.once('close', resolve)),
      new Promise((resolve) => idle.once('close', resolve)),
    ]);
    outcome.socket.on('error', () => undefined);
    idle.on('error', () => undefined);
    await http.close();
    await http.close();
    await gone;
    await expect(ask(base, '/healthz')).rejects.toThrow();
  });

  it('an address in use is an error, with nothing left behind', async () => {
    const { http } = await start();
    await expect(start({ port: http.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
