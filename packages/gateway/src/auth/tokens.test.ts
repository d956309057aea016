import { createHmac, createSecretKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFrom } from '../config.ts';
import { mintToken, randomLocalKey } from './local-key.ts';
import { TokenVerifier } from './tokens.ts';

const SECRET = 'a shared secret of 32 bytes or more';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

const NOW = Date.parse('2026-06-01T12:00:00Z');
const SECONDS = NOW / 1000;
const local = randomLocalKey();

function verifier(jwt: Record<string, unknown>, clock = { now: NOW }) {
  return new TokenVerifier(configFrom({ auth: { jwt } }).auth.jwt, local, () => clock.now);
}

const all = {
  secrets: [SECRET],
  publicKeys: [pem(rsa.publicKey), pem(ec.publicKey), pem(ed.publicKey)],
};

interface Shape {
  readonly alg?: string;
  readonly key?: KeyObject;
  readonly kid?: string;
  readonly claims?: Record<string, unknown>;
}

function sign({
  alg = 'HS256',
  key = createSecretKey(Buffer.from(SECRET)),
  kid,
  claims = {},
}: Shape = {}) {
  return new SignJWT({ sub: '1001', exp: SECONDS + 600, ...claims })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .sign(key);
}

describe('a token', () => {
  it.each([
    ['HS256', createSecretKey(Buffer.from(SECRET))],
    ['RS256', rsa.privateKey],
    ['ES256', ec.privateKey],
    ['EdDSA', ed.privateKey],
  ])('signed with %s signs in as its sub', async (alg, key) => {
    const token = await sign({ alg, key, claims: { name: ' Alice \u0007' } });
    expect(await verifier(all).verify(token)).toEqual({
      ok: true,
      token: { user: '1001', name: 'Alice', expiresAt: NOW + 600_000, local: false },
    });
  });

  it('of this gateway is told by its key id', async () => {
    const token = await mintToken(local, '1001', 60, NOW);
    expect(await verifier({}).verify(token)).toMatchObject({
      ok: true,
      token: { user: '1001', local: true },
    });
  });

  it('of this gateway says what its user may dial; one whose claim is not understood is refused whole', async () => {
    const dialling = { routes: ['+49'], callerIds: ['+4930100'], callsAtOnce: 1, minutesADay: 5 };
    const token = await mintToken(local, '1001', 60, NOW, { dialling });
    expect(await verifier({}).verify(token)).toMatchObject({ ok: true, token: { dialling } });
    const plain = await mintToken(local, '1001', 60, NOW);
    expect(await verifier({}).verify(plain)).toMatchObject({ token: { dialling: undefined } });
    for (const wrong of [
      null,
      'everything',
      { routes: '+49' },
      { routes: ['everywhere'] },
      { routes: Array.from({ length: 65 }, () => '+49') },
      { callsAtOnce: 0 },
      { minutesADay: 1.5 },
      { route: ['+49'] },
    ]) {
      const forged = await mintToken(local, '1001', 60, NOW, {
        dialling: wrong as never,
      });
      expect(await verifier({}).verify(forged)).toMatchObject({
        ok: false,
        reason: 'token_invalid',
        detail: 'its offhook claim is not understood',
      });
    }
  });

  it('of another gateway is refused, also when it claims this one’s key id', async () => {
    const other = randomLocalKey();
    expect(await verifier({}).verify(await mintToken(other, '1001', 60, NOW))).toMatchObject({
      ok: false,
      reason: 'token_invalid',
    });
    const forged = await mintToken({ kid: local.kid, key: other.key }, '1001', 60, NOW);
    expect(await verifier({}).verify(forged)).toMatchObject({
      ok: false,
      reason: 'token_invalid',
      detail: 'its signature is wrong',
    });
  });

  it('that has expired says so, with the allowed clock difference', async () => {
    const token = await sign({ claims: { exp: SECONDS + 60 } });
    const clock = { now: NOW };
    const check = verifier({ ...all, clockToleranceSeconds: 5 }, clock);
    clock.now = NOW + 64_000;
    expect(await check.verify(token)).toMatchObject({ ok: true });
    clock.now = NOW + 66_000;
    expect(await check.verify(token)).toMatchObject({ ok: false, reason: 'token_expired' });
  });

  it('that was right once is refused after its end, although it is remembered', async () => {
    const clock = { now: NOW };
    const check = verifier({ ...all, clockToleranceSeconds: 0 }, clock);
    const token = await sign({ claims: { exp: SECONDS + 60 } });
    expect(await check.verify(token)).toMatchObject({ ok: true });
    clock.now = NOW + 61_000;
    expect(await check.verify(token)).toMatchObject({ ok: false, reason: 'token_expired' });
  });

  it.each([
    ['a wrong audience', { iss: 'us', aud: 'others' }, 'it is meant for another audience'],
    ['no audience', { iss: 'us' }, 'its aud is missing'],
    ['a wrong issuer', { aud: 'phone', iss: 'evil' }, 'it comes from another issuer'],
    [
      'a start in the future',
      { aud: 'phone', iss: 'us', nbf: SECONDS + 60 },
      'it is not valid yet',
    ],
    ['no end', { aud: 'phone', iss: 'us', exp: undefined }, 'its exp is missing'],
    ['no user', { aud: 'phone', iss: 'us', sub: undefined }, 'its sub is missing'],
    [
      'a user with a line break',
      { aud: 'phone', iss: 'us', sub: '10\n01' },
      'its sub cannot name a user',
    ],
    [
      "an assistant's name",
      { aud: 'phone', iss: 'us', sub: 'assistant:desk' },
      'its sub cannot name a user',
    ],
    ["a trunk's name", { aud: 'phone', iss: 'us', sub: 'trunk:net' }, 'its sub cannot name a user'],
  ])('with %s is refused', async (_title, claims, detail) => {
    const check = verifier({ ...all, audience: ['phone'], issuer: ['us'] });
    expect(await check.verify(await sign({ claims }))).toEqual({
      ok: false,
      reason: 'token_invalid',
      detail,
    });
  });

  it('without a signature (alg none) is refused', async () => {
    const token = new UnsecuredJWT({ sub: '1001', exp: SECONDS + 600 }).encode();
    expect(await verifier(all).verify(token)).toEqual({
      ok: false,
      reason: 'token_invalid',
      detail: 'its algorithm is not accepted',
    });
    for (const alg of ['None', 'NONE', 'nOnE', '']) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url');
      const forged = `${header}.${token.split('.')[1] ?? ''}.`;
      expect(await verifier(all).verify(forged)).toMatchObject({
        ok: false,
        reason: 'token_invalid',
      });
    }
  });

  it('signed by HS256 with a public key as its secret is refused', async () => {
    const body = `${Buffer.from(JSON.stringify({ alg: 'HS256' })).toString('base64url')}.${Buffer.from(
      JSON.stringify({ sub: '1001', exp: SECONDS + 600 }),
    ).toString('base64url')}`;
    for (const jwt of [all, { publicKeys: all.publicKeys }]) {
      for (const secret of [pem(rsa.publicKey), pem(rsa.publicKey).trim()]) {
        const forged = `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
        expect(await verifier(jwt).verify(forged)).toMatchObject({
          ok: false,
          reason: 'token_invalid',
        });
      }
    }
  });

  it('whose algorithm is not allowed is refused, also with a right key', async () => {
    const check = verifier({ ...all, algorithms: ['ES256'] });
    expect(await check.verify(await sign())).toMatchObject({ ok: false, reason: 'token_invalid' });
    expect(await check.verify(await sign({ alg: 'ES256', key: ec.privateKey }))).toMatchObject({
      ok: true,
    });
    const stronger = await sign({ alg: 'RS512', key: rsa.privateKey });
    expect(await verifier(all).verify(stronger)).toMatchObject({
      ok: false,
      reason: 'token_invalid',
    });
  });

  it('with one changed character is refused', async () => {
    const token = await sign();
    const at = token.lastIndexOf('.') + 5;
    const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
    const check = verifier(all);
    expect(await check.verify(token)).toMatchObject({ ok: true });
    expect(await check.verify(changed)).toMatchObject({
      ok: false,
      detail: 'its signature is wrong',
    });
  });

  it('may be signed with any of several secrets, so that they can be changed', async () => {
    const next = 'the next secret, of 32 bytes or more';
    const check = verifier({ secrets: [next, SECRET] });
    expect(await check.verify(await sign())).toMatchObject({ ok: true });
    expect(
      await check.verify(await sign({ key: createSecretKey(Buffer.from(next)) })),
    ).toMatchObject({ ok: true });
  });

  it.each([
    '',
    'x',
    'a.b.c',
    '....',
    'eyJhbGciOiJIUzI1NiJ9',
    'x'.repeat(100_000),
    '{"alg":"HS256"}',
  ])('that is none (%#) is refused, never thrown', async (text) => {
    expect(await verifier(all).verify(text)).toMatchObject({ ok: false, reason: 'token_invalid' });
  });
});

describe('a key set', () => {
  let server: Server;
  let url: string;
  let answer: { status: number; body: string };
  let requests: number;

  const jwks = (...keys: [KeyObject, string][]): string =>
    JSON.stringify({ keys: keys.map(([key, kid]) => ({ ...key.export({ format: 'jwk' }), kid })) });

  beforeEach(async () => {
    requests = 0;
    answer = {
      status: 200,
      body: jwks([rsa.publicKey, 'r1'], [ec.publicKey, 'e1'], [ed.publicKey, 'd1']),
    };
    server = createServer((_request, response) => {
      requests += 1;
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/jwks.json`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** A key set is refused without an audience: its owner signs for others too. */
  const claims = { aud: 'offhook' };

  it('verifies by key id, and is fetched once for many tokens', async () => {
    const check = verifier({ jwksUrl: url, audience: ['offhook'] });
    const tokens = await Promise.all([
      sign({ alg: 'RS256', key: rsa.privateKey, kid: 'r1', claims }),
      sign({ alg: 'ES256', key: ec.privateKey, kid: 'e1', claims }),
      sign({ alg: 'EdDSA', key: ed.privateKey, kid: 'd1', claims }),
    ]);
    for (const token of tokens) {
      expect(await check.verify(token)).toMatchObject({ ok: true });
    }
    expect(requests).toBe(1);
  });

  it('refuses a key that it does not hold, and HS256 altogether', async () => {
    const check = verifier({ jwksUrl: url, audience: ['offhook'] });
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const unknown = await sign({ alg: 'ES256', key: stranger.privateKey, kid: 'zz', claims });
    expect(await check.verify(unknown)).toMatchObject({ ok: false, reason: 'token_invalid' });
    const stolenId = await sign({ alg: 'ES256', key: stranger.privateKey, kid: 'e1', claims });
    expect(await check.verify(stolenId)).toMatchObject({
      ok: false,
      detail: 'its signature is wrong',
    });
    expect(await check.verify(await sign({ kid: 'r1', claims }))).toMatchObject({
      ok: false,
      reason: 'token_invalid',
    });
  });

  it('that cannot be fetched makes no token invalid: it is to be tried again', async () => {
    answer = { status: 500, body: 'no' };
    const token = await sign({ alg: 'ES256', key: ec.privateKey, kid: 'e1', claims });
    expect(await verifier({ jwksUrl: url, audience: ['offhook'] }).verify(token)).toMatchObject({
      ok: false,
      reason: 'unavailable',
    });
    answer = { status: 200, body: 'not json' };
    expect(await verifier({ jwksUrl: url, audience: ['offhook'] }).verify(token)).toMatchObject({
      ok: false,
      reason: 'unavailable',
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await verifier({ jwksUrl: url, audience: ['offhook'] }).verify(token)).toMatchObject({
      ok: false,
      reason: 'unavailable',
    });
  });
});
