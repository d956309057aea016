import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisServer } from '../packages/gateway/src/cluster/testing/redis-server.ts';
import { Gateway } from './lib/gateway.ts';
import type { CallView } from './lib/party.ts';
import { freePort } from './lib/ports.ts';
import { expect, test } from './lib/test.ts';

test('the gateway is killed in a call and started again: with its calls in Redis the same call goes on, and both hear each other', async ({
  party,
  site,
}) => {
  const redis = await RedisServer.start();
  const folder = mkdtempSync(join(tmpdir(), 'offhook-killed-'));
  const port = await freePort();
  const start = (): Promise<Gateway> =>
    Gateway.start({
      demoUsers: 0,
      folder,
      port,
      settings: { REDIS_URL: redis.url, ORIGINS: new URL(site.url('offhook')).origin },
    });
  let gateway = await start();
  try {
    const signIn = async (login: string): Promise<object> => ({
      login,
      password: await gateway.addUser(login),
      keepConnectionAliveOnSocketClose: true,
    });
    const ann = await party('1001', { gateway, options: await signIn('1001') });
    const bob = await party('1002', { gateway, options: await signIn('1002') });
    const call = await ann.dial('1002');
    const inbound = await bob.incoming();
    await inbound.answer();
    await call.reaches('active');
    await Promise.all([ann.hears(bob), bob.hears(ann)]);

    await gateway.kill();
    gateway = await start();
    const goesOn = async (view: CallView): Promise<void> => {
      await expect
        .poll(async () => (await view.record()).states.slice(-2))
        .toEqual(['recovering', 'active']);
    };
    await Promise.all([goesOn(call), goesOn(inbound)]);
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
    await inbound.hangup();
    await call.ended();
    expect(gateway.errors).toEqual([]);
  } finally {
    await gateway.stop();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
