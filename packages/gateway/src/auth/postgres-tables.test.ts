import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePostgresUrl } from '../postgres/address.ts';
import { openPool } from '../postgres/database.ts';
import { migratePostgres, postgresVersion } from '../postgres/migrate.ts';
import { Cluster } from '../postgres/testing/cluster.ts';
import { describeAccountTables } from './account-tables.contract.ts';
import { PostgresTables } from './postgres-tables.ts';
import { POSTGRES_MIGRATIONS } from './postgres-schema.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
}, 90_000);
afterAll(() => cluster.stop());

describeAccountTables('PostgreSQL', async () =>
  PostgresTables.open(await cluster.database(), 'migrate'),
);

describe('migrations in PostgreSQL', () => {
  it('are applied once, however many gateways start at once', async () => {
    const settings = await cluster.database();
    const all = await Promise.all(
      Array.from({ length: 8 }, () => PostgresTables.open(settings, 'migrate')),
    );
    const pool = openPool(settings);
    expect(await postgresVersion(pool)).toBe(POSTGRES_MIGRATIONS.length);
    const { rows } = await pool.query('SELECT version FROM migrations');
    expect(rows).toHaveLength(POSTGRES_MIGRATIONS.length);
    await pool.end();
    await Promise.all(all.map((each) => each.close()));
  });

  it('are whole or not at all, and go on from where they were', async () => {
    const pool = openPool(await cluster.database());
    const one = { name: 'one', sql: 'CREATE TABLE one (id int)' };
    const bad = { name: 'bad', sql: 'CREATE TABLE two (id int); SELECT nonsense' };
    await migratePostgres(pool, [one]);
    await expect(migratePostgres(pool, [one, bad])).rejects.toThrow('nonsense');
    expect(await postgresVersion(pool)).toBe(1);
    await migratePostgres(pool, [one, { name: 'two', sql: 'CREATE TABLE two (id int)' }]);
    expect(await postgresVersion(pool)).toBe(2);
    await expect(migratePostgres(pool, [one])).rejects.toMatchObject({ code: 'newer' });
    await pool.end();
  });

  it('are not made by whoever only reads, who says what to do', async () => {
    const settings = await cluster.database();
    await expect(PostgresTables.open(settings, 'require')).rejects.toMatchObject({
      code: 'older',
      message: expect.stringContaining('offhook migrate') as string,
    });
    const pool = openPool(settings);
    expect(await postgresVersion(pool)).toBe(0);
    await pool.end();
  });
});

describe('changes', () => {
  it('are told since a number, with how many there are', async () => {
    const settings = await cluster.database();
    const accounts = await PostgresTables.open(settings, 'migrate');
    const add = (name: string): Promise<boolean> =>
      accounts.users.add({
        name,
        displayName: name,
        passwordHash: '',
        admin: false,
        generateRingback: false,
      });
    await add('ann');
    await add('bob');
    const { version } = await accounts.changesSince(0, 10);
    expect(version).toBe(await accounts.version());
    await accounts.users.setPassword('ann', 'new');
    const since = await accounts.changesSince(version, 10);
    expect(since).toMatchObject({ users: [{ name: 'ann', passwordHash: 'new' }], userCount: 2 });
    await accounts.users.remove('bob');
    const later = await accounts.changesSince(since.version, 10);
    expect(later).toMatchObject({ users: [], userCount: 1 });
    expect(later.version).toBeGreaterThan(since.version);
    expect((await accounts.changesSince(0, 0)).users).toEqual([]);
    await accounts.close();
  });
});

describe('an address of PostgreSQL', () => {
  it.each([
    ['postgres://gw@db.example.com/offhook', { host: 'db.example.com', port: 5432, user: 'gw' }],
    ['postgresql://db:6432/offhook', { host: 'db', port: 6432, user: undefined }],
    ['postgres://[::1]/offhook', { host: '::1' }],
    ['postgres:///offhook?host=/run/postgresql&user=gw', { host: '/run/postgresql', user: 'gw' }],
  ])('%s is understood', (text, parts) => {
    expect(parsePostgresUrl(text)).toMatchObject({ database: 'offhook', ...parts });
  });

  it.each([
    'mysql://db/offhook',
    'postgres://db',
    'postgres:///offhook',
    'postgres://gw:secret@db/offhook',
    'postgres://db/offhook?sslmode=disable',
    'nonsense',
  ])('%s is refused', (text) => {
    expect(parsePostgresUrl(text)).toBeNull();
  });
});
