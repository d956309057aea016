import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';
import { redisOptions } from '../cluster/start.ts';
import type { Config } from '../config.ts';
import { fail, ok, reasonOf, type Finding } from './finding.ts';

const CONNECT_MS = 3000;

/** Whether Redis answers, and lets us do what gateways do there. Null: there is none in the configuration. */
export async function checkRedis(config: Config): Promise<Finding | null> {
  if (!config.redis) {
    return null;
  }
  const { url } = config.redis;
  try {
    const { username, password, ca, prefix } = redisOptions(config) ?? { prefix: '' };
    const client = createClient({
      url,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      socket: {
        connectTimeout: CONNECT_MS,
        reconnectStrategy: false,
        ...(url.startsWith('rediss:') ? { tls: true, ...(ca === undefined ? {} : { ca }) } : {}),
      },
    });
    client.on('error', () => undefined);
    const timer = setTimeout(() => {
      client.destroy();
    }, CONNECT_MS);
    try {
      await client.connect();
      const key = `${prefix}doctor:${randomUUID()}`;
      await client.eval("return redis.call('SET', KEYS[1], '1', 'PX', '1000')", { keys: [key] });
      await client.publish(key, '');
      await client.subscribe(key, () => undefined);
      return ok('redis', `${url} answers`);
    } finally {
      clearTimeout(timer);
      if (client.isOpen) {
        client.destroy();
      }
    }
  } catch (error) {
    return fail(
      'redis',
      `${url}: ${reasonOf(error)}`,
      `check redis.url, redis.username and redis.password; the user needs the keys and channels ${config.redis.prefix}* and the commands eval, publish, subscribe, set, get, del, exists, hget, hset, hdel, hgetall, pexpire`,
    );
  }
}
