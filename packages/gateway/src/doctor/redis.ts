import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';
import { redisOptions } from '../cluster/start.ts';
import type { Config } from '../config.ts';
import { fail, ok, reasonOf, type Finding } from './finding.ts';

const CONNECT_MS = 3000;

/** Each command that gateways use in scripts, once; returns those that were refused. A text, a hash and a set, which stay for a second. */
const TRY = `
local refused = {}
local function try(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then table.insert(refused, command) end
end
local text, hash, set = KEYS[1], KEYS[2], KEYS[3]
try('set', text, '1', 'PX', '1000')
try('hset', hash, 'a', '1')
try('sadd', set, 'a')
try('pexpire', hash, '1000')
try('pexpire', set, '1000')
try('hget', hash, 'a')
try('hmget', hash, 'a')
try('hgetall', hash)
try('smembers', set)
try('exists', text)
try('hdel', hash, 'a')
try('srem', set, 'a')
try('del', text)
try('publish', text, '')
return refused`;

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
      const refused = await client.eval(TRY, { keys: [key, `${key}:hash`, `${key}:set`] });
      if (Array.isArray(refused) && refused.length > 0) {
        throw new Error(`this user may not run ${[...new Set(refused.map(String))].join(', ')}`);
      }
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
      `check redis.url, redis.username and redis.password; the user needs the keys and channels ${config.redis.prefix}* and the commands eval, publish, subscribe, set, del, exists, hget, hmget, hset, hdel, hgetall, sadd, srem, smembers, pexpire`,
    );
  }
}
