import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { configFrom } from '../config.ts';
import { silentLogger } from '../logging/logger.ts';
import { mintToken, randomLocalKey } from './local-key.ts';
import { Guesses } from './guesses.ts';
import { LocalAuthenticator } from './local-authenticator.ts';
import { RANDOM_PASSWORD_COST, hashPassword } from './passwords.ts';
import { Store } from './store.ts';
import { TokenVerifier } from './tokens.ts';
import { Users } from './users.ts';

const SECRET = 'a shared secret of 32 bytes or more';
const PASSWORD = 'correct horse';
const home = { address: '203.0.113.9' };
const elsewhere = { address: '198.51.100.7' };
const local = randomLocalKey();

let clock: { now: number };
let users: Users;

beforeEach(async () => {
  clock = { now: Date.parse('2026-06-01T12:00:00Z') };
  users = new Users(new Store(':memory:'));
  for (const name of ['1001', '1002']) {
    users.add({
      name,
      displayName: `User ${name}`,
      passwordHash: await hashPassword(PASSWORD, RANDOM_PASSWORD_COST),
      admin: false,
      generateRingback: name === '1002',
    });
  }
});

function authenticator(
  options: { requireUser?: boolean; hashConcurrency?: number; failuresPerMinute?: number } = {},
) {
  const now = (): number => clock.now;
  return new LocalAuthenticator({
    users,
    tokens: new TokenVerifier(
      configFrom({ auth: { jwt: { secrets: [SECRET] } } }).auth.jwt,
      local,
      now,
    ),
    guesses: new Guesses(now, options.failuresPerMinute ?? 1000),
    logger: silentLogger(),
    hashConcurrency: options.hashConcurrency ?? 2,
    requireUser: options.requireUser ?? false,
    cost: RANDOM_PASSWORD_COST,
  });
}

const signed = (claims: Record<string, unknown>): Promise<string> =>
  new SignJWT({ exp: clock.now / 1000 + 600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(createSecretKey(Buffer.from(SECRET)));

describe('a password login', () => {
  it('of a user comes to its turn while one address guesses at an administrator', async () => {
    users.add({
      name: 'boss',
      displayName: 'Boss',
      passwordHash: await hashPassword(PASSWORD, RANDOM_PASSWORD_COST),
      admin: true,
      generateRingback: false,
    });
    const auth = authenticator({ hashConcurrency: 1 });
    const order: string[] = [];
    const guesses = Array.from({ length: 10 }, async (_, index) => {
      const result = await auth.login(
        { login: 'boss', passwd: `guess ${String(index)}` },
        elsewhere,
      );
      // The lock-out refuses some at once.
      if (!result.ok && result.failure.reason === 'bad_credentials') {
        order.push('guess');
      }
    });
    const user = auth.login({ login: '1001', passwd: PASSWORD }, home).then(({ ok }) => {
      order.push('user');
      return ok;
    });
    await Promise.all(guesses);
    expect(await user).toBe(true);
    expect(order.length).toBeGreaterThan(3);
    expect(order.indexOf('user')).toBeLessThan(3);
  });

  it('gives the identity that is stored', async () => {
    const result = await authenticator().login({ login: '1002', passwd: PASSWORD }, home);
    expect(result).toEqual({
      ok: true,
      identity: { user: '1002', displayName: 'User 1002', generateRingback: true },
    });
  });

  it('with a wrong password and with an unknown user fails with the same words and code', async () => {
    const auth = authenticator();
    const wrong = await auth.login({ login: '1001', passwd: 'guess' }, home);
    const unknown = await auth.login({ login: 'nobody', passwd: 'guess' }, home);
    expect(wrong).toEqual({
      ok: false,
      failure: { reason: 'bad_credentials', message: 'Login Incorrect', code: -32001 },
    });
    expect(unknown).toEqual(wrong);
  });

  it('for an unknown user costs a hash too, so that time tells nothing', async () => {
    const cost = async (login: string): Promise<number> => {
      const auth = authenticator({ hashConcurrency: 1 });
      const before = process.cpuUsage();
      for (let i = 0; i < 40; i += 1) {
        await auth.login(
          { login, passwd: `guess ${String(i)}` },
          { address: `10.0.0.${String(i)}` },
        );
      }
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const known = await cost('1001');
    const unknown = await cost('nobody');
    expect(unknown).toBeGreaterThan(known / 2);
  });

  it('the second time costs no hash', async () => {
    const auth = authenticator();
    await auth.login({ login: '1001', passwd: PASSWORD }, home);
    const before = process.cpuUsage();
    for (let i = 0; i < 100; i += 1) {
      expect(await auth.login({ login: '1001', passwd: PASSWORD }, elsewhere)).toMatchObject({
        ok: true,
      });
    }
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 100).toBeLessThan(2000);
  });

  it('with the old password fails after it was changed, although it is remembered', async () => {
    const auth = authenticator();
    await auth.login({ login: '1001', passwd: PASSWORD }, home);
    users.setPassword('1001', await hashPassword('another one', RANDOM_PASSWORD_COST));
    expect(await auth.login({ login: '1001', passwd: PASSWORD }, home)).toMatchObject({
      ok: false,
    });
    expect(await auth.login({ login: '1001', passwd: 'another one' }, home)).toMatchObject({
      ok: true,
    });
    users.remove('1001');
    expect(await auth.login({ login: '1001', passwd: 'another one' }, home)).toMatchObject({
      ok: false,
    });
  });

  it('is locked for the pair of account and address after five failures; the right password too', async () => {
    const auth = authenticator();
    for (let i = 0; i < 5; i += 1) {
      await auth.login({ login: '1001', passwd: `guess ${String(i)}` }, home);
    }
    const locked = await auth.login({ login: '1001', passwd: PASSWORD }, home);
    expect(locked).toEqual({
      ok: false,
      failure: {
        reason: 'locked',
        message: 'Too many failed logins; try again in 1 s',
        code: -32001,
        retryAfterMs: 1000,
      },
    });
    expect(await auth.login({ login: '1001', passwd: PASSWORD }, elsewhere)).toMatchObject({
      ok: true,
    });
    expect(await auth.login({ login: '1002', passwd: PASSWORD }, home)).toMatchObject({ ok: true });
    clock.now += 1000;
    expect(await auth.login({ login: '1001', passwd: PASSWORD }, home)).toMatchObject({ ok: true });
  });

  it('locks a name that does not exist in just the same way', async () => {
    const auth = authenticator();
    for (let i = 0; i < 5; i += 1) {
      await auth.login({ login: 'nobody', passwd: `guess ${String(i)}` }, home);
    }
    expect(await auth.login({ login: 'nobody', passwd: 'x' }, home)).toMatchObject({
      ok: false,
      failure: { reason: 'locked' },
    });
  });

  it('does not count as an attempt when it succeeds, however often', async () => {
    const auth = authenticator();
    const results = await Promise.all(
      Array.from({ length: 50 }, () => auth.login({ login: '1001', passwd: PASSWORD }, home)),
    );
    expect(results.every((result) => result.ok)).toBe(true);
  });

  it('is not guessed faster in parallel: no more than five guesses are looked at', async () => {
    const auth = authenticator();
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        auth.login({ login: '1001', passwd: `guess ${String(i)}` }, home),
      ),
    );
    const reasons = results.map((result) => (result.ok ? 'ok' : result.failure.reason));
    expect(reasons.filter((reason) => reason === 'bad_credentials')).toHaveLength(5);
    expect(reasons.filter((reason) => reason === 'locked')).toHaveLength(45);
  });

  it('says that the gateway is busy when too many have to be checked at once, and does not count that', async () => {
    const auth = authenticator({ hashConcurrency: 1 });
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        auth.login({ login: `u${String(i)}`, passwd: 'guess' }, { address: `10.0.${String(i)}.1` }),
      ),
    );
    const busy = results.filter((result) => !result.ok && result.failure.reason === 'busy');
    expect(busy).toHaveLength(200 - 65);
    expect(busy[0]).toMatchObject({
      failure: { code: -32001, retryAfterMs: expect.any(Number) as number },
    });
    expect(await auth.login({ login: '1001', passwd: PASSWORD }, home)).toMatchObject({ ok: true });
  });

  it('from an address that tries many accounts is slowed down; others there who are known go on', async () => {
    const auth = authenticator({ failuresPerMinute: 20 });
    await auth.login({ login: '1001', passwd: PASSWORD }, home);
    for (let i = 0; i < 20; i += 1) {
      await auth.login({ login: `u${String(i)}`, passwd: 'guess' }, home);
    }
    expect(await auth.login({ login: 'u99', passwd: 'guess' }, home)).toMatchObject({
      failure: { reason: 'locked' },
    });
    expect(await auth.login({ login: '1001', passwd: PASSWORD }, home)).toMatchObject({ ok: true });
    expect(await auth.login({ login: 'u99', passwd: 'guess' }, elsewhere)).toMatchObject({
      failure: { reason: 'bad_credentials' },
    });
  });

  it.each([
    [{}],
    [{ login: '1001' }],
    [{ login: '', passwd: '' }],
    [{ passwd: 'x' }],
    [{ login: 'x'.repeat(10_000), passwd: 'x' }],
    [{ login: '1001', passwd: 'x'.repeat(10_000) }],
    [{ login: '1001\u0000', passwd: PASSWORD }],
  ])('with odd credentials (%#) fails cleanly', async (credentials) => {
    expect(await authenticator().login(credentials, home)).toMatchObject({
      ok: false,
      failure: { reason: 'bad_credentials' },
    });
  });
});

describe('a token login', () => {
  it('gives the stored identity and the end of the token', async () => {
    const token = await mintToken(local, '1002', 600, clock.now);
    expect(await authenticator().login({ loginToken: token }, home)).toEqual({
      ok: true,
      identity: {
        user: '1002',
        displayName: 'User 1002',
        generateRingback: true,
        expiresAt: clock.now + 600_000,
      },
    });
  });

  it('is not read when login and password are there', async () => {
    const token = await mintToken(local, '1002', 600, clock.now);
    const auth = authenticator();
    expect(
      await auth.login({ login: '1001', passwd: PASSWORD, loginToken: token }, home),
    ).toMatchObject({
      ok: true,
      identity: { user: '1001' },
    });
    expect(
      await auth.login({ login: '1001', passwd: 'wrong', loginToken: token }, home),
    ).toMatchObject({ ok: false });
  });

  it('fails with its own reason when it has expired, and when it is forged', async () => {
    const auth = authenticator();
    const old = await mintToken(local, '1001', 60, clock.now - 3_600_000);
    expect(await auth.login({ loginToken: old }, home)).toMatchObject({
      failure: { reason: 'token_expired', message: 'The login token has expired', code: -32001 },
    });
    expect(await auth.login({ loginToken: 'a.b.c' }, home)).toMatchObject({
      failure: {
        reason: 'token_invalid',
        message: 'The login token is not valid: it is not a JWT',
        code: -32001,
      },
    });
  });

  it('of this gateway ends with its user', async () => {
    const token = await mintToken(local, '1001', 600, clock.now);
    const auth = authenticator();
    expect(await auth.login({ loginToken: token }, home)).toMatchObject({ ok: true });
    users.remove('1001');
    expect(await auth.login({ loginToken: token }, home)).toMatchObject({
      failure: { reason: 'token_invalid' },
    });
  });

  it('of another issuer may bring a user who is not stored here, unless that is required', async () => {
    const token = await signed({ sub: 'carol', name: 'Carol' });
    const open = authenticator();
    expect(open.exists('carol')).toBe(false);
    expect(await open.login({ loginToken: token }, home)).toMatchObject({
      ok: true,
      identity: { user: 'carol', displayName: 'Carol', generateRingback: false },
    });
    expect(open.exists('carol')).toBe(true);
    expect(open.user('carol')).toEqual({
      user: 'carol',
      displayName: 'Carol',
      generateRingback: false,
    });
    const closed = authenticator({ requireUser: true });
    expect(await closed.login({ loginToken: token }, home)).toMatchObject({
      failure: { reason: 'token_invalid' },
    });
    expect(closed.exists('carol')).toBe(false);
  });

  it('that is wrong locks nobody out', async () => {
    const auth = authenticator();
    for (let i = 0; i < 50; i += 1) {
      await auth.login({ loginToken: `a.b.${String(i)}` }, home);
    }
    expect(await auth.login({ login: '1001', passwd: PASSWORD }, home)).toMatchObject({ ok: true });
  });
});

describe('known users', () => {
  it('exist whether signed in or not', () => {
    const auth = authenticator();
    expect(auth.exists('1001')).toBe(true);
    expect(auth.exists('1003')).toBe(false);
    expect(auth.user('1002')).toEqual({
      user: '1002',
      displayName: 'User 1002',
      generateRingback: true,
    });
    expect(auth.user('1003')).toBeNull();
  });
});
