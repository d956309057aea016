import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RANDOM_PASSWORD_COST, hashPassword } from '../auth/passwords.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import { configFrom } from '../config.ts';
import { startGateway } from '../gateway.ts';
import type { Gateway } from '../gateway.ts';
import { makeCertificate } from '../http/testing/certificate.ts';
import { silentLogger } from '../logging/logger.ts';
import { FakeMediaPlane } from '../media/testing/fake-media-plane.ts';
import { createSignalingServer } from '../signaling/server.ts';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import { WireClient } from '../signaling/testing/wire-client.ts';
import { MAX_PER_USER } from './push-devices.ts';
import { PushService } from './testing/push-service.ts';
import type { Browser } from './testing/push-service.ts';

const PASSWORD = 'correct horse';
let folder: string;
let service: PushService;
let gateway: Gateway;
let key = '';
const clients: WireClient[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-push-'));
  await changeUsers(async (users) => {
    for (const name of ['ann', 'bob']) {
      users.add({
        name,
        displayName: `${name} of the team`,
        passwordHash: await hashPassword(PASSWORD, RANDOM_PASSWORD_COST),
        admin: false,
        generateRingback: false,
      });
    }
  });
  service = await PushService.start(() => key, await makeCertificate('localhost'));
  await start();
});

afterEach(async () => {
  await stop();
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(push: Record<string, unknown> = {}): Promise<void> {
  const config = configFrom({
    port: 0,
    dataDir: folder,
    drain: { callSeconds: 0, idleSeconds: 0 },
    push: { subject: 'mailto:phones@example.com', hosts: ['localhost'], ...push },
  });
  gateway = await startGateway(config, silentLogger(), {
    createSignaling: createSignalingServer,
    createMedia: () => new FakeMediaPlane(),
    postPush: service.post,
  });
  ({ key } = (await (await fetch(`${gateway.url}/push/key`)).json()) as { key: string });
}

async function stop(): Promise<void> {
  for (const client of clients.splice(0)) {
    client.close();
  }
  await gateway.close();
}

async function changeUsers(change: (users: Users) => Promise<void> | void): Promise<void> {
  const store = new Store(databasePath(folder));
  await change(new Users(store));
  store.close();
}

async function signIn(login: string | null, token?: unknown): Promise<WireClient> {
  const client = await WireClient.connect(gateway.url.replace('http', 'ws'));
  clients.push(client);
  const reply = await client.request('login', {
    ...(login === null ? { login_token: token } : { login, passwd: PASSWORD }),
  });
  expect(reply.error).toBeUndefined();
  client.sessid = String(reply.result?.['sessid']);
  return client;
}

async function send(
  method: 'POST' | 'PUT' | 'DELETE',
  body: unknown,
): Promise<{ readonly status: number; readonly error: unknown }> {
  const response = await fetch(`${gateway.url}/push/device`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const { error } = (text === '' ? {} : JSON.parse(text)) as { error?: unknown };
  return { status: response.status, error };
}

const add = (browser: Pick<Browser, 'subscription'>, login = 'bob', passwd = PASSWORD) =>
  send('POST', { login, passwd, subscription: browser.subscription });

/** The payloads that arrived, in their order. */
async function arrives(count: number): Promise<Record<string, unknown>[]> {
  await expect.poll(() => service.delivered.length, { timeout: 10_000 }).toBe(count);
  expect(service.refused).toEqual([]);
  return service.delivered.map(({ payload }) => payload);
}

describe('a call to a user whose pages are closed', () => {
  it('wakes his browser, whose page signs in with what the message brought, and answers', async () => {
    expect(await add(service.browser())).toEqual({ status: 201, error: undefined });
    const ann = await signIn('ann');
    await dial(ann, 'bob');
    const [ring] = await arrives(1);
    expect(ring).toEqual({
      offhook: 1,
      type: 'ring',
      call: expect.any(String) as unknown,
      name: 'ann of the team',
      number: 'ann',
      token: expect.any(String) as unknown,
    });
    expect(service.delivered[0]).toMatchObject({
      ttl: 30,
      urgency: 'high',
      subject: 'mailto:phones@example.com',
    });
    await ann.next('ringing');
    const bob = await signIn(null, ring?.['token']);
    await answerNext(bob);
    await ann.next('answer');
    const [, over] = await arrives(2);
    expect(over).toEqual({ offhook: 1, type: 'over', call: ring?.['call'] });
    const [first, second] = service.delivered;
    expect(first?.topic).toBe(second?.topic);
  });

  it('tells a browser whose page signed in, and asked to be woken again, that it is over', async () => {
    const browser = service.browser();
    await add(browser);
    const ann = await signIn('ann');
    await dial(ann, 'bob');
    await arrives(1);
    const bob = await signIn('bob');
    await add(browser);
    await answerNext(bob);
    expect((await arrives(2))[1]).toMatchObject({ type: 'over' });
  });

  it('brings a token that ends with the password, and signs up no other browser', async () => {
    const browser = service.browser();
    await add(browser);
    await dial(await signIn('ann'), 'bob');
    const [ring] = await arrives(1);
    const withToken = ({ subscription }: Pick<Browser, 'subscription'>) =>
      send('POST', { login_token: ring?.['token'], subscription });
    expect(await withToken(service.browser())).toEqual({ status: 401, error: 'token_invalid' });
    expect(await withToken(browser)).toMatchObject({ status: 201 });
    const passwordHash = await hashPassword('another one', RANDOM_PASSWORD_COST);
    await changeUsers((users) => {
      users.setPassword('bob', passwordHash);
    });
    const client = await WireClient.connect(gateway.url.replace('http', 'ws'));
    clients.push(client);
    const reply = await client.request('login', { login_token: ring?.['token'] });
    expect(reply.error).toMatchObject({
      message: 'The login token is not valid: its user has another password since',
    });
    expect(await withToken(browser)).toEqual({ status: 401, error: 'token_invalid' });
  });

  it('that is given up is missed, and says by whom', async () => {
    await add(service.browser());
    const ann = await signIn('ann');
    const { callID } = await dial(ann, 'bob');
    await arrives(1);
    await hangup(ann, callID, 'USER_BUSY', 17);
    const [, missed] = await arrives(2);
    expect(missed).toMatchObject({ type: 'missed', number: 'ann' });
    expect(missed).not.toHaveProperty('token');
  });

  it('reaches him after the gateway was started anew', async () => {
    await add(service.browser());
    const before = key;
    await stop();
    await start();
    expect(key).toBe(before);
    await dial(await signIn('ann'), 'bob');
    await arrives(1);
  });

  it('tries once more where a push service is busy, and forgets a browser that is gone', async () => {
    const [busy, gone] = [service.browser(), service.browser()];
    await Promise.all([add(busy), add(gone)]);
    service.answers.set(busy.path, [503]);
    service.answers.set(gone.path, [410]);
    const ann = await signIn('ann');
    const { callID } = await dial(ann, 'bob');
    await arrives(1);
    await hangup(ann, callID, 'USER_BUSY', 17);
    await arrives(2);
    await dial(ann, 'bob');
    await arrives(3);
    expect(service.answers.get(gone.path)).toEqual([]);
  });

  it('ends at once where nothing wakes him', async () => {
    const ann = await signIn('ann');
    await dial(ann, 'bob');
    expect((await ann.next('bye')).params).toMatchObject({ cause: 'SUBSCRIBER_ABSENT' });
  });
});

describe('a browser is woken no more', () => {
  async function isNotWoken(): Promise<void> {
    const ann = await signIn('ann');
    await dial(ann, 'bob');
    await ann.next('bye');
    expect(service.delivered).toEqual([]);
  }

  it('after its user signed out on it', async () => {
    const browser = service.browser();
    await add(browser);
    expect(await send('DELETE', { subscription: browser.subscription })).toMatchObject({
      status: 204,
    });
    await isNotWoken();
  });

  it('after its user was removed, who may be another one when he is back', async () => {
    await add(service.browser());
    let hash = '';
    await changeUsers((users) => {
      hash = users.get('bob')?.passwordHash ?? '';
      users.remove('bob');
      users.add({
        name: 'bob',
        displayName: 'bob',
        passwordHash: `${hash}x`,
        admin: false,
        generateRingback: false,
      });
    });
    await isNotWoken();
  });

  it('after its user got another password', async () => {
    await add(service.browser());
    const passwordHash = await hashPassword('another one', RANDOM_PASSWORD_COST);
    await changeUsers((users) => {
      users.setPassword('bob', passwordHash);
    });
    await isNotWoken();
  });

  it('when there are more than a user may have: the first one goes', async () => {
    const browsers = Array.from({ length: MAX_PER_USER + 1 }, () => service.browser());
    for (const browser of browsers) {
      await add(browser);
    }
    service.answers.set(browsers[0]?.path ?? '', [201]);
    await dial(await signIn('ann'), 'bob');
    await arrives(MAX_PER_USER);
    expect(service.answers.get(browsers[0]?.path ?? '')).toEqual([201]);
  });
});

describe('what a page asks', () => {
  it.each([
    ['http://push.example.com/x', 'must be an https address'],
    ['https://user:secret@push.example.com/x', 'must be an https address'],
    ['https://127.0.0.1/x', 'on this machine'],
    ['https://[::ffff:10.0.0.1]/x', 'on this machine'],
    ['https://10.1.2.3/x', 'on this machine'],
    ['https://printer/x', 'on this machine'],
    ['https://gateway.internal/x', 'on this machine'],
    ['https://push.example.com:8443/x', 'usual port'],
    ['nonsense', 'must be an https address'],
  ])('is refused for the endpoint %s', async (endpoint, problem) => {
    const { keys } = service.browser().subscription;
    const response = await fetch(`${gateway.url}/push/device`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: 'bob', passwd: PASSWORD, subscription: { endpoint, keys } }),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(problem);
  });

  it('is refused for keys that are none, bodies that are none, and whoever may not sign in', async () => {
    const { endpoint, keys } = service.browser().subscription;
    const given = { login: 'bob', passwd: PASSWORD };
    for (const bad of [
      { ...keys, p256dh: Buffer.alloc(65, 4).toString('base64url') },
      { ...keys, auth: 'AAAA' },
      { ...keys, p256dh: '' },
    ]) {
      const answer = await send('POST', { ...given, subscription: { endpoint, keys: bad } });
      expect(answer).toEqual({ status: 400, error: 'bad_subscription' });
    }
    expect(await send('POST', { ...given, subscription: 1 })).toMatchObject({ status: 400 });
    expect(await send('POST', [])).toMatchObject({ status: 400 });
    expect(await send('POST', 'x'.repeat(20_000))).toMatchObject({ status: 413 });
    expect(await add(service.browser(), 'bob', 'wrong')).toEqual({
      status: 401,
      error: 'bad_credentials',
    });
  });

  it('lets a service worker exchange its subscription, with what only its browser knows', async () => {
    const [former, next] = [service.browser(), service.browser()];
    await add(former);
    const { endpoint, keys } = former.subscription;
    // A push service knows the endpoint, and may not have the user's calls come to itself.
    const guessed = { endpoint, keys: { ...keys, auth: Buffer.alloc(16).toString('base64url') } };
    expect(await send('PUT', { former: guessed, subscription: next.subscription })).toMatchObject({
      status: 404,
    });
    expect(await send('DELETE', { subscription: guessed })).toMatchObject({ status: 204 });
    expect(
      await send('PUT', { former: former.subscription, subscription: next.subscription }),
    ).toMatchObject({ status: 204 });
    service.answers.set(former.path, [500]);
    await dial(await signIn('ann'), 'bob');
    await arrives(1);
    expect(service.answers.get(former.path)).toEqual([500]);
  });

  it('is refused for pages of strangers, and when it asks too often', async () => {
    const strange = await fetch(`${gateway.url}/push/key`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(strange.status).toBe(403);
    const statuses = await Promise.all(
      Array.from({ length: 120 }, async () => (await fetch(`${gateway.url}/push/key`)).status),
    );
    expect(statuses).toContain(429);
  });
});

describe('a gateway that wakes nobody', () => {
  it.each([{ enabled: false, subject: 'mailto:a@example.com' }, {}])(
    'says so: %j',
    async (push) => {
      await stop();
      const config = configFrom({ port: 0, dataDir: folder, push });
      gateway = await startGateway(config, silentLogger(), {
        createSignaling: createSignalingServer,
        createMedia: () => new FakeMediaPlane(),
      });
      expect(await (await fetch(`${gateway.url}/push/key`)).json()).toEqual({ key: null });
    },
  );
});
