import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { loadLocalKey, mintToken } from '../auth/local-key.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import { offhook, spawnOffhook } from './testing/run.ts';
import type { Running } from './testing/run.ts';

const OFFER = new URL('../../test/fuzz/corpus/sdp/chromium-audio', import.meta.url);

interface Ready {
  readonly ready: boolean;
  readonly url: string;
  readonly port: number;
  readonly users: readonly { readonly user: string; readonly password: string }[];
}

let folder: string;
/** A phone's built files, so that these tests need no build of the real one. */
let webRoot: string;
const started: Running[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
  webRoot = mkdtempSync(join(tmpdir(), 'offhook-test-web-'));
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>phone</title>');
});
afterEach(async () => {
  for (const { child, finished } of started.splice(0)) {
    if (child.exitCode === null) {
      child.kill('SIGKILL');
    }
    await finished;
  }
  for (const made of [folder, webRoot]) {
    rmSync(made, { recursive: true, force: true });
  }
});

function serve(...args: string[]): Running {
  return serveIn({}, ...args);
}

function serveIn(env: Record<string, string>, ...args: string[]): Running {
  const running = spawnOffhook(
    [
      'serve',
      '--port',
      '0',
      '--json',
      '--log-level',
      'warn',
      '--set',
      `web.root=${webRoot}`,
      ...args,
    ],
    { env: { TMPDIR: folder, ...env } },
  );
  started.push(running);
  return running;
}

function addUser(dataDir: string): void {
  const store = new Store(databasePath(dataDir));
  const passwordHash = 'none: signs in with tokens only';
  const user = { name: 'alice', displayName: 'Alice', admin: false, generateRingback: false };
  new Users(store).add({ ...user, passwordHash });
  store.close();
}

async function signIn(
  port: number,
  params: object,
): Promise<{ socket: WebSocket; reply: Record<string, unknown> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/`);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const reply = new Promise<Record<string, unknown>>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Record<string, unknown>;
      if (frame['id'] === 'a') {
        resolve(frame);
      }
    });
  });
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'login', params }));
  return { socket, reply: await reply };
}

describe('offhook serve --demo', () => {
  it('says when it is ready, signs its users in, and ends with code 0 at Ctrl-C, leaving nothing', async () => {
    const { child, firstLine, finished } = serve('--demo', '--demo-users', '3');
    const ready = JSON.parse(await firstLine) as Ready;
    expect(ready).toMatchObject({ ready: true, url: `http://localhost:${String(ready.port)}` });
    expect(ready.users.map(({ user }) => user)).toEqual(['1001', '1002', '1003']);
    const { socket, reply } = await signIn(ready.port, {
      login: '1003',
      passwd: ready.users[2]?.password,
    });
    expect(reply['result']).toMatchObject({ message: 'logged in' });
    const gone = new Promise((resolve) => socket.once('close', resolve));
    child.kill('SIGINT');
    await gone;
    expect(await finished).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('ends the same way at SIGTERM', async () => {
    const { child, firstLine, finished } = serve('--demo');
    await firstLine;
    child.kill('SIGTERM');
    expect(await finished).toMatchObject({ code: 0 });
  });

  it.each([['serve', '--demo'], ['demo']])(
    'prints for people unless asked for JSON: %s %s',
    async (...command) => {
      const asked = [...command, '--port', '0', '--log-level', 'silent'];
      const running = spawnOffhook(asked, { env: { TMPDIR: folder } });
      started.push(running);
      expect(await running.firstLine).toMatch(/^Offhook is ready at http:\/\/localhost:\d+$/);
      running.child.kill('SIGINT');
      expect(await running.finished).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/user 1001 .*user 1002 .*two windows/s) as string,
      });
    },
  );

  it('refuses to listen for others', async () => {
    const { code, stderr } = await offhook(['serve', '--demo', '--host', '0.0.0.0']);
    expect(code).toBe(1);
    expect(stderr).toContain('must be a loopback address in demo mode');
  });
});

describe('offhook serve', () => {
  it('signs in with a token that offhook token printed, also while it runs', async () => {
    const dataDir = join(folder, 'data');
    addUser(dataDir);
    const { child, firstLine, finished } = serve(
      '--data-dir',
      dataDir,
      '--set',
      'drain.callSeconds=0',
      '--set',
      'drain.idleSeconds=0',
    );
    const ready = JSON.parse(await firstLine) as Ready;
    expect(ready.users).toEqual([]);
    const { stdout } = await offhook(['token', 'alice', '--data-dir', dataDir]);
    const { socket, reply } = await signIn(ready.port, { login_token: stdout.trim() });
    expect(reply['result']).toMatchObject({ message: 'logged in' });
    socket.close();
    child.kill('SIGTERM');
    expect(await finished).toMatchObject({ code: 0 });
  });

  it('gives calls their time to go, and ends at once when it is told twice', async () => {
    const dataDir = join(folder, 'data');
    addUser(dataDir);
    const { child, firstLine, finished } = serve('--data-dir', dataDir);
    const { port } = JSON.parse(await firstLine) as Ready;
    const token = await mintToken(loadLocalKey(dataDir), 'alice', 60, Date.now());
    const [caller, callee] = [
      (await signIn(port, { login_token: token })).socket,
      (await signIn(port, { login_token: token })).socket,
    ];
    // A call that rings keeps the gateway for `drain.callSeconds`; idle sockets alone only for some milliseconds.
    const rings = new Promise<void>((resolve) => {
      callee.on('message', (data: Buffer) => {
        if (data.toString().includes('"telnyx_rtc.invite"')) {
          resolve();
        }
      });
    });
    const sdp = readFileSync(OFFER, 'utf8');
    const dialogParams = { callID: randomUUID(), destination_number: 'alice', audio: true };
    const params = { sdp, dialogParams };
    caller.send(JSON.stringify({ jsonrpc: '2.0', id: 'b', method: 'telnyx_rtc.invite', params }));
    await rings;
    const gone = Promise.all(
      [caller, callee].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    child.kill('SIGTERM');
    const draining = async (): Promise<boolean> =>
      (await fetch(`http://127.0.0.1:${String(port)}/healthz`)).status === 503;
    await expect.poll(draining).toBe(true);
    child.kill('SIGINT');
    expect(await finished).toMatchObject({ code: 130 });
    await gone;
  });

  it('outlives a data folder whose databases are overwritten under it: calls of who is known go on', async () => {
    const dataDir = join(folder, 'data');
    addUser(dataDir);
    const { child, firstLine, finished } = serve('--data-dir', dataDir);
    const { port } = JSON.parse(await firstLine) as Ready;
    const token = await mintToken(loadLocalKey(dataDir), 'alice', 60, Date.now());
    const before = await signIn(port, { login_token: token });
    expect(before.reply['result']).toMatchObject({ message: 'logged in' });
    // As `cp backup/* data/` begins with each file.
    for (const name of readdirSync(dataDir)) {
      if (name.includes('.sqlite')) {
        truncateSync(join(dataDir, name), 0);
      }
    }
    // Users are looked at once a second, reports written with each call.
    await expect
      .poll(
        async () => {
          const metrics = await fetch(`http://127.0.0.1:${String(port)}/metrics`);
          return (await metrics.text()).includes('offhook_store_failing{store="users"} 1');
        },
        { timeout: 10_000 },
      )
      .toBe(true);
    const after = await signIn(port, { login_token: token });
    expect(after.reply['result']).toMatchObject({ message: 'logged in' });
    for (const { socket } of [before, after]) {
      socket.terminate();
    }
    child.kill('SIGTERM');
    expect(await finished).toMatchObject({ code: 0, signal: null });
  });

  it('warns when only private addresses are offered for media', async () => {
    const { child, firstLine, finished } = serve(
      '--data-dir',
      join(folder, 'data'),
      '--public-address',
      '10.0.0.1',
    );
    await firstLine;
    child.kill('SIGTERM');
    expect((await finished).stderr).toContain('Only private addresses are offered for media');
  });

  it('does not start without a UDP port for audio, and says what to do', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
    const port = String(taken.address().port);
    const range = ['--set', `media.portMin=${port}`, '--set', `media.portMax=${port}`];
    const only = ['--set', 'media.workers=1', '--set', 'media.bind=127.0.0.1', '--port', '0'];
    const { code, stdout, stderr } = await offhook(
      ['serve', '--data-dir', join(folder, 'data'), ...range, ...only],
      { env: {} },
    );
    taken.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `none of the UDP ports ${port} is free on 127\\.0\\.0\\.1; stop what uses them .*media\\.portMin`,
      ),
    );
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
  });

  it('says what is wrong when the port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await offhook(['serve', '--demo', '--port', String(port)], {
      env: { TMPDIR: folder },
    });
    expect(code).toBe(1);
    await new Promise((resolve) => server.close(resolve));
    expect(stderr).toContain('is in use');
    expect(stderr).not.toContain('    at ');
  });
});

describe('a defect that nothing caught', () => {
  it.each([
    ['an exception', "throw new Error('a defect of the test')"],
    ['a rejection', "Promise.reject(new Error('a defect of the test'))"],
  ])(
    '%s: its cause is logged, clients are told to come back, the exit code is 70',
    async (_, defect) => {
      const preload = join(folder, 'preload.cjs');
      writeFileSync(preload, `process.on('SIGUSR2', () => { ${defect}; });`);
      const { child, firstLine, finished } = serveIn(
        { NODE_OPTIONS: `--require ${preload}` },
        '--demo',
      );
      const ready = JSON.parse(await firstLine) as Ready;
      const [user] = ready.users;
      const { socket } = await signIn(ready.port, { login: user?.user, passwd: user?.password });
      const closed = new Promise<{ code: number; reason: string }>((resolve) => {
        socket.once('close', (code, reason) => {
          resolve({ code, reason: reason.toString() });
        });
      });
      child.kill('SIGUSR2');
      const { code, reason } = await closed;
      expect(code).toBe(1012);
      expect(reason).toMatch(/; retry-after=\d+$/);
      const end = await finished;
      expect(end).toMatchObject({ code: 70, signal: null });
      expect(end.stderr).toContain('a defect of the test');
      expect(end.stderr).toContain('"level":"fatal"');
    },
  );
});
