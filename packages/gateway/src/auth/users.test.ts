import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDemoAccounts, isDemoStore } from './demo.ts';
import { loadLocalKey } from './local-key.ts';
import { StoreError } from '../sqlite/database.ts';
import { Store, databasePath, USERS_MIGRATIONS } from './store.ts';
import { Users, userNameProblem } from './users.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const alice = {
  name: 'alice',
  displayName: 'Alice',
  passwordHash: 'h1',
  admin: true,
  generateRingback: false,
};

describe('the database', () => {
  it('is made with its folder, readable by its owner only', () => {
    const path = databasePath(join(folder, 'deep', 'data'));
    new Store(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'deep', 'data')).mode & 0o777).toBe(0o700);
  });

  it('keeps users between runs and is brought up to date once', () => {
    const path = databasePath(folder);
    const first = new Store(path);
    expect(new Users(first).add(alice)).toBe(true);
    first.close();
    const second = new Store(path);
    expect(new Users(second).get('alice')).toMatchObject(alice);
    expect(second.database.prepare('SELECT COUNT(*) AS n FROM migrations').get()).toEqual({
      n: USERS_MIGRATIONS.length,
    });
    second.close();
  });

  it('of a newer version is refused, not damaged', () => {
    const path = databasePath(folder);
    const store = new Store(path);
    store.database.exec("INSERT INTO migrations VALUES (99, 'future', 0)");
    store.close();
    expect(() => new Store(path)).toThrow(expect.objectContaining({ code: 'newer' }));
  });

  it('that is no database is a named error', () => {
    const path = databasePath(folder);
    writeFileSync(path, 'not a database, but long enough to look at '.repeat(50));
    expect(() => new Store(path)).toThrow(StoreError);
  });
});

describe('users', () => {
  it('notice that another process changed something', () => {
    const path = databasePath(folder);
    const [ours, theirs] = [new Store(path), new Store(path)];
    const [here, there] = [new Users(ours), new Users(theirs)];
    const user = { displayName: '', passwordHash: 'x', admin: false, generateRingback: false };
    there.add({ name: '1001', ...user });
    const before = here.changes();
    expect(here.changes()).toBe(before);
    there.remove('1001');
    expect(here.changes()).not.toBe(before);
    ours.close();
    theirs.close();
  });

  it('are added once, listed by name, changed and removed', () => {
    const store = new Store(':memory:');
    const users = new Users(store);
    expect(users.add(alice)).toBe(true);
    expect(users.add(alice)).toBe(false);
    expect(users.add({ ...alice, name: 'Bob', admin: false })).toBe(true);
    expect(users.list().map((user) => user.name)).toEqual(['Bob', 'alice']);
    expect(users.setPassword('alice', 'h2')).toBe(true);
    expect(users.get('alice')?.passwordHash).toBe('h2');
    expect(users.setPassword('nobody', 'h2')).toBe(false);
    expect(users.remove('alice')).toBe(true);
    expect(users.remove('alice')).toBe(false);
    expect(users.get('alice')).toBeNull();
    store.close();
  });

  it('a name that means harm to SQL is just a name', () => {
    const store = new Store(':memory:');
    const users = new Users(store);
    users.add(alice);
    expect(users.get("' OR '1'='1")).toBeNull();
    expect(users.remove("alice'; DROP TABLE users; --")).toBe(false);
    expect(users.list()).toHaveLength(1);
    store.close();
  });

  it.each(['1001', 'alice', 'a.b-c_d+e', 'A'.repeat(64)])('may be called %s', (name) => {
    expect(userNameProblem(name)).toBeNull();
  });

  it.each(['', ' ', 'a b', '-a', 'a@b', 'A'.repeat(65), 'ä', 'echo', 'Echo', '9196', 'a\n'])(
    'may not be called %j',
    (name) => {
      expect(userNameProblem(name)).not.toBeNull();
    },
  );
});

describe('demo accounts', () => {
  it('get random passwords and mark the database', async () => {
    const store = new Store(':memory:');
    expect(isDemoStore(store)).toBe(false);
    const accounts = await createDemoAccounts(store, new Users(store), 3);
    expect(accounts.map((account) => account.user)).toEqual(['1001', '1002', '1003']);
    expect(new Set(accounts.map((account) => account.password)).size).toBe(3);
    expect(isDemoStore(store)).toBe(true);
    store.close();
  });
});

describe('the key of a data folder', () => {
  it('is made once and kept, readable by its owner only', () => {
    const first = loadLocalKey(folder);
    expect(statSync(join(folder, 'token-secret')).mode & 0o777).toBe(0o600);
    expect(loadLocalKey(folder).kid).toBe(first.kid);
  });

  it('that others can read is refused', () => {
    loadLocalKey(folder);
    chmodSync(join(folder, 'token-secret'), 0o644);
    expect(() => loadLocalKey(folder)).toThrow(/chmod 600/);
  });

  it('that is empty or short is refused, not used', () => {
    writeFileSync(join(folder, 'token-secret'), 'short\n', { mode: 0o600 });
    expect(() => loadLocalKey(folder)).toThrow(/does not hold a secret/);
  });
});
