import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import type { Party } from '../calls/leg.ts';
import type { Directory } from '../directory/directory.ts';
import { MemoryDirectory } from '../directory/memory.ts';
import { Guard } from '../guard.ts';
import { silentLogger } from '../logging/logger.ts';
import { Session } from '../signaling/session.ts';
import { MAX_MESSAGE, type Messages, type Reply } from './messages.ts';
import { Neighbours } from './neighbours.ts';
import { RedisLink } from './redis/redis-link.ts';
import { RedisMessages } from './redis/redis-messages.ts';
import { RedisRegister } from './redis/redis-register.ts';
import type { Entry, Register } from './register.ts';
import { InProcess } from './testing/in-process.ts';
import { RedisServer } from './testing/redis-server.ts';

interface Node {
  readonly messages: Messages;
  readonly register: Register;
  leave(): Promise<void>;
}

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis.stop());

const guard = new Guard(silentLogger(), () => undefined);
const outcomes: string[] = [];

async function byRedis(prefix: string): Promise<Node & { readonly link: RedisLink }> {
  const logger = silentLogger();
  const link = new RedisLink({
    options: { url: redis.url, prefix },
    name: 'gw',
    clock: systemClock,
    logger,
  });
  const metrics = {
    message: (outcome: string) => {
      outcomes.push(outcome);
    },
  };
  const messages = new RedisMessages({ link, clock: systemClock, guard, metrics });
  await link.start(5000);
  return { link, messages, register: new RedisRegister(link), leave: () => link.close() };
}

const ways: Record<string, () => Promise<() => Promise<Node>>> = {
  'in one process': () => {
    const all = new InProcess();
    let count = 0;
    return Promise.resolve(() => {
      const node = all.join(`gw-${String(++count)}`);
      return Promise.resolve({ messages: node, register: node, leave: () => node.leave() });
    });
  },
  'by Redis': () => {
    const prefix = `contract-${randomUUID()}:`;
    return Promise.resolve(() => byRedis(prefix));
  },
};

const entry = (node: string, epoch = 1): Entry => ({
  v: 1,
  node,
  epoch,
  online: true,
  displayName: 'Ana',
  generateRingback: false,
  expiresAt: null,
  guest: false,
  dialling: null,
  address: '192.0.2.1',
  since: 1,
  extended: true,
  client: null,
  browser: null,
  calls: [['call', 'gw']],
});

describe.each(Object.entries(ways))('gateways %s', (_name, make) => {
  let a: Node;
  let b: Node;

  beforeEach(async () => {
    const join = await make();
    a = await join();
    b = await join();
  });
  afterEach(async () => {
    await Promise.all([a.leave(), b.leave()]);
  });

  function heard(node: Node): { readonly told: unknown[] } {
    const told: unknown[] = [];
    node.messages.serve({
      told: (from, body) => {
        told.push([from, body]);
      },
      asked: (_from, body, reply) => {
        if (body === 'broken') {
          throw new Error('broken');
        }
        reply({ echo: body });
      },
      works: () => undefined,
    });
    return { told };
  }

  const ask = (from: Node, to: string, body: unknown): Promise<Reply> =>
    new Promise((resolve) => {
      from.messages.ask(to, body, resolve);
    });

  it('tell each other in order, and a question is answered in its place', async () => {
    heard(a);
    const { told } = heard(b);
    for (let each = 0; each < 50; each += 1) {
      a.messages.tell(b.messages.node, { each });
    }
    expect(await ask(a, b.messages.node, 'x')).toEqual({ ok: true, body: { echo: 'x' } });
    expect(told).toEqual(Array.from({ length: 50 }, (_, each) => [a.messages.node, { each }]));
  });

  it('hear that nobody is there, and that something failed there', async () => {
    heard(a);
    heard(b);
    expect(await ask(a, 'nobody', 'x')).toEqual({ ok: false, why: 'gone' });
    expect(await ask(a, b.messages.node, 'broken')).toEqual({ ok: false, why: 'failed' });
    const gone = b.messages.node;
    await b.leave();
    expect(await ask(a, gone, 'x')).toEqual({ ok: false, why: 'gone' });
  });

  it('find sessions of gateways that live, and read those of others', async () => {
    const mine = { user: 'ana', ref: 's1', entry: entry(a.messages.node) };
    expect(await a.register.put([mine])).toEqual([]);
    expect(await b.register.find('ana')).toEqual([{ ref: 's1', entry: mine.entry }]);
    expect(await b.register.find('bob')).toEqual([]);
    expect(await b.register.living([a.messages.node, 'nobody'])).toEqual(
      new Set([a.messages.node]),
    );
    const { node } = a.messages;
    await a.leave();
    expect(await b.register.find('ana')).toEqual([]);
    expect(await b.register.get('ana', 's1')).toEqual(entry(node));
    expect(await b.register.get('ana', 's2')).toBeNull();
  });

  it('a session that was taken is not taken back by who had it, nor forgotten by him', async () => {
    await a.register.put([{ user: 'ana', ref: 's1', entry: entry(a.messages.node, 1) }]);
    const taken = { user: 'ana', ref: 's1', entry: entry(b.messages.node, 2) };
    expect(await b.register.put([taken])).toEqual([]);
    const late = [
      { user: 'ana', ref: 's1', entry: entry(a.messages.node, 1) },
      { user: 'ana', ref: 's2', entry: entry(a.messages.node, 1) },
    ];
    expect(await a.register.put(late)).toEqual(['s1']);
    await a.register.drop('ana', 's1');
    await a.register.drop('ana', 's2');
    expect(await a.register.find('ana')).toEqual([{ ref: 's1', entry: taken.entry }]);
    // Two take it at once: one of them has it.
    const both = await Promise.all(
      [a, b].map(({ register, messages }) =>
        register.put([{ user: 'ana', ref: 's3', entry: entry(messages.node, 5) }]),
      ),
    );
    expect(both.flat()).toEqual(['s3']);
  });

  it('know of each other whom they call', async () => {
    await a.register.call('ana', true);
    await a.register.call('bob', true);
    const node = a.messages.node;
    expect(await b.register.callers(['ana', 'cleo', 'bob'])).toEqual([[node], [], [node]]);
    expect(await a.register.callers(['ana'])).toEqual([[]]);
    await a.register.call('ana', false);
    expect(await b.register.callers(['ana'])).toEqual([[]]);
  });

  it('more sessions than go in one step are written', async () => {
    const many = Array.from({ length: 130 }, (_, each) => ({
      user: `u${String(each)}`,
      ref: 's',
      entry: entry(a.messages.node),
    }));
    await a.register.put(many);
    expect(await b.register.find('u0')).toHaveLength(1);
    expect(await b.register.find('u129')).toHaveLength(1);
  });
});

describe.each(['memory', 'neighbours'])('a directory: %s', (kind) => {
  let directory: Directory<Party>;
  let close: () => void = () => undefined;

  beforeEach(() => {
    if (kind === 'memory') {
      directory = new MemoryDirectory<Party>();
      close = () => undefined;
      return;
    }
    const node = new InProcess().join('gw');
    const neighbours = new Neighbours({
      messages: node,
      register: node,
      clock: systemClock,
      guard,
      logger: silentLogger(),
    });
    directory = neighbours;
    close = () => {
      neighbours.close();
    };
  });
  afterEach(() => {
    close();
  });

  it('knows who is here, in the order in which they came, each once', async () => {
    const [first, second] = ['one', 'two'].map(
      (id) => new Session(id, '', { user: 'ana', displayName: '', generateRingback: false }, 0),
    ) as [Session, Session];
    directory.register('ana', first);
    directory.register('ana', second);
    directory.register('ana', first);
    expect(directory.sessionsOf('ana')).toEqual([first, second]);
    expect(await directory.everywhere('ana')).toEqual([first, second]);
    expect(directory.users).toBe(1);
    directory.unregister('ana', first);
    directory.unregister('ana', first);
    expect(await directory.everywhere('ana')).toEqual([second]);
    directory.unregister('ana', second);
    expect(await directory.everywhere('ana')).toEqual([]);
    expect(directory.users).toBe(0);
  });
});

describe('messages by Redis', () => {
  it('what cannot be read is counted and harms nothing, and what is too long is not sent', async () => {
    const prefix = `junk-${randomUUID()}:`;
    const [a, b] = [await byRedis(prefix), await byRedis(prefix)];
    const told: unknown[] = [];
    b.messages.serve({
      told: (_from, body) => told.push(body),
      asked: () => undefined,
      works: () => undefined,
    });
    outcomes.length = 0;
    const channel = b.link.channel(b.messages.node);
    const junk = ['{', '[]', 'null', '{"v":2,"from":"x","body":1}', '{"v":1,"body":1}'];
    for (const text of junk) {
      await a.link.publish(channel, text);
    }
    const long = await new Promise<Reply>((resolve) => {
      a.messages.ask(b.messages.node, 'x'.repeat(MAX_MESSAGE), resolve);
    });
    expect(long).toEqual({ ok: false, why: 'too_large' });
    a.messages.tell(b.messages.node, 'fine');
    await vi.waitFor(() => {
      expect(told).toEqual(['fine']);
    });
    expect(outcomes.filter((outcome) => outcome === 'unreadable')).toHaveLength(junk.length);
    const entries = `${prefix}user:ana`;
    await a.link.evaluate(
      `redis.call('HSET', KEYS[1], 's', ARGV[1]) return 0`,
      [entries],
      [JSON.stringify({ node: a.messages.node, v: 2 })],
    );
    // Of a version that is not known: passed over.
    expect(await b.register.find('ana')).toEqual([]);
    expect(await b.register.get('ana', 's')).toBeNull();
    await Promise.all([a.leave(), b.leave()]);
  });

  it('an entry that cannot be read keeps no other from being written, found or forgotten', async () => {
    const prefix = `junk-${randomUUID()}:`;
    const [a, b] = [await byRedis(prefix), await byRedis(prefix)];
    const { node } = a.messages;
    const spoil = `for i = 1, #ARGV do redis.call('HSET', KEYS[1], 's' .. i, ARGV[i]) end return 0`;
    const junk = ['{', '', '7', '[]', 'null', '{"node":7}', '{"node":"x","epoch":"2"}'];
    await a.link.evaluate(spoil, [`${prefix}user:ana`], junk);
    const others = [
      { user: 'bob', ref: 's1', entry: entry(node) },
      ...junk.map((_, at) => ({ user: 'ana', ref: `s${String(at + 2)}`, entry: entry(node) })),
    ];
    expect(await a.register.put(others)).toEqual([]);
    expect(await b.register.find('bob')).toHaveLength(1);
    const refs = (await b.register.find('ana')).map(({ ref }) => ref);
    expect(refs.toSorted()).toEqual(['s2', 's3', 's4', 's5', 's6', 's7', 's8']);
    await a.register.drop('ana', 's1');
    await a.register.drop('ana', 's2');
    expect(await b.register.find('ana')).toHaveLength(6);
    await Promise.all([a.leave(), b.leave()]);
  });

  it('sign in by name and password of an access list, and are refused without', async () => {
    const own = await RedisServer.start(
      ...['--user', 'default', 'off'],
      ...'--user offhook on >secret ~acl:* &acl:* +@all -@dangerous -@admin'.split(' '),
    );
    try {
      const sign = (password: string): RedisLink =>
        new RedisLink({
          options: { url: own.url, username: 'offhook', password, prefix: 'acl:' },
          name: 'gw',
          clock: systemClock,
          logger: silentLogger(),
        });
      const [right, wrong] = [sign('secret'), sign('guess')];
      await Promise.all([right.start(5000), wrong.start(700)]);
      expect([right.works, wrong.works]).toEqual([true, false]);
      await Promise.all([right.close(), wrong.close()]);
    } finally {
      await own.stop();
    }
  });
});
