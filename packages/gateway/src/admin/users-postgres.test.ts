import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RANDOM_PASSWORD_COST, hashPassword } from '../auth/passwords.ts';
import { PostgresTables } from '../auth/postgres-tables.ts';
import { FakeMediaPlane } from '../media/testing/fake-media-plane.ts';
import { Cluster } from '../postgres/testing/cluster.ts';
import { AdminGateway } from './testing/admin-gateway.ts';

let cluster: Cluster;
let folder: string;
beforeAll(async () => {
  cluster = await Cluster.start();
  folder = mkdtempSync(join(tmpdir(), 'offhook-users-postgres-'));
}, 90_000);
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('/api/users in a PostgreSQL', () => {
  it('finds nobody by what is no name, and says so when the database is away and when it is back', async () => {
    const { url } = await cluster.database();
    const tables = await PostgresTables.open({ url, pool: 1 }, 'migrate');
    await tables.users.add({
      name: 'root',
      displayName: 'root',
      passwordHash: await hashPassword('secret-root', RANDOM_PASSWORD_COST),
      admin: true,
      generateRingback: false,
    });
    await tables.close();
    const gateway = await AdminGateway.start(folder, new FakeMediaPlane(), { database: { url } });
    const { write } = await gateway.signedIn();
    const ask = (path: string) => gateway.api('GET', path, write);
    expect(await ask('/api/users/root%00')).toMatchObject({ status: 404 });
    expect(await ask('/api/users?search=%00')).toMatchObject({ status: 200, body: { total: 0 } });
    await cluster.kill();
    for (const path of ['/api/users', '/api/users/root']) {
      expect(await ask(path)).toMatchObject({ status: 503, body: { error: 'busy' } });
    }
    const user = { name: 'ann', password: 'long enough' };
    expect(await gateway.api('POST', '/api/users', write, user)).toMatchObject({ status: 503 });
    await cluster.resume();
    expect(await ask('/api/users')).toMatchObject({ status: 200, body: { total: 1 } });
    await gateway.close();
  });
});
