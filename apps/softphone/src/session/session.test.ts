import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ownGateway, parseGateway } from './gateway-url.ts';
import {
  forgetSession,
  identityOf,
  restoreSession,
  saveSession,
  toCredential,
  type Session,
} from './session.ts';
import { phoneTexts } from '../texts/phone.ts';

const gateway = 'wss://calls.example.com';

function jwt(claims: object): string {
  return `e30.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.sig`;
}

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});
afterEach(() => vi.unstubAllGlobals());

describe('the gateway’s address', () => {
  it('is that of the page unless told otherwise', () => {
    expect(ownGateway({ protocol: 'https:', host: 'a.example' })).toBe('wss://a.example');
    expect(ownGateway({ protocol: 'http:', host: 'localhost:8080' })).toBe('ws://localhost:8080');
  });

  it.each([
    ['calls.example.com', 'wss://calls.example.com'],
    ['https://calls.example.com/', 'wss://calls.example.com'],
    ['ws://127.0.0.1:8080/path', 'ws://127.0.0.1:8080/path'],
  ])('%s means %s', (text, url) => expect(parseGateway(text)).toEqual({ ok: true, url }));

  it.each(['', 'two words', 'ftp://x', 'javascript:alert(1)//', 'wss://user:secret@host'])(
    '%j is refused with a reason',
    (text) => {
      const parsed = parseGateway(text);
      expect(parsed.ok).toBe(false);
      expect(!parsed.ok && phoneTexts.en.signIn[parsed.fault]).toMatch(/\w/);
    },
  );
});

describe('a session', () => {
  it('with a token outlives a reload; a password does not', () => {
    const token: Session = { kind: 'token', gateway, token: 'abc' };
    saveSession(token);
    expect(restoreSession()).toEqual(token);
    saveSession({ kind: 'password', gateway, login: '1001', password: 'secret' });
    expect(restoreSession()).toBeNull();
    expect(sessionStorage).toHaveLength(0);
    expect(localStorage).toHaveLength(0);
    saveSession(token);
    forgetSession();
    expect(restoreSession()).toBeNull();
  });

  it.each(['{', '"x"', '{"kind":"password","gateway":"x","password":"p"}', '{"kind":"demo"}'])(
    'is not restored from %j',
    (text) => {
      sessionStorage.setItem('offhook.session', text);
      expect(restoreSession()).toBeNull();
    },
  );

  it('works without a storage', () => {
    vi.stubGlobal('sessionStorage', undefined);
    saveSession({ kind: 'token', gateway, token: 'abc' });
    expect(restoreSession()).toBeNull();
  });

  it('names its user', () => {
    expect(identityOf({ kind: 'token', gateway, token: jwt({ sub: '1001' }) }, phoneTexts.en)).toBe(
      '1001',
    );
    expect(identityOf({ kind: 'token', gateway, token: 'opaque' }, phoneTexts.de)).toBe(
      'Angemeldet',
    );
  });
});

describe('a demo session', () => {
  const demo = (token: string, now: () => number, renewed: (session: Session) => void) => {
    const { login_token: source } = toCredential(
      { kind: 'demo', gateway, user: '1001', token },
      renewed,
      now,
    );
    return async () => (typeof source === 'function' ? await source() : source);
  };

  it('starts with the token it has, then brings a new one each time it is asked', async () => {
    const fetched: unknown[] = [];
    const fresh = jwt({ sub: '1001', exp: 2000 });
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      fetched.push([url, init.body]);
      return Promise.resolve(Response.json({ login_token: fresh, user: '1001' }));
    });
    const renewed = vi.fn();
    const token = jwt({ sub: '1001', exp: 600 });
    const ask = demo(token, () => 0, renewed);
    expect(await ask()).toBe(token);
    expect(fetched).toEqual([]);
    expect(await ask()).toBe(fresh);
    expect(fetched).toEqual([['/demo/session', '{"user":"1001"}']]);
    expect(renewed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ token: fresh }));
    expect(await demo(token, () => 500_000, renewed)()).toBe(fresh);
  });

  it('goes on with the token it has while that lasts and no new one is to be had', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')));
    const token = jwt({ sub: '1001', exp: 600 });
    let now = 0;
    const ask = demo(
      token,
      () => now,
      () => undefined,
    );
    await ask();
    expect(await ask()).toBe(token);
    now = 601_000;
    await expect(ask).rejects.toThrow('cannot be reached');
  });

  it('says what is wrong when the gateway gives no token', async () => {
    vi.stubGlobal('fetch', () =>
      Promise.resolve(Response.json({ error: 'forbidden', message: 'Not here' }, { status: 403 })),
    );
    const { login_token: source } = toCredential(
      { kind: 'demo', gateway, user: '1001', token: 'opaque' },
      () => undefined,
    );
    await expect(async () => typeof source === 'function' && (await source())).rejects.toThrow(
      'The gateway gave no demo sign-in (403: Not here).',
    );
  });
});
