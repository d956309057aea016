import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeMediaPlane } from '../../media/testing/fake-media-plane.ts';
import { AdminGateway } from '../testing/admin-gateway.ts';
import type { Told } from '../testing/admin-gateway.ts';
import { CLIENT, FalseProvider, PUBLIC, RealProvider } from '../testing/oidc.ts';

let folder: string;
let gateway: AdminGateway;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-oidc-'));
  await AdminGateway.addUser(folder, 'root', true);
});
afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

const settings = (issuer: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  issuer,
  ...CLIENT,
  claim: 'groups',
  values: ['phone-admins', 'owners'],
  name: 'Example Login',
  ...more,
});

async function start(oidc: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const { admin = {}, ...rest } = more as { admin?: Record<string, unknown> };
  const config = { publicUrl: PUBLIC, ...rest, admin: { ...admin, oidc } };
  gateway = await AdminGateway.start(folder, new FakeMediaPlane(), config);
}

async function withReal(claims: Record<string, unknown>): Promise<RealProvider> {
  const provider = await RealProvider.start(claims);
  await start(settings(provider.issuer));
  gateway.undo.push(() => provider.close());
  return provider;
}

async function withFalse(more: Record<string, unknown> = {}): Promise<FalseProvider> {
  const provider = await FalseProvider.start();
  await start(settings(provider.issuer, more));
  gateway.undo.push(() => provider.close());
  return provider;
}

/** The pair of each cookie that an answer sets. */
const cookies = (told: Told): string[] =>
  ((told.headers['set-cookie'] ?? []) as string[]).map((line) => line.split(';')[0] ?? '');

interface Begun {
  readonly url: URL;
  readonly cookie: string;
}

async function begin(query = ''): Promise<Begun> {
  const told = await gateway.api('GET', `/oidc/start${query}`);
  expect(told.status).toBe(303);
  return { url: new URL(String(told.headers['location'])), cookie: cookies(told)[0] ?? '' };
}

const back = (search: string, cookie = ''): Promise<Told> =>
  gateway.api('GET', `/oidc/callback${search}`, {
    ...(cookie === '' ? {} : { cookie }),
    'sec-fetch-site': 'cross-site',
  });

/** With the false provider, which wants to see nobody. */
async function comeBack(provider: FalseProvider, claims: Record<string, unknown>): Promise<Told> {
  const { url, cookie } = await begin();
  const nonce = url.searchParams.get('nonce');
  provider.claims = { nonce, groups: ['owners'], ...claims };
  return back(`?code=c&state=${String(url.searchParams.get('state'))}`, cookie);
}

const hasSession = (told: Told): boolean =>
  cookies(told).some((pair) => /^offhook_admin=./.test(pair));

const failure = (told: Told): string => {
  expect({ status: told.status, session: hasSession(told) }).toEqual({
    status: 303,
    session: false,
  });
  return String(told.headers['location']).replace('/quality/sign-in?failed=', '');
};

describe('signing in by an OpenID provider', () => {
  it('opens a session of its administrators, which lasts no longer than the ID token, and signs out there too', async () => {
    const provider = await withReal({
      groups: ['staff', 'phone-admins'],
      preferred_username: 'ann',
    });
    expect((await gateway.api('GET', '/api/session/ways')).body).toEqual({
      passwords: true,
      provider: { name: 'Example Login' },
    });
    const before = Date.now();
    const begun = await gateway.api('GET', '/oidc/start?return_to=/quality/calls%3Fpage%3D2');
    expect(begun.headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^offhook_oidc=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/,
      ),
    ]);
    const there = new URL(String(begun.headers['location']));
    expect(Object.fromEntries(there.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: `${PUBLIC}/oidc/callback`,
      scope: 'openid profile email',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const returned = await provider.signIn(there.href, 'u-17');
    const told = await back(returned.search, cookies(begun)[0]);
    expect(told).toMatchObject({ status: 303, headers: { location: '/quality/calls?page=2' } });
    const lines = told.headers['set-cookie'] as string[];
    expect(lines[0]).toMatch(/^offhook_oidc=; Path=\/; Max-Age=0;/);
    const seconds = Number(
      /^offhook_admin=[\w-]{43}; Path=\/api; Max-Age=(\d+); HttpOnly; SameSite=Strict$/.exec(
        lines[1] ?? '',
      )?.[1],
    );
    expect(seconds).toBeLessThanOrEqual(600);

    const cookie = cookies(told)[1] ?? '';
    const session = await gateway.api('GET', '/api/session', { cookie });
    expect(session.body).toMatchObject({ user: 'ann (Example Login)' });
    expect(Number(session.body['expiresAt'])).toBeLessThanOrEqual(Date.now() + 600_000);
    expect(Number(session.body['expiresAt'])).toBeGreaterThan(before);
    expect(await gateway.api('GET', '/api/calls', { cookie })).toMatchObject({ status: 200 });
    expect((await gateway.api('GET', '/api/audit', { cookie })).body).toMatchObject({
      entries: [
        {
          by: 'page',
          user: 'ann (Example Login)',
          address: '127.0.0.1',
          action: 'signed_in',
          detail: { issuer: provider.issuer, subject: 'u-17' },
        },
      ],
    });

    const out = await gateway.api('DELETE', '/api/session', {
      cookie,
      origin: PUBLIC,
      'x-csrf-token': String(session.body['csrf']),
    });
    expect(out.status).toBe(200);
    const next = new URL(String(out.body['next']));
    expect(next.origin).toBe(provider.issuer);
    expect(next.searchParams.get('post_logout_redirect_uri')).toBe(`${PUBLIC}/quality/sign-in`);
    expect((await fetch(next)).status).toBe(200);
    expect(await gateway.api('GET', '/api/session', { cookie })).toMatchObject({ status: 401 });
  });

  it('is refused to those whose claim has another value, or who have none', async () => {
    const provider = await withReal({ groups: ['staff', 'phone-admins-not'] });
    const { url, cookie } = await begin();
    const returned = await provider.signIn(url.href, 'bob');
    expect(failure(await back(returned.search, cookie))).toBe('no_admin');
  });

  it('takes a state and a code once, and from the browser only that began', async () => {
    const provider = await withReal({ groups: 'owners' });
    const mine = await begin();
    const returned = await provider.signIn(mine.url.href, 'ann');
    const other = await begin();
    const changed = (name: string, value: string): string => {
      const search = new URLSearchParams(returned.search);
      search.set(name, value);
      return `?${search.toString()}`;
    };
    const otherState = String(other.url.searchParams.get('state'));
    // Another browser is sent there: without a cookie, or in the midst of a sign-in of its own.
    expect(failure(await back(returned.search))).toBe('expired');
    expect(failure(await back(returned.search, other.cookie))).toBe('expired');
    expect(failure(await back(changed('state', 'guessed'), mine.cookie))).toBe('expired');
    expect(failure(await back('', mine.cookie))).toBe('expired');
    // The code with the state of another sign-in: its verifier is another.
    expect(failure(await back(changed('state', otherState), other.cookie))).toBe('refused');
    const third = await begin();
    const again = await provider.signIn(third.url.href, 'ann');
    expect(hasSession(await back(again.search, third.cookie))).toBe(true);
    expect(failure(await back(again.search, third.cookie))).toBe('expired');
    const late = await begin();
    const lateSearch = new URLSearchParams(again.search);
    lateSearch.set('state', String(late.url.searchParams.get('state')));
    expect(failure(await back(`?${lateSearch.toString()}`, late.cookie))).toBe('refused');
  });

  it('tells when the provider refuses, whatever it says', async () => {
    await withFalse();
    const { url, cookie } = await begin();
    const state = String(url.searchParams.get('state'));
    const told = await back(`?error=access_denied&error_description=x&state=${state}`, cookie);
    expect(failure(told)).toBe('refused');
  });

  it('takes no token that is not for this gateway, this sign-in and this moment, or that others signed', async () => {
    const provider = await withFalse();
    expect(hasSession(await comeBack(provider, {}))).toBe(true);
    expect(provider.asked.get('code_verifier')).toMatch(/^[\w-]{43}$/);
    const now = Math.floor(Date.now() / 1000);
    for (const claims of [
      { nonce: 'another' },
      { nonce: undefined },
      { aud: 'somebody-else' },
      { aud: [CLIENT.clientId, 'somebody-else'], azp: 'somebody-else' },
      { iss: 'https://else.example.com' },
      { exp: now - 600 },
    ]) {
      expect([claims, failure(await comeBack(provider, claims))]).toEqual([claims, 'refused']);
    }
    provider.wrongKey = true;
    expect(failure(await comeBack(provider, {}))).toBe('refused');
    provider.wrongKey = false;
    for (const groups of [undefined, null, true, 'phone', {}, [['owners']], { owners: 1 }]) {
      expect([groups, failure(await comeBack(provider, { groups }))]).toEqual([groups, 'no_admin']);
    }
  });

  it('believes an e-mail address only that the provider has verified', async () => {
    const provider = await withFalse({ claim: 'email', values: ['ann@example.com'] });
    const email = 'ann@example.com';
    expect(failure(await comeBack(provider, { email }))).toBe('no_admin');
    expect(failure(await comeBack(provider, { email, email_verified: false }))).toBe('no_admin');
    expect(hasSession(await comeBack(provider, { email, email_verified: true }))).toBe(true);
  });

  it('gives nobody the name of a user of this gateway', async () => {
    const provider = await withFalse();
    const told = await comeBack(provider, { preferred_username: 'root\n\u001b[2J' });
    const cookie = cookies(told)[1] ?? '';
    const session = await gateway.api('GET', '/api/session', { cookie });
    expect(session.body).toMatchObject({ user: 'root[2J (Example Login)' });
  });

  it('leads to pages of this gateway only', async () => {
    await withFalse();
    for (const target of [
      'https://evil.example.com/quality',
      '//evil.example.com/quality',
      '/\\evil.example.com/quality',
      '/quality/../../phone',
      '/quality-else',
      '/api/session',
      'quality',
      'javascript:alert(1)',
      `/quality/${'x'.repeat(600)}`,
    ]) {
      const query = `?return_to=${encodeURIComponent(target)}`;
      const told = await gateway.api('GET', `/oidc/start${query}`);
      expect([target, told.status]).toEqual([target, 400]);
    }
  });

  it('begins at our own pages only, and so often from one address', async () => {
    const provider = await FalseProvider.start();
    await start(settings(provider.issuer), { limits: { loginFailuresPerMinute: 2 } });
    gateway.undo.push(() => provider.close());
    const site = { 'sec-fetch-site': 'cross-site' };
    expect(await gateway.api('GET', '/oidc/start', site)).toMatchObject({ status: 403 });
    const statuses: number[] = [];
    // The bucket refills by one in 30 s.
    for (let turn = 0; turn < 8; turn += 1) {
      statuses.push((await gateway.api('GET', '/oidc/start')).status);
    }
    expect(statuses.slice(0, 2)).toEqual([303, 303]);
    expect(statuses).toContain(429);
  });

  it('marks its cookie for this host and https where browsers come by https', async () => {
    const provider = await FalseProvider.start();
    await start(settings(provider.issuer), {
      publicUrl: 'https://phone.example.com',
      trustProxy: ['loopback'],
    });
    gateway.undo.push(() => provider.close());
    const told = await gateway.api('GET', '/oidc/start');
    expect(told.headers['set-cookie']).toEqual([
      expect.stringMatching(/^__Host-offhook_oidc=.*; Path=\/; .*; Secure$/),
    ]);
    // Whatever `Host` a request names.
    const there = new URL(String(told.headers['location']));
    expect(there.searchParams.get('redirect_uri')).toBe('https://phone.example.com/oidc/callback');
  });

  it('waits for no provider at the start, says that it is away, and goes on when it is back', async () => {
    const provider = await withFalse();
    expect(provider.discoveries).toBe(0);
    provider.down = true;
    const told = await gateway.api('GET', '/oidc/start');
    expect(failure(told)).toBe('away');
    expect(await gateway.signedIn().then(() => 'by password')).toBe('by password');
    provider.down = false;
    expect(hasSession(await comeBack(provider, {}))).toBe(true);
    const asked = provider.discoveries;
    expect(hasSession(await comeBack(provider, {}))).toBe(true);
    expect(provider.discoveries).toBe(asked);
  });

  it('uses no provider that says it is another, or sends secrets over the network in the clear', async () => {
    const provider = await withFalse();
    provider.metadata = { issuer: 'https://else.example.com' };
    expect(failure(await gateway.api('GET', '/oidc/start'))).toBe('away');
    provider.metadata = { token_endpoint: 'http://login.example.com/token' };
    expect(failure(await comeBack(provider, {}))).toBe('refused');
  });
});

describe('passwords of administrators', () => {
  it('can be turned off', async () => {
    const provider = await FalseProvider.start();
    await start(settings(provider.issuer), { admin: { passwords: false } });
    gateway.undo.push(() => provider.close());
    const body = { user: 'root', password: 'secret-root' };
    const told = await gateway.api('POST', '/api/session', { origin: PUBLIC }, body);
    expect(told).toMatchObject({ status: 403, body: { error: 'passwords_off' } });
    expect(told.headers['set-cookie']).toBeUndefined();
    expect((await gateway.api('GET', '/api/session/ways')).body['passwords']).toBe(false);
    expect(hasSession(await comeBack(provider, {}))).toBe(true);
  });

  it('are the only way without a provider', async () => {
    gateway = await AdminGateway.start(folder, new FakeMediaPlane());
    expect((await gateway.api('GET', '/api/session/ways')).body).toEqual({
      passwords: true,
      provider: null,
    });
    expect(await gateway.api('GET', '/oidc/start')).toMatchObject({ status: 404 });
    expect(await back('?code=c&state=s')).toMatchObject({ status: 404 });
  });
});
