import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { silentLogger } from '../logging/logger.ts';
import { Cluster } from '../postgres/testing/cluster.ts';
import type { PostgresSettings } from '../postgres/database.ts';
import { MirroredUsers } from './mirrored-users.ts';
import { PostgresTables } from './postgres-tables.ts';

let cluster: Cluster;
let settings: PostgresSettings;
let accounts: PostgresTables;
let health: boolean[];
const mirrors: MirroredUsers[] = [];
const opened: PostgresTables[] = [];

beforeAll(async () => {
  cluster = await Cluster.start();
}, 90_000);
afterAll(() => cluster.stop());
beforeEach(async () => {
  settings = await cluster.database();
  accounts = await PostgresTables.open(settings, 'migrate');
  health = [];
});
afterEach(async () => {
  await Promise.all(mirrors.splice(0).map((mirror) => mirror.close()));
  await Promise.all(opened.splice(0).map((tables) => tables.close()));
  await accounts.close();
});

const add = (name: string): Promise<boolean> =>
  accounts.users.add({
    name,
    displayName: name,
    passwordHash: `hash of ${name}`,
    admin: false,
    generateRingback: false,
  });
const addDevice = (user: string, name: string): Promise<boolean> =>
  accounts.devices.add({ user, name, realm: 'r', ha1: { MD5: 'm', 'SHA-256': 's' } });

async function mirror(limit?: number): Promise<MirroredUsers> {
  const tables = await PostgresTables.open(settings, 'migrate');
  opened.push(tables);
  const started = await MirroredUsers.start({
    accounts: tables,
    clock: systemClock,
    logger: silentLogger(),
    onHealth: (works) => health.push(works),
    ...(limit === undefined ? {} : { limit }),
  });
  mirrors.push(started);
  return started;
}

const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 30_000 });

describe('users of PostgreSQL in a gateway', () => {
  it('are at hand, and what others change is seen: added, changed, removed', async () => {
    await add('ann');
    await addDevice('ann', 'phone');
    const [one, two] = [await mirror(), await mirror()];
    expect(one.get('ann')?.passwordHash).toBe('hash of ann');
    expect(one.device('ann~phone')?.realm).toBe('r');
    expect(one.get('bob')).toBeNull();
    const before = one.changes();
    await add('bob');
    await accounts.users.setPassword('ann', 'another');
    await soon(() => {
      for (const each of [one, two]) {
        expect(each.get('bob')).not.toBeNull();
        expect(each.get('ann')?.passwordHash).toBe('another');
      }
    });
    expect(one.changes()).toBeGreaterThan(before);
    // What this process wrote is at hand at once.
    await accounts.users.change('ann', { disabled: true });
    await one.changed();
    expect(one.get('ann')?.disabled).toBe(true);
    expect(one.device('ann~phone')).toBeNull();
    // As many as before, and not the same.
    await accounts.users.remove('ann');
    await add('cid');
    await soon(() => {
      expect(two.get('ann')).toBeNull();
      expect(two.device('ann~phone')).toBeNull();
      expect(two.get('cid')).not.toBeNull();
    });
  });

  it('sign in as before while the database is away, and it heals by itself', async () => {
    await add('ann');
    const users = await mirror();
    await cluster.kill();
    await soon(() => {
      expect(health).toEqual([false]);
    });
    expect(users.get('ann')).not.toBeNull();
    await cluster.resume();
    await accounts.close();
    accounts = await PostgresTables.open(settings, 'require');
    await add('bob');
    await soon(() => {
      expect(users.get('bob')).not.toBeNull();
      expect(health).toEqual([false, true]);
    });
  });

  it('sign in as before while the database is frozen', async () => {
    await add('ann');
    const users = await mirror();
    cluster.signal('SIGSTOP');
    try {
      await soon(() => {
        expect(health).toEqual([false]);
      });
      expect(users.get('ann')).not.toBeNull();
    } finally {
      cluster.signal('SIGCONT');
    }
    await soon(() => {
      expect(health).toEqual([false, true]);
    });
  });

  it('are refused where there are more than fit', async () => {
    await add('ann');
    await add('bob');
    await expect(mirror(1)).rejects.toThrow('more than 1 users');
  });
});
