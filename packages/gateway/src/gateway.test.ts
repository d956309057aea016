import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createDemoAccounts } from './auth/demo.ts';
import { RANDOM_PASSWORD_COST, hashPassword } from './auth/passwords.ts';
import { Store, databasePath } from './auth/store.ts';
import { Users } from './auth/users.ts';
import { configFrom } from './config.ts';
import { startGateway } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import { makeCertificate } from './http/testing/certificate.ts';
import { createLogger, silentLogger } from './logging/logger.ts';
import type { Logger } from './logging/logger.ts';
import { FakeMediaPlane } from './media/testing/fake-media-plane.ts';
import { createSignalingServer } from './signaling/server.ts';

const PASSWORD = 'correct horse';
let folder: string;
let media: FakeMediaPlane;
const undo: (() => Promise<void> | void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) {
    await step();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function start(
  config: Record<string, unknown>,
  logger: Logger = silentLogger(),
): Promise<Gateway> {
  const full = configFrom({
    port: 0,
    dataDir: folder,
    drain: { callSeconds: 0, idleSeconds: 0 },
    ...config,
  });
  const gateway = await startGateway(full, logger, {
    createSignaling: createSignalingServer,
    createMedia: () => {
      media = new FakeMediaPlane();
      return media;
    },
  });
  undo.push(() => gateway.close());
  return gateway;
}

async function addUser(name: string): Promise<void> {
  const store = new Store(databasePath(folder));
  new Users(store).add({
    name,
    displayName: name,
    passwordHash: await hashPassword(PASSWORD, RANDOM_PASSWORD_COST),
    admin: false,
    generateRingback: false,
  });
  store.close();
}

async function connect(gateway: Gateway, origin?: string): Promise<WebSocket> {
  const socket = new WebSocket(
    `ws://127.0.0.1:${String(gateway.port)}/`,
    origin === undefined ? {} : { origin },
  );
  undo.push(() => {
    socket.terminate();
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
}

interface ReplyFrame {
  readonly id?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
}

async function login(socket: WebSocket, params: Record<string, unknown>): Promise<ReplyFrame> {
  const reply = new Promise<ReplyFrame>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as ReplyFrame;
      if (frame.id === 'login-1') {
        resolve(frame);
      }
    });
  });
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 'login-1', method: 'login', params }));
  return reply;
}

const closed = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => socket.once('close', resolve));

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) {
    hash.update(name);
    // The socket for commands cannot be read.
    if (statSync(join(folder, name)).isFile()) {
      hash.update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex');
}

describe('a gateway', () => {
  it('signs in its users', async () => {
    await addUser('1001');
    const gateway = await start({});
    const reply = await login(await connect(gateway), { login: '1001', passwd: PASSWORD });
    expect(reply.result).toMatchObject({
      message: 'logged in',
      sessid: expect.any(String) as string,
    });
    expect(gateway.stats()).toMatchObject({ sockets: 1, sessions: 1, registeredUsers: 1 });
  });

  it('takes a user who was added while it runs, and forgets one who was removed', async () => {
    const gateway = await start({});
    await addUser('1002');
    const socket = await connect(gateway);
    expect((await login(socket, { login: '1002', passwd: PASSWORD })).result).toBeDefined();
    const store = new Store(databasePath(folder));
    new Users(store).remove('1002');
    store.close();
    const again = await connect(gateway);
    expect((await login(again, { login: '1002', passwd: PASSWORD })).error).toMatchObject({
      code: -32001,
    });
  });

  it('writes nothing and keeps nothing before a login succeeds', async () => {
    await addUser('1001');
    const gateway = await start({});
    const before = fingerprint();
    for (let i = 0; i < 4; i += 1) {
      const socket = await connect(gateway);
      const gone = closed(socket);
      socket.send('not json');
      socket.send(
        JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'telnyx_rtc.invite',
          params: { sdp: 'v=0' },
        }),
      );
      const reply = await login(socket, {
        login: `user${String(i)}`,
        passwd: 'guess',
        sessid: 'stolen',
      });
      expect(reply.error?.code).toBe(-32001);
      socket.close();
      await gone;
    }
    expect(gateway.stats()).toMatchObject({
      sessions: 0,
      registeredUsers: 0,
      calls: 0,
      parkedLegs: 0,
    });
    expect(fingerprint()).toBe(before);
  });

  it('hands out ICE servers with the login where a TURN secret is configured', async () => {
    await addUser('1001');
    const gateway = await start({ turn: { urls: ['turn:127.0.0.1:3478'], secret: 'north' } });
    const reply = await login(await connect(gateway), { login: '1001', passwd: PASSWORD });
    expect(reply.result?.['ice_servers']).toEqual([
      expect.objectContaining({
        urls: ['turn:127.0.0.1:3478'],
        username: expect.stringMatching(/^\d+:1001$/) as string,
      }),
    ]);
  });

  it('logs no password and no token, whatever happens', async () => {
    await addUser('1001');
    const lines: string[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const gateway = await start({}, createLogger('trace', sink));
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMDAxIn0.Y2FuYXJ5LWNhbmFyeQ';
    const socket = await connect(gateway);
    await login(socket, { login: '1001', passwd: 'canary-wrong' });
    await login(await connect(gateway), { login_token: token });
    await login(await connect(gateway), { login: '1001', passwd: PASSWORD });
    expect(lines.join('')).toContain('A login failed');
    expect(lines.join('')).not.toContain('canary');
    expect(lines.join('')).not.toContain(PASSWORD);
    expect(lines.join('')).not.toContain(token);
  });
});

describe('stopping', () => {
  it('drains: no new sockets, health says so, and open ones are told to go', async () => {
    await addUser('1001');
    const gateway = await start({});
    const socket = await connect(gateway);
    await login(socket, { login: '1001', passwd: PASSWORD });
    const gone = closed(socket);
    const drained = gateway.drain();
    const health = await fetch(`http://127.0.0.1:${String(gateway.port)}/healthz`);
    expect(health.status).toBe(503);
    await expect(connect(gateway)).rejects.toThrow('503');
    await drained;
    expect(await gone).not.toBe(1006);
    expect(gateway.stats().sockets).toBe(0);
  });

  it('closes everything at once, twice without harm, and frees port, files and media', async () => {
    await addUser('1001');
    const gateway = await start({});
    const socket = await connect(gateway);
    const gone = closed(socket);
    await Promise.all([gateway.close(), gateway.close()]);
    await gateway.close();
    await gone;
    await expect(fetch(`http://127.0.0.1:${String(gateway.port)}/healthz`)).rejects.toThrow();
    await expect(media.offer({ call: 'c', leg: 'l', sdp: 'v=0' })).rejects.toMatchObject({
      code: 'closed',
    });
    expect(readdirSync(folder).filter((name) => name.endsWith('-wal'))).toEqual([]);
  });
});

describe('the demo', () => {
  it('has its own users in a folder of its own, which is gone afterwards', async () => {
    const tmp = join(folder, 'tmp');
    mkdirSync(tmp);
    vi.stubEnv('TMPDIR', tmp);
    undo.push(() => {
      vi.unstubAllEnvs();
    });
    const gateway = await start({ demo: { enabled: true, users: 3 } });
    expect(gateway.demoAccounts.map((account) => account.user)).toEqual(['1001', '1002', '1003']);
    expect(readdirSync(folder)).toEqual(['tmp']);
    expect(readdirSync(tmp)).toHaveLength(1);
    const [account] = gateway.demoAccounts;
    const reply = await login(await connect(gateway), { login: '1001', passwd: account?.password });
    expect(reply.result).toBeDefined();
    await gateway.close();
    expect(readdirSync(tmp)).toEqual([]);
  });

  it('signs in by one click with a token of ten minutes', async () => {
    const gateway = await start({ demo: { enabled: true } });
    const origin = `http://127.0.0.1:${String(gateway.port)}`;
    const response = await fetch(`${origin}/demo/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: '{"user":"1002"}',
    });
    const { login_token: token } = (await response.json()) as { login_token: string };
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number;
      iat: number;
    };
    expect(claims.exp - claims.iat).toBe(600);
    expect(
      (await login(await connect(gateway, origin), { login_token: token })).result,
    ).toBeDefined();
  });

  it('leaves a database that a gateway for others refuses', async () => {
    const store = new Store(databasePath(folder));
    await createDemoAccounts(store, new Users(store), 1);
    store.close();
    await expect(start({})).rejects.toThrow(/database of a demo/);
  });
});

describe('a gateway that cannot start', () => {
  it('says why and leaves nothing running', async () => {
    const first = await start({});
    const elsewhere = join(folder, 'other');
    await expect(start({ port: first.port, dataDir: elsewhere })).rejects.toThrow(
      /is in use; stop what uses it/,
    );
    await expect(start({})).rejects.toThrow(/a gateway runs on it/);
    await expect(
      start({ tls: { cert: join(folder, 'no.pem'), key: join(folder, 'no.key') } }),
    ).rejects.toThrow(/TLS file cannot be read/);
    await expect(start({ web: { root: folder } })).rejects.toThrow(/holds no index.html/);
    await expect(media.offer({ call: 'c', leg: 'l', sdp: 'v=0' })).rejects.toMatchObject({
      code: 'closed',
    });
  });
});

describe('TLS', () => {
  async function certificate(name: string): Promise<void> {
    const { cert, key } = await makeCertificate(name);
    writeFileSync(join(folder, 'c.pem'), cert);
    writeFileSync(join(folder, 'k.pem'), key);
  }

  function peerName(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        { host: '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false, agent: false },
        (response) => {
          const { socket } = response;
          const name = socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : '';
          response.resume().on('end', () => {
            resolve(String(name));
          });
        },
      );
      request.on('error', reject).end();
    });
  }

  it('is served, with a renewed certificate after it was read again', async () => {
    await certificate('first.example');
    const gateway = await start({
      tls: { cert: join(folder, 'c.pem'), key: join(folder, 'k.pem') },
    });
    expect(gateway.url).toBe(`https://localhost:${String(gateway.port)}`);
    expect(await peerName(gateway.port)).toBe('first.example');
    await certificate('second.example');
    gateway.reloadCertificate();
    expect(await peerName(gateway.port)).toBe('second.example');
    writeFileSync(join(folder, 'c.pem'), 'broken');
    expect(() => {
      gateway.reloadCertificate();
    }).toThrow();
    expect(await peerName(gateway.port)).toBe('second.example');
  });
});
