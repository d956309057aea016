import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { leaveCall, readSetup } from './mailbox.ts';
import { disablePush, enablePush, openedCall, PushError, pushState, renewPush } from './page.ts';
import { FakeCaches } from './testing/fake-caches.ts';

const KEY = Buffer.alloc(65, 4).toString('base64url');
const json = { endpoint: 'https://push.example.net/1', keys: { auth: 'a', p256dh: 'b' } };
const options = {
  host: 'wss://phone.example.com',
  user: 'ann',
  credential: { login: 'ann', password: 'secret' },
};

let permission: NotificationPermission;
let answers: NotificationPermission;
let gateway: (url: string, init?: RequestInit) => Response;
let asked: string[];
let unsubscribed: number;

beforeEach(() => {
  permission = 'default';
  answers = 'granted';
  asked = [];
  unsubscribed = 0;
  gateway = (url) =>
    url.endsWith('/push/key') ? Response.json({ key: KEY }) : new Response(null, { status: 204 });
  const subscription = {
    options: { applicationServerKey: Buffer.from(KEY, 'base64url') },
    toJSON: () => json,
    unsubscribe: () => Promise.resolve((unsubscribed += 1) > 0),
  };
  const registration = {
    active: {},
    installing: null,
    waiting: null,
    pushManager: {
      getSubscription: () => Promise.resolve(subscription),
      subscribe: () => Promise.resolve(subscription),
    },
  };
  vi.stubGlobal('caches', new FakeCaches());
  vi.stubGlobal('PushManager', function PushManager() {});
  vi.stubGlobal('Notification', {
    get permission() {
      return permission;
    },
    requestPermission: () => {
      asked.push('permission');
      permission = answers;
      return Promise.resolve(permission);
    },
  });
  vi.stubGlobal('navigator', {
    serviceWorker: {
      register: () => Promise.resolve(registration),
      getRegistration: () => Promise.resolve(registration),
    },
  });
  vi.stubGlobal('fetch', (url: string, init?: RequestInit) => {
    const body = init?.body === undefined ? '' : ` ${init.body as string}`;
    asked.push(`${init?.method ?? 'GET'} ${url}${body}`);
    return Promise.resolve(gateway(url, init));
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof PushError ? error.code : error),
  );

describe('a browser that is to be woken', () => {
  it('asks the person, then the gateway, with what signs in', async () => {
    expect(await pushState()).toBe('off');
    expect(asked).toEqual([]);
    await enablePush(options);
    expect(asked).toEqual([
      'permission',
      'GET https://phone.example.com/push/key',
      `POST https://phone.example.com/push/device ${JSON.stringify({
        login: 'ann',
        passwd: 'secret',
        subscription: json,
      })}`,
    ]);
    expect([await pushState(), await pushState('ann'), await pushState('bob')]).toEqual([
      'on',
      'on',
      'off',
    ]);
  });

  it('is told to the gateway again by whoever had it switched on, and by nobody else', async () => {
    await renewPush(options);
    expect(asked).toEqual([]);
    await enablePush(options);
    asked.length = 0;
    await renewPush({ ...options, user: 'bob' });
    await renewPush({ ...options, host: 'wss://other.example.com' });
    expect(asked).toEqual([]);
    await renewPush(options);
    expect(asked).toHaveLength(2);
  });

  it('is woken no more after a sign-out, also while the gateway is away', async () => {
    await enablePush(options);
    asked.length = 0;
    gateway = () => {
      throw new TypeError('Failed to fetch');
    };
    await disablePush();
    expect(asked).toEqual([
      `DELETE https://phone.example.com/push/device ${JSON.stringify({ subscription: json })}`,
    ]);
    expect([await pushState(), await readSetup(), unsubscribed]).toEqual(['off', null, 1]);
    await disablePush();
    expect(asked).toHaveLength(1);
  });
});

describe('a browser that is not woken', () => {
  it('says why', async () => {
    answers = 'denied';
    expect(await code(enablePush(options))).toBe('denied');
    expect(await pushState()).toBe('denied');
    answers = 'granted';
    gateway = () => Response.json({ key: null });
    expect(await code(enablePush(options))).toBe('gateway_off');
    gateway = () => {
      throw new TypeError('Failed to fetch');
    };
    expect(await code(enablePush(options))).toBe('unreachable');
    gateway = (url) =>
      url.endsWith('/push/key')
        ? Response.json({ key: KEY })
        : Response.json({ message: 'Login Incorrect' }, { status: 401 });
    expect(await code(enablePush(options))).toBe('refused');
    expect(await readSetup()).toBeNull();
    vi.stubGlobal('navigator', {});
    expect(await code(enablePush(options))).toBe('unsupported');
    expect(await pushState()).toBe('unsupported');
  });
});

describe('a page that was opened for a call', () => {
  it('finds it once, and nothing where it was opened otherwise', async () => {
    const call = { id: 'c 1', gateway: 'https://phone.example.com', token: 'secret' };
    await leaveCall(call);
    expect(await openedCall({ hash: '' })).toBeNull();
    expect(await openedCall({ hash: '#offhook-call=other' })).toBeNull();
    expect(await openedCall({ hash: '#offhook-call=c+1' })).toEqual(call);
    expect(await openedCall({ hash: '#offhook-call=c+1' })).toBeNull();
  });
});
