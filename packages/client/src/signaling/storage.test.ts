import { describe, expect, it } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { FakePlatform, FakeStorage } from '../testing/fake-platform.ts';
import { SessionStore } from './storage.ts';

type Grant = (lock: unknown) => Promise<unknown>;

/** Web Locks as a browser has them for all pages of an origin. */
class FakeLocks {
  readonly held = new Set<string>();
  readonly #waiting: (() => void)[] = [];

  request(name: string, { signal }: { signal: AbortSignal }, grant: Grant): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const take = (): void => {
        if (signal.aborted) {
          return;
        }
        if (this.held.has(name)) {
          this.#waiting.push(take);
          return;
        }
        this.held.add(name);
        void grant({ name }).then((result) => {
          this.held.delete(name);
          resolve(result);
          this.#waiting.splice(0).forEach((next) => next());
        });
      };
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      take();
    });
  }
}

const record = {
  sessionId: 's-1',
  voiceSdkId: 'v-1',
  storedAt: 1_700_000_000_000,
  host: 'wss://b.test',
  calls: [{ id: 'c-1' }],
};

function page(locks: FakeLocks, storage = new FakeStorage()) {
  const platform = Object.assign(new FakePlatform({ storage }), { locks });
  return { platform, store: new SessionStore(platform as never) };
}

describe('The session of a page', () => {
  it('is found by the page that comes after it, with what was written of its calls', async () => {
    const locks = new FakeLocks();
    const before = page(locks);
    await before.store.hold('s-1');
    before.store.save('key', record);
    before.store.release();
    await settle();
    const after = page(locks, before.platform.storage);
    expect(await after.store.take('key')).toEqual(record);
    expect(locks.held).toEqual(new Set(['offhook:s-1']));
    expect(await after.store.take('key')).toBeUndefined();
    after.store.release();
    await settle();
    expect(locks.held.size).toBe(0);
    expect(after.platform.clock.pending).toBe(0);
  });

  it('is not taken by a copy of its tab, which waits half a second in vain', async () => {
    const locks = new FakeLocks();
    const tab = page(locks);
    await tab.store.hold('s-1');
    tab.store.save('key', record);
    const copy = page(locks, tab.platform.storage);
    const taking = copy.store.take('key');
    await copy.platform.clock.advance(499);
    tab.store.drop('key');
    await copy.platform.clock.advance(1);
    expect(await taking).toBeUndefined();
    expect(copy.platform.clock.pending).toBe(0);
    expect(await tab.store.hold('s-1')).toBe(true);
  });

  it('is got by a page that comes while the one before it still lets go', async () => {
    const locks = new FakeLocks();
    const before = page(locks);
    await before.store.hold('s-1');
    before.store.save('key', record);
    const after = page(locks, before.platform.storage);
    const taking = after.store.take('key');
    await after.platform.clock.advance(100);
    before.store.release();
    await settle();
    expect(await taking).toEqual(record);
    after.store.release();
  });

  it('counts for 90 s, and only when it is whole', async () => {
    const { platform, store } = page(new FakeLocks());
    for (const text of ['', 'null', '[]', '{', '{"sessionId":1}', '{"sessionId":"a"}']) {
      platform.storage.setItem('key', text);
      expect(await store.take('key')).toBeUndefined();
    }
    store.save('key', record);
    await platform.clock.advance(90_001);
    expect(await store.take('key')).toBeUndefined();
    platform.storage.setItem(
      'key',
      JSON.stringify({ ...record, storedAt: platform.now(), calls: 7, host: 7 }),
    );
    expect(await store.take('key')).toMatchObject({ host: undefined, calls: [] });
    store.release();
  });
});
