import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, it } from 'vitest';
import type { Platform } from '../platform.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { forgetLeftovers, Outbox, sendLeftovers } from './outbox.ts';

/** The locks of one origin, which its pages share. */
class Locks {
  readonly held = new Set<string>();
  page() {
    const mine = new Set<string>();
    const locks = {
      request: async (name: string, hold: () => Promise<void>): Promise<void> => {
        mine.add(name);
        this.held.add(name);
        await hold();
        this.held.delete(name);
      },
      query: () => Promise.resolve({ held: [...this.held].map((name) => ({ name })) }),
    };
    const close = (): void => mine.forEach((name) => this.held.delete(name));
    return { locks, close };
  }
}

let pages = 0;

function page(indexedDB: IDBFactory | undefined, origin = new Locks()) {
  const { locks, close } = origin.page();
  const platform = new FakePlatform();
  const uuid = `page-${String(++pages)}`;
  const surroundings = Object.assign(platform, {
    indexedDB,
    uuid: () => uuid,
    window: Object.assign(platform.fakeWindow, { navigator: { locks } }),
  }) as unknown as Platform;
  const tracked: Promise<void>[] = [];
  const logged: string[] = [];
  const outbox = new Outbox(
    surroundings,
    (upload) => tracked.push(upload),
    (message) => logged.push(message),
  );
  const send = (body: object, url = 'http://gw/call_report') =>
    outbox.send({
      url,
      headers: { 'x-call-id': 'c' },
      body: JSON.stringify(body),
      keepalive: true,
    });
  /** IndexedDB takes turns of the real event loop. */
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    void promise.then(() => (done = true));
    while (!done) {
      await platform.clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return promise;
  };
  const bodies = (): unknown[] => platform.posted.map(({ body }) => body);
  return { platform, surroundings, outbox, send, settled, bodies, close, tracked, logged };
}

describe.each([
  ['in memory', (): IDBFactory | undefined => undefined],
  ['in IndexedDB', (): IDBFactory | undefined => new IDBFactory()],
] as const)('uploads kept %s', (_, factory) => {
  it('are gone once they are delivered', async () => {
    const { send, settled, outbox, bodies } = page(factory());
    expect(await settled(send({ n: 1 }))).toBe(true);
    await settled(outbox.retry());
    expect(bodies()).toEqual([{ n: 1 }]);
  });

  it('go out once, in order, when the gateway can be reached again', async () => {
    const { platform, send, settled, outbox, bodies } = page(factory());
    platform.reachable = false;
    expect(await settled(send({ n: 1 }))).toBe(false);
    expect(await settled(send({ n: 2 }))).toBe(false);
    platform.reachable = true;
    await Promise.all([settled(outbox.retry()), outbox.retry()]);
    await settled(outbox.retry());
    expect(bodies()).toEqual([{ n: 1 }, { n: 2 }]);
    outbox.pause();
    expect(platform.clock.pending).toBe(0);
  });

  it('are tried again by themselves after a while', async () => {
    const { platform, send, settled, bodies, outbox } = page(factory());
    platform.reachable = false;
    await settled(send({ n: 1 }));
    platform.reachable = true;
    await platform.clock.advance(15_000);
    await settled(outbox.retry());
    expect(bodies()).toEqual([{ n: 1 }]);
    expect(platform.clock.pending).toBe(0);
  });

  it('are left alone while the client has no connection: no timer runs on', async () => {
    const { platform, send, settled, outbox } = page(factory());
    platform.reachable = false;
    outbox.pause();
    await settled(send({ n: 1 }));
    expect(platform.clock.pending).toBe(0);
  });

  it('are forgotten after a week, when nobody would take them', async () => {
    const { platform, send, settled, outbox, bodies } = page(factory());
    platform.reachable = false;
    await settled(send({ n: 1 }));
    outbox.pause();
    await platform.clock.advance(7 * 24 * 3_600_000 + 1);
    platform.reachable = true;
    await settled(outbox.retry());
    expect(bodies()).toEqual([]);
  });

  it('of one gateway do not hold up those of another', async () => {
    const { platform, send, settled, outbox, bodies } = page(factory());
    platform.reachable = false;
    await settled(send({ n: 1 }, 'http://away/call_report'));
    await settled(send({ n: 2 }, 'http://gw/call_report'));
    platform.reachable = true;
    const { fetch } = platform;
    Object.assign(platform, {
      fetch: (url: string, init: RequestInit) =>
        url.startsWith('http://away') ? Promise.reject(new TypeError('away')) : fetch(url, init),
    });
    await settled(outbox.retry());
    expect(bodies()).toEqual([{ n: 2 }]);
    outbox.pause();
  });
});

describe('what a page could not deliver', () => {
  it('goes out with the next page, once that page is gone', async () => {
    const [database, origin] = [new IDBFactory(), new Locks()];
    const first = page(database, origin);
    first.platform.reachable = false;
    await first.settled(first.send({ n: 1 }));

    const beside = page(database, origin);
    await beside.settled(beside.outbox.retry());
    expect(beside.bodies()).toEqual([]);

    first.close();
    const next = page(database, origin);
    const { surroundings } = next;
    await next.settled(sendLeftovers(surroundings, { debug: () => undefined }));
    expect(next.bodies()).toEqual([{ n: 1 }]);
    const last = page(database, origin);
    await last.settled(last.outbox.retry());
    expect(last.bodies()).toEqual([]);
  });

  it('are removed when the user signs out, but for what another page that lives will send', async () => {
    const [database, origin] = [new IDBFactory(), new Locks()];
    const [gone, living, leaving] = [1, 2, 3].map(() => page(database, origin));
    for (const [n, one] of [gone, living, leaving].entries()) {
      if (!one) {
        throw new Error('No page');
      }
      one.platform.reachable = false;
      await one.settled(one.send({ n }));
    }
    gone?.close();
    await leaving?.settled(leaving.outbox.clear('http://gw'));
    await leaving?.settled(
      forgetLeftovers(leaving.surroundings, { debug: () => undefined }, 'http://gw'),
    );
    living?.close();
    leaving?.close();
    const next = page(database, origin);
    await next.settled(next.outbox.retry());
    expect(next.bodies()).toEqual([{ n: 1 }]);
    expect(leaving?.platform.clock.pending).toBe(0);
  });

  it('of a client that has no connection just now, or for another gateway, is not removed when another user signs out', async () => {
    const [database, origin] = [new IDBFactory(), new Locks()];
    const [resting, foreign, leaving] = [1, 2, 3].map(() => page(database, origin));
    if (!resting || !foreign || !leaving) {
      throw new Error('No page');
    }
    for (const one of [resting, foreign, leaving]) {
      one.platform.reachable = false;
    }
    await resting.settled(resting.send({ n: 'resting' }));
    resting.outbox.pause();
    await foreign.settled(foreign.send({ n: 'foreign' }, 'http://another/call_report'));
    foreign.close();
    await leaving.settled(leaving.send({ n: 'own' }, 'http://another/call_report'));
    await leaving.settled(leaving.outbox.clear('http://gw'));
    const { surroundings } = leaving;
    await leaving.settled(forgetLeftovers(surroundings, { debug: () => undefined }, 'http://gw'));
    const next = page(database, origin);
    await next.settled(next.outbox.retry());
    expect(next.bodies()).toEqual([{ n: 'resting' }, { n: 'foreign' }]);
    await resting.settled(resting.outbox.clear('http://gw'));
    await new Promise((resolve) => setImmediate(resolve));
    expect([...origin.held]).toEqual([]);
  });

  it('goes out with another client of the same page, once the first has no connection', async () => {
    const [database, origin] = [new IDBFactory(), new Locks()];
    const first = page(database, origin);
    first.platform.reachable = false;
    await first.settled(first.send({ n: 1 }));
    first.outbox.pause();
    await new Promise((resolve) => setImmediate(resolve));
    const second = page(database, origin);
    await second.settled(second.outbox.retry());
    expect(second.bodies()).toEqual([{ n: 1 }]);
    expect([...origin.held].filter((name) => name.startsWith('offhook-outbox '))).toEqual([]);
  });

  it('is kept before it is sent, so that a page that vanishes loses nothing', async () => {
    const [database, origin] = [new IDBFactory(), new Locks()];
    const first = page(database, origin);
    Object.assign(first.platform, { fetch: () => new Promise(() => undefined) });
    void first.send({ n: 1 });
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    first.close();
    const next = page(database, origin);
    await next.settled(next.outbox.retry());
    expect(next.bodies()).toEqual([{ n: 1 }]);
  });

  it('goes out with a later page where pages cannot tell of each other', async () => {
    const database = new IDBFactory();
    const first = page(database);
    first.platform.reachable = false;
    await first.settled(first.send({ n: 1 }));
    const next = page(database);
    Object.assign(next.platform.fakeWindow, { navigator: {} });
    await next.settled(next.outbox.retry());
    expect(next.bodies()).toEqual([]);
    await next.platform.clock.advance(61_000);
    await next.settled(next.outbox.retry());
    expect(next.bodies()).toEqual([{ n: 1 }]);
  });

  it('is no more than 400 bodies, the newest', async () => {
    const database = new IDBFactory();
    const first = page(database);
    first.platform.reachable = false;
    const sent = Array.from({ length: 405 }, (_, n) => first.send({ n }));
    await first.settled(Promise.all(sent));
    first.platform.reachable = true;
    await first.settled(first.outbox.retry());
    expect(first.bodies()).toHaveLength(400);
    expect(first.bodies()[0]).toEqual({ n: 5 });
  });

  it('is kept as long as the page where a browser refuses IndexedDB', async () => {
    const refusing = {
      open: () => {
        throw new DOMException('blocked', 'SecurityError');
      },
    } as unknown as IDBFactory;
    const { platform, send, settled, outbox, bodies, logged } = page(refusing);
    platform.reachable = false;
    expect(await settled(send({ n: 1 }))).toBe(false);
    platform.reachable = true;
    await settled(outbox.retry());
    expect(bodies()).toEqual([{ n: 1 }]);
    expect(logged[0]).toContain('cannot be kept');
  });
});
