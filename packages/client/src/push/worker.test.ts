import { beforeEach, describe, expect, it, vi } from 'vitest';
import { takeCall, writeSetup } from './mailbox.ts';
import { FakeCaches } from './testing/fake-caches.ts';
import { handlePush, type PushWorkerScope } from './worker.ts';

const GATEWAY = 'https://phone.example.com';
const setup = {
  gateway: GATEWAY,
  subscription: { endpoint: 'https://push.example.net/1', keys: { auth: 'a', p256dh: 'b' } },
};

interface Shown {
  readonly title: string;
  readonly tag: string;
  readonly data: unknown;
  closed: boolean;
  close(): void;
}

/** A service worker's surroundings, with what it did. */
class FakeScope implements PushWorkerScope {
  readonly location = { href: 'https://app.example.com/push-worker.js' };
  readonly navigator = { language: 'en-GB' };
  shown: Shown[] = [];
  readonly opened: string[] = [];
  readonly told: unknown[] = [];
  pages: { url: string; visibilityState: 'visible' | 'hidden'; rings: boolean | 'silent' }[] = [];
  readonly #listeners = new Map<string, (event: never) => void>();

  readonly registration = {
    showNotification: (title: string, { tag, data }: { tag: string; data: unknown }) => {
      this.shown = this.shown.filter((each) => each.tag !== tag);
      const one: Shown = {
        title,
        tag,
        data,
        closed: false,
        close: () => {
          one.closed = true;
          this.shown = this.shown.filter((each) => each !== one);
        },
      };
      this.shown.push(one);
      return Promise.resolve();
    },
    getNotifications: ({ tag }: { tag: string }) =>
      Promise.resolve(this.shown.filter((each) => each.tag === tag)),
  } as unknown as ServiceWorkerRegistration;

  readonly clients = {
    matchAll: () =>
      Promise.resolve(
        this.pages.map(({ url, visibilityState, rings }) => ({
          url,
          visibilityState,
          postMessage: (message: { offhook: string }, ports?: Transferable[]) => {
            this.told.push(message);
            if (message.offhook === 'rings' && rings !== 'silent') {
              (ports?.[0] as MessagePort).postMessage(rings);
            }
          },
          focus: () => Promise.resolve(),
        })),
      ),
    openWindow: (url: string) => {
      this.opened.push(url);
      return Promise.resolve(null);
    },
  };

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener);
  }

  async fire(type: string, event: object): Promise<void> {
    const work: Promise<unknown>[] = [];
    const waitUntil = (each: Promise<unknown>) => work.push(each);
    this.#listeners.get(type)?.({ ...event, waitUntil } as never);
    await Promise.all(work);
  }

  push(payload: unknown): Promise<void> {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return this.fire('push', { data: { text: () => text } });
  }
}

let scope: FakeScope;
const ring = { offhook: 1, type: 'ring', call: 'c1', name: 'Ann', number: '1001', token: 'secret' };

beforeEach(async () => {
  vi.stubGlobal('caches', new FakeCaches());
  await writeSetup(setup);
  scope = new FakeScope();
  handlePush(scope, { page: '/phone' });
  return () => {
    vi.unstubAllGlobals();
  };
});

describe('a call by push', () => {
  it('is shown with the name as it is, whatever is in it', async () => {
    await scope.push({ ...ring, name: "$& $` $' $$" });
    expect(scope.shown.map(({ title }) => title)).toEqual(["Call from $& $` $' $$"]);
  });

  it('is shown with who calls, and opens a page that finds what it needs to take it, once', async () => {
    await scope.push(ring);
    expect(scope.shown.map(({ title }) => title)).toEqual(['Call from Ann']);
    await scope.fire('notificationclick', { notification: scope.shown[0] });
    expect(scope.shown).toEqual([]);
    expect(scope.opened).toEqual(['https://app.example.com/phone#offhook-call=c1']);
    expect(await takeCall('c1')).toEqual({ id: 'c1', gateway: GATEWAY, token: 'secret' });
    expect(await takeCall('c1')).toBeNull();
  });

  it('brings a page that is open to the front, and tells it', async () => {
    scope.pages = [
      { url: 'https://app.example.com/phone', visibilityState: 'hidden', rings: true },
    ];
    await scope.push(ring);
    await scope.fire('notificationclick', { notification: scope.shown[0] });
    expect(scope.opened).toEqual([]);
    expect(scope.told).toEqual([{ offhook: 'opened', call: 'c1' }]);
  });

  it('is not shown where it rings on a page that somebody looks at', async () => {
    scope.pages = [
      { url: 'https://app.example.com/phone', visibilityState: 'visible', rings: true },
    ];
    await scope.push(ring);
    expect(scope.shown).toEqual([]);
  });

  it.each([
    ['signed out', 'https://app.example.com/phone', 'visible', false],
    ['without an answer', 'https://app.example.com/phone', 'visible', 'silent'],
    ['in the background', 'https://app.example.com/phone', 'hidden', true],
    ['of something else', 'https://app.example.com/shop', 'visible', true],
  ] as const)('is shown beside a page %s', async (_, url, visibilityState, rings) => {
    scope.pages = [{ url, visibilityState, rings }];
    await scope.push(ring);
    expect(scope.shown).toHaveLength(1);
  });

  it('that was given up is a missed one, which opens the page and no call', async () => {
    await scope.push(ring);
    await scope.push({ offhook: 1, type: 'missed', call: 'c1', name: '', number: '1001' });
    expect(scope.shown.map(({ title }) => title)).toEqual(['Missed call from 1001']);
    await scope.fire('notificationclick', { notification: scope.shown[0] });
    expect(scope.opened).toEqual(['https://app.example.com/phone']);
    expect(await takeCall('c1')).toBeNull();
  });

  it('that is over disappears', async () => {
    await scope.push(ring);
    await scope.push({ offhook: 1, type: 'over', call: 'c1' });
    expect(scope.shown).toEqual([]);
  });

  it('speaks German, and words of the application', async () => {
    const german = Object.assign(new FakeScope(), { navigator: { language: 'de-AT' } });
    handlePush(german, { texts: { missed: 'Versäumt: {who}' } });
    await german.push(ring);
    expect(german.shown[0]?.title).toBe('Anruf von Ann');
    await german.push({ offhook: 1, type: 'missed', call: 'c1', number: '' });
    expect(german.shown[0]?.title).toBe('Versäumt: unbekannter Nummer');
  });

  it.each(['', 'nonsense', '{}', '[]', 'null', '{"offhook":2,"type":"ring","call":"c"}'])(
    'leaves what is of others alone: %s',
    async (text) => {
      await scope.push(text);
      await scope.fire('push', { data: null });
      await scope.fire('notificationclick', { notification: { data: { mine: 1 } } });
      expect(scope.shown).toEqual([]);
      expect(scope.opened).toEqual([]);
    },
  );
});

describe('a subscription that the browser exchanges', () => {
  it('is told to the gateway with what the former one was', async () => {
    const asked: unknown[] = [];
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      asked.push(url, init.method, JSON.parse(init.body as string));
      return Promise.resolve(new Response(null, { status: 204 }));
    });
    const next = { endpoint: 'https://push.example.net/2', keys: { auth: 'c', p256dh: 'd' } };
    await scope.fire('pushsubscriptionchange', {
      oldSubscription: null,
      newSubscription: { toJSON: () => next },
    });
    expect(asked).toEqual([
      `${GATEWAY}/push/device`,
      'PUT',
      { former: setup.subscription, subscription: next },
    ]);
  });
});
