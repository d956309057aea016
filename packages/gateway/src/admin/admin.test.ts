import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Logger } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadLocalKey, mintToken } from '../auth/local-key.ts';
import { RANDOM_PASSWORD_COST, hashPassword } from '../auth/passwords.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import { runCli } from '../cli/program.ts';
import { configFrom } from '../config.ts';
import { startGateway } from '../gateway.ts';
import type { Gateway } from '../gateway.ts';
import { ask } from '../http/testing/harness.ts';
import { createLogger, silentLogger } from '../logging/logger.ts';
import { FakeMediaPlane } from '../media/testing/fake-media-plane.ts';
import { createSignalingServer } from '../signaling/server.ts';
import { answerNext, dial } from '../signaling/testing/fixture.ts';
import { WireClient } from '../signaling/testing/wire-client.ts';

let folder: string;
let gateway: Gateway;
const undo: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-admin-'));
  await addUser('root', true);
  await addUser('1001', false);
  await addUser('1002', false);
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) {
    await step();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function addUser(name: string, admin: boolean): Promise<void> {
  const store = new Store(databasePath(folder));
  const passwordHash = await hashPassword(`secret-${name}`, RANDOM_PASSWORD_COST);
  new Users(store).add({ name, displayName: name, passwordHash, admin, generateRingback: false });
  store.close();
}

function changeUsers(work: (users: Users) => void): void {
  const store = new Store(databasePath(folder));
  work(new Users(store));
  store.close();
}

async function start(
  config: Record<string, unknown> = {},
  logger: Logger = silentLogger(),
): Promise<void> {
  gateway = await startGateway(
    configFrom({
      port: 0,
      dataDir: folder,
      drain: { callSeconds: 0, idleSeconds: 0 },
      ...config,
    }),
    logger,
    { createSignaling: createSignalingServer, createMedia: () => new FakeMediaPlane() },
  );
  undo.push(() => gateway.close());
}

const base = (): string => `127.0.0.1:${String(gateway.port)}`;

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

async function api(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: unknown,
): Promise<Told> {
  const all = {
    host: base(),
    origin: `http://${base()}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  };
  const reply = await ask(base(), path, {
    method,
    headers: all,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = reply.body.startsWith('{') ? reply.body : '{}';
  return { ...reply, body: JSON.parse(json) as Record<string, unknown> };
}

const signIn = (user: string, password = `secret-${user}`, headers = {}): Promise<Told> =>
  api('POST', '/api/session', headers, { user, password });

function cookieFrom(told: Told): string {
  const [line] = told.headers['set-cookie'] as string[];
  return line?.split(';')[0] ?? '';
}

async function signedIn(): Promise<{ cookie: string; csrf: string }> {
  const told = await signIn('root');
  return { cookie: cookieFrom(told), csrf: String(told.body['csrf']) };
}

describe('signing in', () => {
  it('gives an administrator a cookie that scripts cannot read and other sites cannot send', async () => {
    await start();
    const told = await signIn('root');
    expect(told.status).toBe(200);
    expect(told.body).toMatchObject({ user: 'root' });
    expect(told.headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^offhook_admin=[\w-]{43}; Path=\/api; Max-Age=43200; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    const cookie = cookieFrom(told);
    expect((await api('GET', '/api/session', { cookie })).body).toEqual(told.body);
    expect((await api('GET', '/api/calls', { cookie })).body).toEqual({ calls: [], total: 0 });
  });

  it('marks the cookie for https only where browsers come by it', async () => {
    await start({ publicUrl: 'https://phone.example.com', trustProxy: ['loopback'] });
    const told = await signIn('root', 'secret-root', {
      host: 'phone.example.com',
      origin: 'https://phone.example.com',
    });
    expect(told.headers['set-cookie']).toEqual([expect.stringMatching(/; Secure$/)]);
  });

  it('is refused to users who are no administrators, to wrong passwords and to tokens', async () => {
    await start();
    expect(await signIn('1001')).toMatchObject({ status: 403, body: { error: 'no_admin' } });
    expect(await signIn('root', 'wrong')).toMatchObject({ status: 401 });
    expect(await signIn('nobody', 'wrong')).toMatchObject({ status: 401 });
    const token = await mintToken(loadLocalKey(folder), 'root', 600, Date.now());
    for (const body of [{ token }, { login_token: token }, { user: 'root', login_token: token }]) {
      expect(await api('POST', '/api/session', {}, body)).toMatchObject({ status: 400 });
    }
    expect(await signIn('root', token)).toMatchObject({ status: 401 });
    for (const headers of [
      { authorization: `Bearer ${token}` },
      { cookie: `offhook_admin=${token}` },
    ]) {
      expect(await api('GET', '/api/calls', headers)).toMatchObject({ status: 401 });
    }
  });

  it('locks the pair of name and address, as for the phone', async () => {
    await start();
    for (let index = 0; index < 6; index += 1) {
      await signIn('root', 'wrong');
    }
    const told = await signIn('root');
    expect(told).toMatchObject({ status: 429, body: { error: 'locked' } });
    expect(Number(told.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('is for our own page only', async () => {
    await start();
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const told = await signIn('root', 'secret-root', headers);
      expect(told, JSON.stringify(headers)).toMatchObject({ status: 403 });
      expect(told.headers['set-cookie']).toBeUndefined();
    }
  });

  it('ends by signing out, and when the user is removed or changed', async () => {
    await start();
    const first = await signedIn();
    const out = { cookie: first.cookie, 'x-csrf-token': first.csrf };
    expect(await api('DELETE', '/api/session', out)).toMatchObject({ status: 204 });
    expect(await api('GET', '/api/calls', { cookie: first.cookie })).toMatchObject({ status: 401 });
    const second = await signedIn();
    const passwordHash = await hashPassword('another', RANDOM_PASSWORD_COST);
    changeUsers((users) => users.setPassword('root', passwordHash));
    expect(await api('GET', '/api/calls', { cookie: second.cookie })).toMatchObject({
      status: 401,
    });
  });

  it('by the link of a demo works once', async () => {
    await start({ demo: { enabled: true, users: 1 } });
    const link = gateway.adminLink?.split('#')[1] ?? '';
    expect(gateway.adminLink).toContain('/quality/sign-in#');
    const told = await api('POST', '/api/session', {}, { link });
    expect(told).toMatchObject({ status: 200, body: { user: 'demo' } });
    const cookie = cookieFrom(told);
    expect(await api('GET', '/api/live', { cookie })).toMatchObject({ status: 200 });
    expect(await api('POST', '/api/session', {}, { link })).toMatchObject({ status: 401 });
  });
});

describe('a request', () => {
  it.each([
    '/api/session',
    '/api/live',
    '/api/calls',
    '/api/calls/x',
    '/api/calls/x/all',
    '/api/calls/export?format=csv',
    '/api/overview?from=0&to=1',
    '/api/recordings/1',
  ])('for %s needs a session, and no other site may make it', async (path) => {
    await start();
    expect(await api('GET', path)).toMatchObject({ status: 401, body: { error: 'signed_out' } });
    const { cookie } = await signedIn();
    const foreign = { cookie, 'sec-fetch-site': 'cross-site' };
    const told = await api('GET', path, foreign);
    expect(told).toMatchObject({ status: 403 });
    expect(told.headers['cache-control']).toBe('no-store');
    expect(told.headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(told.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('that writes needs the token of its session and our own page', async () => {
    await start();
    const { cookie, csrf } = await signedIn();
    const other = await signedIn();
    for (const headers of [
      { cookie },
      { cookie, 'x-csrf-token': other.csrf },
      { cookie, 'x-csrf-token': csrf, origin: 'https://evil.example' },
    ]) {
      expect(await api('DELETE', '/api/session', headers)).toMatchObject({ status: 403 });
    }
    expect(await api('GET', '/api/session', { cookie })).toMatchObject({ status: 200 });
  });

  it('that is not understood says which part is not', async () => {
    await start();
    const { cookie } = await signedIn();
    for (const [path, part] of [
      ['/api/calls?sort=nothing', 'sort'],
      ['/api/calls?limit=-1', 'limit'],
      ['/api/calls?mosFrom=', 'mosFrom'],
      ['/api/calls?user=a&user=b', 'user'],
      ['/api/calls?drop=table', 'drop'],
      ['/api/calls/export?format=xls', 'format'],
      ['/api/overview?from=5&to=5', 'from'],
      ['/api/overview', 'query'],
    ] as const) {
      const told = await api('GET', path, { cookie });
      expect(told.status, path).toBe(400);
      expect(told.body['message']).toContain(part);
    }
    expect(await api('GET', '/api/calls/nothing', { cookie })).toMatchObject({ status: 404 });
    expect(await api('GET', '/api/recordings/..%2f1', { cookie })).toMatchObject({ status: 404 });
  });
});

describe('the pages', () => {
  it('see a call while it lives, then in the list, the overview and the export', async () => {
    await start();
    const { cookie } = await signedIn();
    const [ann, bob] = await Promise.all(
      ['1001', '1002'].map(async (user) => {
        const client = await WireClient.connect(`ws://${base()}/`);
        undo.push(() => client.close());
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
    const { calls: live } = (await api('GET', '/api/live', { cookie })).body as {
      calls: { id: string; legs: object[] }[];
    };
    expect(live).toMatchObject([
      { destination: '1002', endedAt: null, legs: [{ state: 'up' }, { state: 'up' }] },
    ]);
    changeUsers((users) => {
      users.remove('1002');
      const rest = { passwordHash: 'none', admin: false, generateRingback: false };
      users.add({ name: '1002', displayName: 'Ben', ...rest });
    });
    expect((await api('GET', '/api/live', { cookie })).body['names']).toEqual({ 1002: 'Ben' });
    await gateway.drain();
    const list = (await api('GET', '/api/calls?user=1001', { cookie })).body;
    expect((await api('GET', '/api/calls?last=60000', { cookie })).body['total']).toBe(1);
    const past = `/api/calls?to=${String(Date.now() - 3_600_000)}`;
    expect((await api('GET', past, { cookie })).body['total']).toBe(0);
    expect(list).toMatchObject({ total: 1, calls: [{ id: live[0]?.id, caller: '1001' }] });
    const view = (await api('GET', `/api/calls/${String(live[0]?.id)}`, { cookie })).body;
    expect(view).toMatchObject({ call: { id: live[0]?.id }, legs: [{}, {}] });
    const overview = await api('GET', '/api/overview?last=3600000', { cookie });
    expect(overview.body).toMatchObject({ totals: { calls: 1, answered: 1 } });
    const csv = await ask(base(), '/api/calls/export?format=csv', {
      headers: { host: base(), cookie },
    });
    expect(csv.headers['content-disposition']).toBe('attachment; filename="calls.csv"');
    expect(csv.body.trim().split('\r\n')).toHaveLength(2);
    const all = await ask(base(), `/api/calls/${String(live[0]?.id)}/all`, {
      headers: { host: base(), cookie },
    });
    expect(JSON.parse(all.body)).toMatchObject({ call: { id: live[0]?.id } });
  });
});

/** An `offhook` command in this process, which starts sooner than one of its own. */
async function command(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  const log = vi.spyOn(console, 'log').mockImplementation((text: string) => {
    said.stdout += `${text}\n`;
  });
  const error = vi.spyOn(console, 'error').mockImplementation((text: string) => {
    said.stderr += `${text}\n`;
  });
  try {
    const code = await runCli(['node', 'offhook', ...args]);
    return { code, ...said };
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
}

describe('operators', () => {
  /** A call between 1001 and 1002. */
  async function talk(): Promise<[WireClient, WireClient]> {
    // One after the other: whoever came first is listed first.
    const ann = await register('1001');
    const bob = await register('1002');
    await dial(ann, '1002');
    await answerNext(bob);
    await ann.next('answer');
    return [ann, bob];
  }

  async function register(user: string): Promise<WireClient> {
    const client = await WireClient.connect(`ws://${base()}/`);
    undo.push(() => client.close());
    await client.register(user);
    return client;
  }

  async function refusedWithoutToken(path: string, cookie: string): Promise<void> {
    expect(await api('DELETE', path, { cookie })).toMatchObject({ status: 403 });
    expect(await api('DELETE', path)).toMatchObject({ status: 401 });
  }

  /** What the log has of operators, whatever its level. */
  function auditLog(): { logger: Logger; lines: Record<string, unknown>[] } {
    const lines: Record<string, unknown>[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
        done();
      },
    });
    return { logger: createLogger('error', sink), lines };
  }

  it('see who is signed in and end a call, which is noted with who did it', async () => {
    const { logger, lines } = auditLog();
    await start({}, logger);
    const { cookie, csrf } = await signedIn();
    const [ann, bob] = await talk();
    const { sessions } = (await api('GET', '/api/sessions', { cookie })).body;
    expect(sessions).toMatchObject([
      { user: '1001', address: '127.0.0.1', client: '2.27.10', calls: 1, online: true },
      { user: '1002', displayName: '1002', guestOf: null, calls: 1 },
    ]);
    // The id of a session is what its client resumes with.
    expect(JSON.stringify(sessions)).not.toContain(ann.sessid);
    const { calls } = (await api('GET', '/api/live', { cookie })).body as {
      calls: [{ id: string }];
    };
    const path = `/api/live/${calls[0].id}`;
    await refusedWithoutToken(path, cookie);
    const write = { cookie, 'x-csrf-token': csrf };
    expect(await api('DELETE', path, write)).toMatchObject({ status: 204 });
    for (const client of [ann, bob]) {
      expect((await client.next('bye')).params).toMatchObject({ cause: 'MANAGER_REQUEST' });
    }
    expect(await api('DELETE', path, write)).toMatchObject({ status: 404 });
    expect(lines.filter(({ part }) => part === 'audit')).toMatchObject([
      { message: 'An administrator signed in', operator: { by: 'page', user: 'root' } },
      {
        message: 'An operator ended a call',
        operator: { by: 'page', user: 'root' },
        call: calls[0].id,
      },
    ]);
  });

  it('sign a user out everywhere, with the calls', async () => {
    const { logger, lines } = auditLog();
    await start({}, logger);
    const { cookie, csrf } = await signedIn();
    const [ann, bob] = await talk();
    await refusedWithoutToken('/api/sessions/1001', cookie);
    const write = { cookie, 'x-csrf-token': csrf };
    expect(await api('DELETE', '/api/sessions/1001', write)).toMatchObject({ status: 204 });
    expect(await ann.closed).toMatchObject({ code: 1008 });
    // A client stays away after it, until somebody signs in.
    expect((await ann.next('punt')).params).toEqual({ offhook: { reason: 'signed_out' } });
    expect((await bob.next('bye')).params).toMatchObject({ cause: 'MANAGER_REQUEST' });
    expect(await api('DELETE', '/api/sessions/1001', write)).toMatchObject({ status: 404 });
    expect(gateway.stats()).toMatchObject({ sessions: 1, calls: 0 });
    expect(lines.filter(({ part }) => part === 'audit')).toMatchObject([
      { action: 'signed_in', user: 'root' },
      { operator: { by: 'page', user: 'root' }, user: '1001', sessions: 1 },
    ]);
  });

  it('do the same by commands on the machine, also where the folder has a long path', async () => {
    const { logger, lines } = auditLog();
    const dataDir = join(folder, 'a-long-name-of-a-folder'.repeat(5));
    renameSync(folder, `${folder}-data`);
    mkdirSync(folder);
    renameSync(`${folder}-data`, dataDir);
    await start({ dataDir }, logger);
    const [ann] = await talk();
    const run = (...args: string[]) => command(...args, '--data-dir', dataDir);
    const listed = await run('sessions', 'list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject({ sessions: [{ user: '1001', calls: 1 }, {}] });
    const { stdout } = await run('calls');
    expect(stdout).toMatch(/1001 → 1002 .*\n1 call\(s\)\n$/);
    const id = /\S+$/m.exec(stdout.split('\n')[1] ?? '')?.[0] ?? '';
    expect(await run('calls', 'end', id)).toMatchObject({ code: 0, stdout: `Ended ${id}\n` });
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'MANAGER_REQUEST' });
    expect(await run('calls', 'end', id)).toMatchObject({
      code: 1,
      stderr: `There is no call ${id}\n`,
    });
    expect(await run('sessions', 'end', '1001')).toMatchObject({ code: 0 });
    expect(await ann.closed).toMatchObject({ code: 1008 });
    const operator = { by: 'command', user: userInfo().username };
    expect(lines.filter(({ part }) => part === 'audit')).toMatchObject([
      { operator },
      { operator },
    ]);
    expect(statSync(join(dataDir, 'control.sock')).mode & 0o777).toBe(0o600);
    await gateway.close();
    expect(await run('sessions')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`No gateway runs on the data folder ${dataDir}`) as string,
    });
  });
});

describe('assistants', () => {
  const version = { version: '1', greeting: 'Hello', engine: { kind: 'local' } };

  it('are shown, put as a whole and removed by administrators, and kept for the next start', async () => {
    await start({ assistants: [{ id: 'fixed', versions: [version] }] });
    const { cookie, csrf } = await signedIn();
    const write = { cookie, 'x-csrf-token': csrf };
    const path = '/api/assistants/helper';
    expect((await api('PUT', path, { cookie }, {})).status).toBe(403);
    // Its id is that of the address.
    const put = await api('PUT', path, write, { versions: [version] });
    expect(put).toMatchObject({ status: 200, body: { id: 'helper', current: '1' } });
    const changed = { ...version, greeting: 'Other' };
    expect(await api('PUT', path, write, { id: 'helper', versions: [changed] })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('version 1 stays') as string },
    });
    const second = { ...changed, version: '2' };
    await api('PUT', path, write, { id: 'helper', versions: [version, second] });
    await gateway.close();
    await start();
    const again = await signedIn();
    const all = (await api('GET', '/api/assistants', { cookie: again.cookie })).body;
    expect(all).toMatchObject({ assistants: [{ id: 'helper', current: '2' }] });
    const rewrite = { cookie: again.cookie, 'x-csrf-token': again.csrf };
    expect((await api('DELETE', path, rewrite)).status).toBe(204);
    expect((await api('DELETE', path, rewrite)).status).toBe(404);
  });

  it.each([
    ['one of the configuration file', 'fixed', {}],
    ['another id than the address', 'helper', { id: 'other' }],
    ['what is none', 'helper', { versions: [] }],
    [
      'a key that is a file of the machine',
      'helper',
      {
        versions: [
          {
            ...version,
            engine: {
              kind: 'openai-realtime',
              url: 'wss://evil.example',
              model: 'm',
              key: { file: '/etc/shadow' },
            },
          },
        ],
      },
    ],
  ])('an administrator cannot put %s', async (_, id, more) => {
    await start({ assistants: [{ id: 'fixed', versions: [version] }] });
    const { cookie, csrf } = await signedIn();
    const body = { id, versions: [version], ...more };
    const told = await api('PUT', `/api/assistants/${id}`, { cookie, 'x-csrf-token': csrf }, body);
    expect(told.status).toBe(400);
  });
});
