import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../cli/program.ts';
import { FakeMediaPlane } from '../media/testing/fake-media-plane.ts';
import { answerNext, dial } from '../signaling/testing/fixture.ts';
import { WireClient } from '../signaling/testing/wire-client.ts';
import { AdminGateway } from './testing/admin-gateway.ts';

let folder: string;
let gateway: AdminGateway;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-keys-'));
  await AdminGateway.addUser(folder, 'root', true);
  await AdminGateway.addUser(folder, '1001', false);
  await AdminGateway.addUser(folder, '1002', false);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (config: Record<string, unknown> = {}): Promise<void> => {
  gateway = await AdminGateway.start(folder, new FakeMediaPlane(), config);
};
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  vi.spyOn(console, 'log').mockImplementation((text: string) => {
    said.out += `${text}\n`;
  });
  vi.spyOn(console, 'error').mockImplementation((text: string) => {
    said.err += `${text}\n`;
  });
  const code = await runCli(['node', 'offhook', ...args, '--data-dir', folder]);
  vi.restoreAllMocks();
  return { code, ...said };
}

async function makeKey(scopes: string, ...more: string[]): Promise<string> {
  const { code, out } = await command('api-key', 'add', 'crm', '--scopes', scopes, ...more);
  expect(code).toBe(0);
  return out.trim().split('\n').at(-1) ?? '';
}

describe('an API key', () => {
  it('made by a command opens what its scopes name, and nothing else', async () => {
    await start();
    const key = await makeKey('calls:read');
    expect(key).toMatch(/^ohk_[0-9a-f]{8}_[\w-]{43}$/);
    expect(await gateway.api('GET', '/api/calls', bearer(key))).toMatchObject({
      status: 200,
      body: { calls: [], total: 0 },
    });
    const refused = await gateway.api('DELETE', '/api/live/x', bearer(key));
    expect(refused).toMatchObject({ status: 403, body: { error: 'scope' } });
    expect(refused.body['message']).toContain('calls:end');
    for (const [method, path] of [
      ['GET', '/api/sessions'],
      ['GET', '/api/recordings/1'],
      ['GET', '/api/assistants'],
      ['GET', '/api/audit'],
      ['GET', '/api/keys'],
      ['POST', '/api/keys'],
      ['DELETE', '/api/keys/00000000'],
      ['GET', '/api/session'],
      ['DELETE', '/api/session'],
    ] as const) {
      expect(await gateway.api(method, path, bearer(key)), path).toMatchObject({ status: 403 });
    }
  });

  it('ends a call without a session, and the audit log says which key did', async () => {
    await start();
    const key = await makeKey('calls:end,calls:read,audit:read');
    const [ann, bob] = await Promise.all(
      ['1001', '1002'].map(async (user) => {
        const client = await WireClient.connect(`ws://${gateway.base}/`);
        gateway.undo.push(() => client.close());
        await client.register(user);
        return client;
      }),
    );
    if (!ann || !bob) {
      throw new Error('two clients were expected');
    }
    await dial(ann, '1002');
    await answerNext(bob);
    await ann.next('answer');
    const { calls } = (await gateway.api('GET', '/api/live', bearer(key))).body as {
      calls: { id: string }[];
    };
    const id = calls[0]?.id ?? '';
    expect(await gateway.api('DELETE', `/api/live/${id}`, bearer(key))).toMatchObject({
      status: 204,
    });
    expect((await bob.next('bye')).params).toMatchObject({ cause: 'MANAGER_REQUEST' });
    const { body } = await gateway.api('GET', '/api/audit', bearer(key));
    const prefix = key.slice(0, 12);
    expect(body).toMatchObject({
      total: 2,
      entries: [
        {
          by: 'key',
          user: `crm (${prefix})`,
          address: '127.0.0.1',
          action: 'call_ended',
          target: id,
        },
        { by: 'command', address: null, action: 'key_added', target: prefix },
      ],
    });
    expect(JSON.stringify(body)).not.toContain(key);
  });

  it('is refused when it is wrong, removed or expired', async () => {
    await start();
    const key = await makeKey('calls:read', '--ttl', '1h');
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    for (const each of [wrong, 'ohk_', key.slice(0, 12), `${key}x`, 'x']) {
      expect(await gateway.api('GET', '/api/calls', bearer(each))).toMatchObject({
        status: 401,
        body: { error: 'bad_key' },
        headers: { 'www-authenticate': expect.stringContaining('Bearer') as string },
      });
    }
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_001 });
    expect(await gateway.api('GET', '/api/calls', bearer(key))).toMatchObject({
      status: 401,
      body: { error: 'key_expired' },
    });
    vi.useRealTimers();
    expect(await gateway.api('GET', '/api/calls', bearer(key))).toMatchObject({ status: 200 });
    expect(await command('api-key', 'remove', key.slice(0, 12))).toMatchObject({ code: 0 });
    expect(await gateway.api('GET', '/api/calls', bearer(key))).toMatchObject({ status: 401 });
    expect(await command('api-key', 'remove', key.slice(0, 12))).toMatchObject({ code: 1 });
  });

  it('is used no faster than it may be, and guessed no faster than passwords', async () => {
    await start({ limits: { apiRequestsPerMinute: 3, loginFailuresPerMinute: 2 } });
    const [key, other] = [await makeKey('calls:read'), await makeKey('calls:read')];
    const status = async (each: string): Promise<number> =>
      (await gateway.api('GET', '/api/calls', bearer(each))).status;
    expect([await status(key), await status(key), await status(key)]).toEqual([200, 200, 200]);
    const told = await gateway.api('GET', '/api/calls', bearer(key));
    expect(told).toMatchObject({ status: 429, body: { error: 'too_many' } });
    expect(Number(told.headers['retry-after'])).toBeGreaterThan(0);
    expect(await status(other)).toBe(200);
    const guess = `ohk_00000000_${'x'.repeat(43)}`;
    expect([await status(guess), await status(guess), await status(guess)]).toEqual([
      401, 401, 429,
    ]);
  });

  it('is kept as a hash alone, listed by what it begins with, and its use is noted', async () => {
    await start();
    const key = await makeKey('users:read,calls:read', '--ttl', 'never');
    const listed = async (): Promise<unknown> =>
      JSON.parse((await command('api-key', 'list', '--json')).out);
    const view = {
      name: 'crm',
      prefix: key.slice(0, 12),
      scopes: ['calls:read', 'users:read'],
      expiresAt: null,
    };
    expect(await listed()).toMatchObject([{ ...view, usedAt: null }]);
    await gateway.api('GET', '/api/calls', bearer(key));
    expect(await listed()).toMatchObject([{ ...view, usedAt: expect.any(Number) as number }]);
    expect((await command('api-key', 'list')).out).toMatch(
      /calls:read,users:read {2}never expires/,
    );
    for (const name of readdirSync(folder)) {
      if (name.endsWith('.sqlite')) {
        expect(readFileSync(join(folder, name)).includes(key.slice(13)), name).toBe(false);
      }
    }
  });

  it('is made, listed and removed at the pages', async () => {
    await start();
    const { write } = await gateway.signedIn();
    const wish = { name: 'crm', scopes: ['assistants:write'], expiresAt: null };
    const made = await gateway.api('POST', '/api/keys', write, wish);
    expect(made).toMatchObject({ status: 201, body: { name: 'crm', createdBy: 'root' } });
    const key = String(made.body['key']);
    // Who may write may read.
    expect(await gateway.api('GET', '/api/assistants', bearer(key))).toMatchObject({ status: 200 });
    const { body } = await gateway.api('GET', '/api/keys', write);
    expect(body).toMatchObject({ keys: [{ prefix: key.slice(0, 12) }] });
    expect(JSON.stringify(body)).not.toContain(key.slice(13));
    const path = `/api/keys/${String(made.body['id'])}`;
    expect(await gateway.api('DELETE', path, write)).toMatchObject({ status: 204 });
    expect(await gateway.api('DELETE', path, write)).toMatchObject({ status: 404 });
    expect(await gateway.api('GET', '/api/assistants', bearer(key))).toMatchObject({ status: 401 });
  });

  it.each([
    ['scopes', { name: 'crm', scopes: [], expiresAt: null }],
    ['scopes.0', { name: 'crm', scopes: ['all'], expiresAt: null }],
    ['name', { name: '', scopes: ['calls:read'], expiresAt: null }],
    ['expired', { name: 'crm', scopes: ['calls:read'], expiresAt: 1 }],
    ['expiresAt', { name: 'crm', scopes: ['calls:read'] }],
    ['more', { name: 'crm', scopes: ['calls:read'], expiresAt: null, more: 1 }],
    ['the body', 'crm'],
  ])('that is wished wrongly is refused: %s', async (part, wish) => {
    await start();
    const { write } = await gateway.signedIn();
    const told = await gateway.api('POST', '/api/keys', write, wish);
    expect(told).toMatchObject({ status: 400, body: { error: 'bad_request' } });
    expect(told.body['message']).toContain(part);
  });
});

describe('the audit log', () => {
  it('is searched, paged, and bounded by number and age', async () => {
    await start({ audit: { entries: 100, days: 1 } });
    const { write } = await gateway.signedIn();
    const wish = { scopes: ['calls:read'], expiresAt: null };
    for (let index = 0; index < 101; index += 1) {
      await gateway.api('POST', '/api/keys', write, { ...wish, name: `key${String(index)}` });
    }
    const page = async (query: string) =>
      (await gateway.api('GET', `/api/audit?${query}`, write)).body;
    expect(await page('limit=2')).toMatchObject({
      total: 100,
      entries: [{ detail: { name: 'key100' } }, { detail: { name: 'key99' } }],
    });
    expect(await page('limit=1&offset=99')).toMatchObject({
      entries: [{ detail: { name: 'key1' } }],
    });
    expect(await page('action=key_removed')).toEqual({ total: 0, entries: [] });
    expect(await page('search=ro_t')).toEqual({ total: 0, entries: [] });
    expect(await page('search=ROOT&limit=0')).toEqual({ total: 100, entries: [] });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 86_400_000 });
    const again = await gateway.signedIn();
    expect((await gateway.api('GET', '/api/audit', again.write)).body).toMatchObject({
      total: 1,
      entries: [{ action: 'signed_in', by: 'page', user: 'root', address: '127.0.0.1' }],
    });
  });
});

describe('without reports', () => {
  it('all but the kept calls is there', async () => {
    await start({ reports: { enabled: false } });
    const key = await makeKey('calls:read,users:read');
    for (const path of ['/api/live', '/api/sessions', '/api/trunks']) {
      expect(await gateway.api('GET', path, bearer(key)), path).toMatchObject({ status: 200 });
    }
    for (const path of ['/api/calls', '/api/calls/x', '/api/overview?last=1000']) {
      expect(await gateway.api('GET', path, bearer(key)), path).toMatchObject({
        status: 404,
        body: { error: 'reports_off' },
      });
    }
    await gateway.signedIn();
  });
});
