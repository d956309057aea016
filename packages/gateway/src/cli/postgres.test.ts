import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { RANDOM_PASSWORD_COST, hashPassword } from '../auth/passwords.ts';
import { PostgresTables } from '../auth/postgres-tables.ts';
import { SqliteTables } from '../auth/sqlite-tables.ts';
import { Store, USERS_MIGRATIONS, databasePath } from '../auth/store.ts';
import { configFrom } from '../config.ts';
import type { Finding } from '../doctor/finding.ts';
import { checkPostgres } from '../doctor/postgres.ts';
import type { PostgresSettings } from '../postgres/database.ts';
import { Cluster } from '../postgres/testing/cluster.ts';
import { WireClient } from '../signaling/testing/wire-client.ts';
import { openDatabase } from '../sqlite/database.ts';
import { offhook, spawnOffhook } from './testing/run.ts';
import type { Finished, Running } from './testing/run.ts';

/** Gateways and commands over one PostgreSQL. */
let cluster: Cluster;
let settings: PostgresSettings;
let folder: string;
const started: Running[] = [];

beforeAll(async () => {
  cluster = await Cluster.start();
}, 90_000);
afterAll(() => cluster.stop());
beforeEach(async () => {
  settings = await cluster.database();
  folder = mkdtempSync(join(tmpdir(), 'offhook-postgres-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>phone</title>');
});
afterEach(async () => {
  for (const { child, finished } of started.splice(0)) {
    child.kill('SIGKILL');
    await finished;
  }
  rmSync(folder, { recursive: true, force: true });
});

const shared = (): string[] => ['--set', `database.url=${settings.url}`];
const run = (args: readonly string[], input = ''): Promise<Finished> =>
  offhook([...args, '--data-dir', join(folder, 'a'), ...shared()], { input });

async function serve(name: string): Promise<number> {
  const running = spawnOffhook(
    [
      ...['serve', '--port', '0', '--json', '--log-level', 'warn'],
      ...['--data-dir', join(folder, name), '--set', `web.root=${folder}`, ...shared()],
    ],
    { env: { TMPDIR: folder } },
  );
  started.push(running);
  return (JSON.parse(await running.firstLine) as { port: number }).port;
}

async function signIn(port: number, user: string, passwd: string): Promise<boolean> {
  const client = await WireClient.connect(`ws://127.0.0.1:${String(port)}/`);
  const { result } = await client.login({ login: user, passwd });
  return result !== undefined;
}

describe('users in PostgreSQL', () => {
  it('sign in at every gateway, and go on doing so while it is away; what a command changes is seen', async () => {
    const added = await run(['user', 'add', 'ann'], 'a long password\n');
    expect(added).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('postgres:///') as string,
    });
    const [a, b] = await Promise.all([serve('a'), serve('b')]);
    expect(await signIn(a, 'ann', 'a long password')).toBe(true);
    expect(await signIn(b, 'ann', 'a long password')).toBe(true);
    const there = await PostgresTables.open(settings, 'require');
    const passwordHash = await hashPassword('another password', RANDOM_PASSWORD_COST);
    for (const name of ['bob', 'cid']) {
      const rest = { displayName: name, admin: false, generateRingback: false };
      await there.users.add({ name, passwordHash, ...rest });
    }
    await there.close();
    // Whoever has seen cid has seen bob, who was added before.
    for (const port of [a, b]) {
      await vi.waitFor(
        async () => {
          expect(await signIn(port, 'cid', 'another password')).toBe(true);
        },
        { timeout: 30_000, interval: 500 },
      );
    }
    await cluster.kill();
    // Not from what was checked before: this gateway has not seen his password.
    expect(await signIn(a, 'bob', 'another password')).toBe(true);
    const refused = await run(['user', 'list']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('The PostgreSQL of database.url cannot be used');
    await cluster.resume();
    expect((await run(['user', 'list'])).stdout).toMatch(/ann[\s\S]*bob/);
  });

  it('are copied from a data folder whole, once, and compared', async () => {
    const store = new Store(databasePath(join(folder, 'a')));
    const here = SqliteTables.of(store);
    for (const name of ['ann', 'Bob', 'zoe']) {
      const rest = { displayName: `"${name}" \u{1F4DE}`, admin: name === 'zoe' };
      await here.users.add({ name, passwordHash: `hash ${name}`, generateRingback: true, ...rest });
    }
    const ha1 = { MD5: 'one', 'SHA-256': 'two' };
    await here.devices.add({ user: 'ann', name: 'phone', realm: 'phones', ha1 });
    const copied = await run(['copy-to-postgres']);
    expect(copied).toMatchObject({ code: 0, stderr: '' });
    expect(copied.stdout).toMatch(/Copied 3 users and 1 devices .* SHA-256 [0-9a-f]{64}/);
    const there = await PostgresTables.open(settings, 'require');
    expect(await there.users.list()).toEqual(await here.users.list());
    expect(await there.devices.list()).toEqual(await here.devices.list());
    await there.close();
    const again = await run(['copy-to-postgres']);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('There are 3 users already');
    await here.close();
  });
});

describe('a backup and the doctor', () => {
  it('say what is not in the data folder, and whether it can be reached', async () => {
    await run(['user', 'add', 'ann'], 'a long password\n');
    const backup = await run(['backup', join(folder, 'backup.tar')]);
    expect(backup).toMatchObject({ code: 0 });
    expect(backup.stdout).toContain(`they are in ${settings.url}. Back that up by pg_dump`);
    const look = async (database: object): Promise<Finding[]> => {
      const found = await checkPostgres(configFrom({ database }));
      return found.filter(({ subject }) => subject === 'users' || subject === 'postgres');
    };
    const { url } = settings;
    expect(await look({ url })).toMatchObject([{ level: 'OK', message: `1 in ${url}` }]);
    const empty = (await cluster.database()).url;
    expect(await look({ url: empty })).toMatchObject([{ level: 'WARN', fix: 'offhook migrate' }]);
    const nowhere = `postgres:///x?host=${encodeURIComponent(folder)}&user=offhook`;
    expect(await look({ url: nowhere })).toMatchObject([{ level: 'FAIL' }]);
  });
});

describe('offhook migrate', () => {
  it('brings every database up to date, and only looks with --check', async () => {
    const path = databasePath(join(folder, 'a'));
    openDatabase(path, USERS_MIGRATIONS.slice(0, 1)).close();
    const needed = await run(['migrate', '--check']);
    expect(needed.code).toBe(1);
    expect(needed.stdout).toContain(`${path} needs devices`);
    expect(needed.stdout).toContain('users and devices');
    // Who only reads changes nothing, and says what to do.
    const read = await offhook(['user', 'list', '--data-dir', join(folder, 'a')]);
    expect(read.code).toBe(1);
    expect(read.stderr).toContain('offhook migrate');
    expect((await run(['user', 'list'])).stderr).toContain('offhook migrate');
    expect((await run(['migrate', '--check'])).stdout).toBe(needed.stdout);
    expect(await run(['migrate'])).toMatchObject({ code: 0, stderr: '' });
    expect(await run(['migrate', '--check'])).toMatchObject({ code: 0 });
    expect(await offhook(['user', 'list', '--data-dir', join(folder, 'a')])).toMatchObject({
      code: 0,
    });
  });
});
