import {
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../logging/logger.ts';
import { KnownUsers } from './known-users.ts';
import { Store, databasePath } from './store.ts';
import { Users } from './users.ts';

const rest = { displayName: '', passwordHash: 'hash', admin: false, generateRingback: false };
let folder: string;
let path: string;
let now: number;
let health: boolean[];
let known: KnownUsers;
const undo: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
  path = databasePath(folder);
  now = 0;
  health = [];
  // By another process, as `offhook user add` is: what it wrote is in no cache of ours.
  command((users) => ['1001', '1002'].forEach((name) => users.add({ name, ...rest })));
  known = new KnownUsers({
    path,
    open: () => new Store(path, { busyMs: 50 }),
    logger: silentLogger(),
    now: () => now,
    onHealth: (works) => health.push(works),
  });
});

afterEach(() => {
  for (const step of undo.splice(0)) {
    step();
  }
  known.close();
  rmSync(folder, { recursive: true, force: true });
});

function command(work: (users: Users) => void): void {
  const store = new Store(path);
  work(new Users(store));
  store.close();
}

/** As long as a look is put off after a failure, and a bit. */
function later(ms = 1001): void {
  now += ms;
}

const failures: readonly (readonly [string, () => void])[] = [
  [
    'damaged',
    () => {
      const size = readFileSync(path).length;
      writeFileSync(path, Buffer.alloc(size, 0xa5));
    },
  ],
  [
    'truncated',
    () => {
      truncateSync(path, 0);
    },
  ],
  ['gone', () => rmSync(path)],
];

describe.each(failures)('a users database that is %s', (_name, fail) => {
  it('leaves the users who were known, and is told once', () => {
    expect(known.get('1001')).not.toBeNull();
    known.changes();
    fail();
    for (let second = 0; second < 5; second += 1) {
      known.changes();
      expect(known.get('1001')).toMatchObject({ name: '1001' });
      // Also one who was never asked for.
      expect(known.get('1002')).toMatchObject({ name: '1002', passwordHash: 'hash' });
      later();
    }
    expect(health.filter((works) => !works).length).toBeLessThanOrEqual(1);
  });
});

describe('a users database', () => {
  it('that is locked keeps nobody waiting more than once a second', () => {
    const locker = new DatabaseSync(path);
    undo.push(() => {
      locker.close();
    });
    locker.exec('BEGIN EXCLUSIVE');
    const asked = vi.spyOn(known.users, 'get');
    for (let ask = 0; ask < 100; ask += 1) {
      expect(known.get('1001')).not.toBeNull();
    }
    expect(asked).toHaveBeenCalledTimes(1);
    expect(health).toEqual([false]);
    locker.exec('COMMIT');
  });

  it('that fails does not know who it never saw, and says so instead of "no such user"', () => {
    known.store.close();
    expect(known.get('1001')).not.toBeNull();
    expect(health).toEqual([false]);
    expect(() => known.get('1003')).toThrow('does not work');
  });

  it('that was replaced is opened: a user of the new one is known, one of the old one is not', () => {
    const before = known.changes();
    renameSync(path, `${path}.old`);
    rmSync(`${path}-journal`, { force: true });
    later();
    expect(known.changes()).toBe(before);
    expect(known.get('1002')).not.toBeNull();
    command((users) => users.add({ name: '1003', ...rest }));
    later(20_000);
    expect(known.changes()).not.toBe(before);
    expect(known.get('1003')).not.toBeNull();
    expect(known.get('1002')).toBeNull();
    later(20_000);
    known.changes();
    expect(health).toEqual([false, true]);
  });

  it('that works tells of a user who was added or removed at once', () => {
    const before = known.changes();
    command((users) => users.add({ name: '1003', ...rest }));
    expect(known.get('1003')).not.toBeNull();
    expect(known.changes()).not.toBe(before);
    command((users) => users.remove('1003'));
    expect(known.get('1003')).toBeNull();
    expect(health).toEqual([]);
  });
});
