import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { createLogger } from '../logging/logger.ts';
import { LEASE_MS, ORPHAN_MS, type CallRecords } from './call-records.ts';
import { RedisCallRecords } from './redis/redis-call-records.ts';
import { RedisLink } from './redis/redis-link.ts';
import { MemoryCallRecords } from './testing/memory-call-records.ts';
import { RedisServer } from './testing/redis-server.ts';
import { RegisterError } from './register.ts';

let server: RedisServer;
let link: RedisLink;
let prefixes = 0;

beforeAll(async () => {
  server = await RedisServer.start();
  link = new RedisLink({
    options: { url: server.url, prefix: 'test:' },
    name: 'test',
    clock: systemClock,
    logger: createLogger('silent', { write: () => undefined }),
  });
  await link.start(5000);
});

afterAll(async () => {
  await link.close();
  await server.stop();
});

interface Made {
  readonly records: CallRecords;
  /** The gateway was silent for so long. */
  silent(node: string, ms: number): Promise<void>;
}

const KINDS: Record<string, () => Made> = {
  memory: () => {
    let now = 0;
    const records = new MemoryCallRecords(() => now);
    return {
      records,
      silent: (_, ms) => {
        now += ms;
        return Promise.resolve();
      },
    };
  },
  Redis: () => {
    const prefix = `test-${String(++prefixes)}:`;
    const own = {
      evaluate: link.evaluate.bind(link),
      key: (...parts: readonly string[]) => `${prefix}${parts.join(':')}`,
    };
    return {
      records: new RedisCallRecords(own),
      // By Redis' own clock, without waiting for it.
      silent: async (node, ms) => {
        const keys = [`${prefix}owner:${node}`, `${prefix}seen:${node}`];
        const shorten = `
          for i, key in ipairs(KEYS) do
            local left = redis.call('PTTL', key)
            if left >= 0 then redis.call('PEXPIRE', key, math.max(0, left - ARGV[1])) end
          end
          return 0`;
        await link.evaluate(shorten, keys, [String(ms)]);
      },
    };
  },
};

const CALL = { id: 'call', epoch: 1, revision: 1, text: 'as it was', sessions: ['one', 'two'] };

describe.each(Object.entries(KINDS))('call records in %s', (_, make) => {
  it('say whether a lease was still running', async () => {
    const { records, silent } = make();
    expect(await records.renew('a')).toBe(false);
    expect(await records.renew('a')).toBe(true);
    await silent('a', LEASE_MS);
    expect(await records.renew('a')).toBe(false);
    await records.release('a');
    expect(await records.renew('a')).toBe(false);
  });

  it('find a call by both sessions, until it ended', async () => {
    const { records } = make();
    await records.renew('a');
    expect(await records.write({ ...CALL, node: 'a' })).toBe(true);
    const found = [{ id: 'call', epoch: 1 }];
    expect(await records.find('one')).toEqual(found);
    expect(await records.find('two')).toEqual(found);
    expect(await records.find('three')).toEqual([]);
    await records.write({ ...CALL, node: 'a', revision: 2, text: '' });
    expect(await records.find('one')).toEqual([]);
    // What was on its way does not bring it back.
    expect(await records.write({ ...CALL, node: 'a' })).toBe(true);
    expect(await records.find('one')).toEqual([]);
  });

  it('keep the newer one of two writes', async () => {
    const { records, silent } = make();
    await records.renew('a');
    await records.write({ ...CALL, node: 'a', revision: 3, text: 'newer' });
    await records.write({ ...CALL, node: 'a', revision: 2, text: 'older' });
    await silent('a', LEASE_MS);
    await records.renew('b');
    expect(await records.take('b', { id: 'call', epoch: 1 }, 1)).toEqual({
      epoch: 2,
      revision: 3,
      text: 'newer',
    });
  });

  it('give a call to one gateway, when its owner is silent, and keep the former one out', async () => {
    const { records, silent } = make();
    const call = { id: 'call', epoch: 1 };
    await Promise.all(['a', 'b', 'c'].map((node) => records.renew(node)));
    await records.write({ ...CALL, node: 'a' });
    expect(await records.take('b', call, 1)).toBe('owned');
    await silent('a', LEASE_MS);
    await records.renew('b');
    await records.renew('c');
    expect(await records.lost('a', [call])).toEqual([]);
    expect(await records.take('b', call, 2)).toMatchObject({ epoch: 2 });
    expect(await records.take('c', call, 1)).toBe('owned');
    expect(await records.lost('a', [{ id: 'unknown', epoch: 1 }, call])).toEqual(['call']);
    await records.renew('a');
    expect(await records.write({ ...CALL, node: 'a', revision: 9, text: 'stale' })).toBe(false);
    expect(await records.write({ ...CALL, node: 'b', epoch: 2, revision: 2 })).toBe(true);
  });

  it('give nothing to a gateway without a lease, and nothing of one that is gone for long', async () => {
    const { records, silent } = make();
    const call = { id: 'call', epoch: 1 };
    await records.renew('a');
    await records.write({ ...CALL, node: 'a' });
    await silent('a', LEASE_MS);
    expect(await records.take('b', call, 1)).toBe('owned');
    await silent('a', ORPHAN_MS);
    await records.renew('b');
    expect(await records.take('b', call, 2)).toBe('none');
    expect(await records.take('b', call, 3)).toBe('none');
  });

  it('answer a takeover that is asked for again alike, refuse a late copy, and undo what got no answer', async () => {
    const { records, silent } = make();
    const call = { id: 'call', epoch: 1 };
    await records.renew('a');
    await records.write({ ...CALL, node: 'a' });
    await silent('a', LEASE_MS);
    await records.renew('b');
    expect(await records.take('b', call, 1)).toMatchObject({ epoch: 2 });
    expect(await records.take('b', call, 2)).toMatchObject({ epoch: 2 });
    // It concerns the first attempt only.
    await records.giveBack('b', 'call', 1);
    expect(await records.lost('b', [{ id: 'call', epoch: 2 }])).toEqual([]);
    await records.giveBack('b', 'call', 2);
    await records.renew('c');
    const free = { id: 'call', epoch: 3 };
    expect(await records.take('b', free, 2)).toBe('owned');
    expect(await records.take('c', free, 1)).toMatchObject({ epoch: 4 });
  });
});

describe('Redis', () => {
  afterEach(async () => {
    server.thaw();
    await server.kill();
    await server.run();
    await expect.poll(() => link.evaluate('return 1', [], []).catch(() => 0)).toBe(1);
  });

  it('that does not answer is a named error within a second or so', async () => {
    const records = new RedisCallRecords(link);
    server.freeze();
    await expect(records.renew('a')).rejects.toThrow(RegisterError);
  });

  it('that is gone is one at once, and serves again when it is back', async () => {
    const records = new RedisCallRecords(link);
    await server.kill();
    await expect(records.renew('a')).rejects.toThrow(RegisterError);
    await server.run();
    await expect.poll(() => records.renew('a').catch(() => null)).not.toBeNull();
  });
});
