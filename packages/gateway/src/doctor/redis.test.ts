import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisServer } from '../cluster/testing/redis-server.ts';
import { configFrom } from '../config.ts';
import { checkRedis } from './redis.ts';

let redis: RedisServer;
const acl = (name: string, commands: readonly string[]): readonly string[] => [
  '--user',
  ...`${name} on >secret ~offhook:* &offhook:* +@connection`.split(' '),
  ...commands.map((command) => `+${command}`),
];
const NEEDED =
  'eval publish subscribe set del exists hget hmget hset hdel hgetall sadd srem smembers pexpire'.split(
    ' ',
  );
const withoutCalls = NEEDED.filter((command) => command !== 'sadd');

beforeAll(async () => {
  redis = await RedisServer.start(...acl('enough', NEEDED), ...acl('less', withoutCalls));
});
afterAll(() => redis.stop());

const check = (username: string) =>
  checkRedis(configFrom({ redis: { url: redis.url, username, password: 'secret' } }));

it('a user of Redis with the commands that gateways use is enough, and one without says which is missing', async () => {
  expect(await check('enough')).toMatchObject({ level: 'OK' });
  const less = await check('less');
  expect(less).toMatchObject({ level: 'FAIL' });
  const said = JSON.stringify(less);
  expect(said).toContain('may not run sadd');
  for (const command of NEEDED) {
    expect(said).toMatch(new RegExp(`\\b${command}\\b`));
  }
  expect(await check('nobody')).toMatchObject({ level: 'FAIL' });
});
