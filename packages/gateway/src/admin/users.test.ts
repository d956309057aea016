import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadLocalKey, mintToken } from '../auth/local-key.ts';
import { runCli } from '../cli/program.ts';
import { FakeMediaPlane } from '../media/testing/fake-media-plane.ts';
import { answerNext, dial } from '../signaling/testing/fixture.ts';
import { WireClient } from '../signaling/testing/wire-client.ts';
import { AdminGateway } from './testing/admin-gateway.ts';

let folder: string;
let gateway: AdminGateway;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-users-'));
  await AdminGateway.addUser(folder, 'root', true);
  await AdminGateway.addUser(folder, '1001', false);
  await AdminGateway.addUser(folder, '1002', false);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (config: Record<string, unknown> = {}): Promise<void> => {
  gateway = await AdminGateway.start(folder, new FakeMediaPlane(), config);
};

async function connect(): Promise<WireClient> {
  const client = await WireClient.connect(`ws://${gateway.base}/`);
  gateway.undo.push(() => client.close());
  return client;
}

async function talk(): Promise<[WireClient, WireClient]> {
  const [ann, bob] = [await connect(), await connect()];
  await ann.register('1001');
  await bob.register('1002');
  await dial(ann, '1002');
  await answerNext(bob);
  await ann.next('answer');
  return [ann, bob];
}

async function logsIn(params: Record<string, string>): Promise<boolean> {
  const client = await connect();
  const reply = await client.request('login', params);
  return reply.error === undefined;
}

const signIn = async (login: string, passwd = `secret-${login}`): Promise<boolean> =>
  logsIn({ login, passwd });

describe('users by /api', () => {
  it('are added, listed, searched, changed, and get another password', async () => {
    await start();
    const { write } = await gateway.signedIn();
    const made = await gateway.api('POST', '/api/users', write, {
      name: 'ann',
      displayName: 'Ann B.',
    });
    expect(made).toMatchObject({ status: 201, body: { name: 'ann' } });
    expect(await signIn('ann', String(made.body['password']))).toBe(true);
    const own = { name: 'ben', password: 'long enough', admin: true };
    expect((await gateway.api('POST', '/api/users', write, own)).body).toEqual({ name: 'ben' });
    const list = async (query = ''): Promise<unknown> =>
      (await gateway.api('GET', `/api/users${query}`, write)).body;
    expect(await list()).toMatchObject({ total: 5, users: [{ name: '1001' }, {}, {}, {}, {}] });
    expect(await list('?limit=1&offset=1')).toMatchObject({ total: 5, users: [{ name: '1002' }] });
    expect(await list('?search=ANN')).toMatchObject({
      total: 1,
      users: [{ name: 'ann', displayName: 'Ann B.', admin: false, disabled: false, sessions: 1 }],
    });
    expect(JSON.stringify(await list())).not.toContain('scrypt');
    const change = { displayName: 'Anna', generateRingback: true };
    expect(await gateway.api('PATCH', '/api/users/ann', write, change)).toMatchObject({
      status: 200,
      body: { name: 'ann', ...change },
    });
    const set = await gateway.api('POST', '/api/users/ann/password', write, {});
    expect(await signIn('ann', String(set.body['password']))).toBe(true);
    expect(await signIn('ann', String(made.body['password']))).toBe(false);
    const log = (await gateway.api('GET', '/api/audit?search=ann', write)).body;
    expect(log).toMatchObject({
      entries: [
        { action: 'password_set', user: 'root', target: 'ann', detail: {} },
        { action: 'user_changed', detail: change },
        { action: 'user_added', detail: { admin: false } },
      ],
    });
    expect(JSON.stringify(log)).not.toContain(String(set.body['password']));
  });

  it('who are disabled sign in no more by any way, and their sessions and calls end at once', async () => {
    await start();
    const { write } = await gateway.signedIn();
    const [ann, bob] = await talk();
    const token = await mintToken(loadLocalKey(folder), '1001', 600, Date.now());
    expect(await logsIn({ login_token: token })).toBe(true);
    const set = (disabled: boolean) => gateway.api('PATCH', '/api/users/1001', write, { disabled });
    expect(await set(true)).toMatchObject({ status: 200, body: { disabled: true, sessions: 0 } });
    expect(await ann.closed).toMatchObject({ code: 1008 });
    expect((await bob.next('bye')).params).toMatchObject({ cause: 'MANAGER_REQUEST' });
    expect(await signIn('1001')).toBe(false);
    expect(await logsIn({ login_token: token })).toBe(false);
    await dial(bob, '1001');
    expect((await bob.next('bye')).params).toMatchObject({ causeCode: 1 });
    expect(await set(false)).toMatchObject({ status: 200, body: { disabled: false } });
    expect(await signIn('1001')).toBe(true);
    expect((await gateway.api('GET', '/api/audit?search=1001', write)).body).toMatchObject({
      entries: [{ action: 'user_enabled' }, { action: 'user_disabled', detail: { sessions: 2 } }],
    });
  });

  it('disabled by a command are out within a second, administrators too', async () => {
    await start();
    await AdminGateway.addUser(folder, 'chief', true);
    const { write } = await gateway.signedIn();
    const chief = await gateway.signedIn('chief');
    const [ann] = await talk();
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const run = (...args: string[]) =>
      runCli(['node', 'offhook', 'user', ...args, '--data-dir', folder]);
    expect(await run('disable', '1001')).toBe(0);
    expect(await run('disable', 'root')).toBe(0);
    expect(await ann.closed).toMatchObject({ code: 1008 });
    expect(await gateway.api('GET', '/api/users', write)).toMatchObject({ status: 401 });
    const told = await gateway.api(
      'POST',
      '/api/session',
      {},
      { user: 'root', password: 'secret-root' },
    );
    expect(told.status).toBe(401);
    expect(
      (await gateway.api('GET', '/api/audit?action=user_disabled', chief.write)).body,
    ).toMatchObject({
      entries: [
        { by: 'command', target: 'root' },
        { by: 'command', target: '1001' },
      ],
    });
  });

  it('who are removed are gone with their sessions', async () => {
    await start();
    const { write } = await gateway.signedIn();
    const [ann] = await talk();
    expect(await gateway.api('DELETE', '/api/users/1001', write)).toMatchObject({ status: 204 });
    expect(await ann.closed).toMatchObject({ code: 1008 });
    expect(await gateway.api('DELETE', '/api/users/1001', write)).toMatchObject({ status: 404 });
    expect(await gateway.api('GET', '/api/users/1001', write)).toMatchObject({ status: 404 });
  });

  it('have desk phones, whose passwords are told once', async () => {
    const devices = { realm: 'phone.example.com' };
    const sip = { port: 0, devices, tlsPort: 0 };
    await start();
    const { write } = await gateway.signedIn();
    expect(await gateway.api('POST', '/api/users/1001/devices', write, {})).toMatchObject({
      status: 409,
      body: { error: 'no_phones' },
    });
    await gateway.close();
    await start({ sip: { port: sip.port, devices } });
    const again = await gateway.signedIn();
    const made = await gateway.api('POST', '/api/users/1001/devices', again.write, {});
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'phone', login: '1001~phone', address: 'sip:1001@phone.example.com' },
    });
    expect(String(made.body['password'])).toMatch(/^[\w-]{22}$/);
    const user = (await gateway.api('GET', '/api/users/1001', again.write)).body;
    expect(user).toMatchObject({
      takesDevices: true,
      devices: [{ name: 'phone', login: '1001~phone', registeredFrom: [] }],
    });
    expect(JSON.stringify(user)).not.toMatch(/ha1|md5/i);
    const path = '/api/users/1001/devices/phone';
    expect(await gateway.api('DELETE', path, again.write)).toMatchObject({ status: 204 });
    expect(await gateway.api('DELETE', path, again.write)).toMatchObject({ status: 404 });
  });

  it('are no administrators for a key, and no administrator shuts himself out', async () => {
    await start();
    const { write } = await gateway.signedIn();
    const wish = { name: 'hr', scopes: ['users:write'], expiresAt: null };
    const { key } = (await gateway.api('POST', '/api/keys', write, wish)).body;
    const bearer = { authorization: `Bearer ${String(key)}` };
    for (const [method, path, body] of [
      ['POST', '/api/users', { name: 'evil', admin: true }],
      ['PATCH', '/api/users/1001', { admin: true }],
      ['PATCH', '/api/users/root', { displayName: 'x' }],
      ['POST', '/api/users/root/password', {}],
      ['POST', '/api/users/root/devices', {}],
      ['DELETE', '/api/users/root', undefined],
    ] as const) {
      expect(await gateway.api(method, path, bearer, body), path).toMatchObject({ status: 403 });
    }
    expect(await gateway.api('POST', '/api/users', bearer, { name: 'ann' })).toMatchObject({
      status: 201,
    });
    for (const body of [{ disabled: true }, { admin: false }]) {
      expect(await gateway.api('PATCH', '/api/users/root', write, body)).toMatchObject({
        status: 403,
      });
    }
    expect(await gateway.api('DELETE', '/api/users/root', write)).toMatchObject({ status: 403 });
  });

  it.each([
    [400, 'service', { name: 'echo' }],
    [400, 'name', { name: 'a b' }],
    [400, 'name', {}],
    [400, '8 characters', { name: 'ann', password: 'short' }],
    [400, '64 characters', { name: 'ann', displayName: 'x'.repeat(65) }],
    [400, 'more', { name: 'ann', more: 1 }],
    [409, 'already', { name: '1001' }],
  ])('cannot be had: %s, %s', async (status, part, body) => {
    await start();
    const { write } = await gateway.signedIn();
    const told = await gateway.api('POST', '/api/users', write, body);
    expect(told.status).toBe(status);
    expect(told.body['message']).toContain(part);
  });
});
