import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { stickySigner } from '../edge/sticky.ts';
import { freeTcpPort } from '../testing/free-tcp-port.ts';
import { offhook } from './testing/run.ts';

const HAPROXY = '/usr/sbin/haproxy';
const SECRET = 'a secret of haproxy and its gateways';
const run = promisify(execFile);

let folder: string;
const cleanups: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-haproxy-'));
  writeFileSync(join(folder, 'secret'), `${SECRET}\n`);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string): string => join(folder, name);
const command = (...more: string[]) =>
  offhook([
    ...['edge', 'haproxy', '--out', file('haproxy.cfg'), '--listen', '127.0.0.1'],
    ...['--secret-file', file('secret'), '--stats-socket', file('stats.sock')],
    ...['--gateway', 'one=127.0.0.1:9', ...more],
  ]);

describe('offhook edge haproxy', () => {
  it('writes a file that others cannot read, and keeps one that is there', async () => {
    expect(await command()).toMatchObject({ code: 0 });
    expect(statSync(file('haproxy.cfg')).mode & 0o007).toBe(0);
    writeFileSync(file('haproxy.cfg'), 'mine');
    expect(await command()).toMatchObject({ code: 1 });
    expect(readFileSync(file('haproxy.cfg'), 'utf8')).toBe('mine');
    expect(await command('--force')).toMatchObject({ code: 0 });
    expect(readFileSync(file('haproxy.cfg'), 'utf8')).toContain('server one 127.0.0.1:9');
  });

  it.each<[string[], string[]]>([
    [
      ['--listen', 'all', '--gateway', '10.0.0.5:8080', '--port', 'five', '--health-ms', '1'],
      [
        'listen must be an IPv4 or IPv6 address',
        'gateways.1.name must be a short lower-case name',
        'port must be a number',
        'healthMs must be at least 200',
      ],
    ],
    [
      ['--gateway', 'two=nowhere', '--gateway', 'three=a\nb:1', '--certificate', '/a b'],
      [
        'gateways.1.address must be name=host:port',
        'gateways.2.address must be name=host:port',
        'certificate must be a path',
      ],
    ],
    [['--gateway', 'one=127.0.0.1:10'], ['gateways must have names that differ']],
    [['--redirect-port', '80'], ['--redirect-port needs --certificate']],
    [['--secret-file', '/nowhere'], ['/nowhere cannot be read']],
  ])('%j is refused with a word on what is wrong', async (flags, messages) => {
    const { code, stderr } = await command(...flags);
    for (const message of messages) {
      expect(stderr).toContain(message);
    }
    expect(code).toBe(1);
    expect(existsSync(file('haproxy.cfg'))).toBe(false);
  });

  it('a short secret is refused, and “offhook edge” still wants its file', async () => {
    writeFileSync(file('secret'), 'short');
    expect((await command()).stderr).toContain('secret must hold 32 characters');
    expect((await offhook(['edge'])).stderr).toContain('--config is missing');
  });
});

/** A gateway as HAProxy sees it: its health, its sockets, its uploads. */
async function gateway(name: string) {
  const state = { health: 200, takes: true };
  const server = createServer((request, response) => {
    if (request.url === '/healthz') {
      response.writeHead(state.health).end();
      return;
    }
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      const { 'x-forwarded-for': address, 'x-forwarded-proto': protocol } = request.headers;
      response.end(JSON.stringify({ name, bytes, address, protocol, url: request.url }));
    });
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (!state.takes) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.send(JSON.stringify({ name, address: request.headers['x-forwarded-for'] }));
      ws.on('message', (data) => {
        ws.send(data, { binary: false });
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  cleanups.push(async () => {
    sockets.clients.forEach((ws) => {
      ws.terminate();
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { name, port, state };
}

type Stand = Awaited<ReturnType<typeof gateway>>;

async function haproxy(gateways: readonly Stand[], ...flags: string[]): Promise<number> {
  const port = await freeTcpPort();
  const all = gateways.flatMap((each) => [
    '--gateway',
    `${each.name}=127.0.0.1:${String(each.port)}`,
  ]);
  const written = await offhook([
    ...['edge', 'haproxy', '--out', file('haproxy.cfg'), '--listen', '127.0.0.1'],
    ...['--port', String(port), '--secret-file', file('secret'), '--health-ms', '500'],
    ...['--max-connections', '1000'],
    ...['--stats-socket', file('stats.sock'), ...all, ...flags],
  ]);
  expect(written).toMatchObject({ code: 0, stderr: '' });
  const { stderr } = await run(HAPROXY, ['-c', '-f', file('haproxy.cfg')]);
  expect(stderr).not.toMatch(/ALERT|WARNING/);
  const child = spawn(HAPROXY, ['-db', '-f', file('haproxy.cfg')], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  cleanups.push(() => {
    child.kill('SIGKILL');
    return ended;
  });
  if (!flags.includes('--certificate')) {
    await expect.poll(() => status(`http://127.0.0.1:${String(port)}/healthz`)).toBe(200);
  }
  return port;
}

const status = (url: string): Promise<number> =>
  fetch(url).then(
    (response) => response.status,
    () => 0,
  );

interface Opened {
  readonly name: string;
  readonly address: string;
  readonly socket: WebSocket;
}

/** Settles when the gateway says its name; rejects when the socket is refused. */
function open(
  port: number,
  query = '',
  headers: Record<string, string> = {},
  secure = false,
): Promise<Opened> {
  const scheme = secure ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://127.0.0.1:${String(port)}/${query}`, {
    headers,
    rejectUnauthorized: false,
  });
  cleanups.push(() => {
    socket.terminate();
    return Promise.resolve();
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('message', (data: Buffer) => {
      resolve({ ...(JSON.parse(data.toString()) as Omit<Opened, 'socket'>), socket });
    });
  });
}

const names = async (port: number, query = ''): Promise<Set<string>> => {
  const opened = [];
  for (let tries = 0; tries < 4; tries += 1) {
    opened.push((await open(port, query)).name);
  }
  return new Set(opened);
};

// `npm test` installs it.
describe.skipIf(!existsSync(HAPROXY))('HAProxy with that file', () => {
  it('sends a client back to the gateway whose signature it brings, and nobody can choose one', async () => {
    const port = await haproxy([await gateway('one'), await gateway('two')]);
    expect(await names(port)).toEqual(new Set(['one', 'two']));
    for (const name of ['one', 'two']) {
      const token = stickySigner(name, SECRET).issue();
      expect(await names(port, `?voice_sdk_id=${token}`)).toEqual(new Set([name]));
    }
    const forged = stickySigner('one', 'another secret').issue();
    expect(await names(port, `?voice_sdk_id=${forged}`)).toEqual(new Set(['one', 'two']));
    const left = `?voice_sdk_id=${stickySigner('one', SECRET).issue()}&skip_last_voice_sdk_id=true`;
    expect(await names(port, left)).toEqual(new Set(['one', 'two']));
  });

  it('carries an upload to its session’s gateway, tells the client’s address, and shows nobody the figures', async () => {
    const port = await haproxy([await gateway('one'), await gateway('two')]);
    const url = `http://127.0.0.1:${String(port)}`;
    const headers = {
      'x-voice-sdk-id': stickySigner('two', SECRET).issue(),
      'x-forwarded-for': '203.0.113.9',
    };
    const body = Buffer.alloc(2_000_000, 1);
    const sent = await fetch(`${url}/call_report`, { method: 'POST', headers, body });
    expect(await sent.json()).toEqual({
      name: 'two',
      bytes: body.length,
      address: '127.0.0.1',
      protocol: 'http',
      url: '/call_report',
    });
    expect((await open(port, '', { 'x-forwarded-for': '203.0.113.9' })).address).toBe('127.0.0.1');
    for (const path of ['/metrics', '/%6detrics', '/METRICS?a=b']) {
      expect(await status(`${url}${path}`)).toBe(404);
    }
  });

  it('a gateway on its way out keeps its sockets and the clients that it takes back; the others go elsewhere', async () => {
    const [one, two] = [await gateway('one'), await gateway('two')];
    const port = await haproxy([one, two]);
    const mine = `?voice_sdk_id=${stickySigner('one', SECRET).issue()}`;
    const call = await open(port, mine);
    one.state.health = 503;
    await expect.poll(() => names(port)).toEqual(new Set(['two']));
    const said = once(call.socket, 'message');
    call.socket.send('still here');
    expect(String((await said)[0])).toBe('still here');
    expect(await names(port, mine)).toEqual(new Set(['one']));
    // Without a call there, it does not take the client: the browser never sees that.
    one.state.takes = false;
    expect(await names(port, mine)).toEqual(new Set(['two']));
  });

  it('what a dead gateway held is cut, so that its clients come back to another one', async () => {
    const [one, two] = [await gateway('one'), await gateway('two')];
    const port = await haproxy([one, two]);
    const mine = `?voice_sdk_id=${stickySigner('one', SECRET).issue()}`;
    const { socket } = await open(port, mine);
    const closed = once(socket, 'close');
    one.state.health = 500;
    await closed;
    expect(await names(port, mine)).toEqual(new Set(['two']));
    two.state.health = 500;
    await expect.poll(() => status(`http://127.0.0.1:${String(port)}/healthz`)).toBe(503);
  });

  it('an address that asks too much is told when to come back', async () => {
    const port = await haproxy([await gateway('one')], '--requests-per-second', '1');
    const url = `http://127.0.0.1:${String(port)}/`;
    const answers = [];
    for (let tries = 0; tries < 30; tries += 1) {
      answers.push(await fetch(url));
    }
    const refused = answers.find((answer) => answer.status === 429);
    expect(refused?.headers.get('retry-after')).toBe('10');
  });

  it('ends TLS, and sends plain HTTP there', async () => {
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const out = ['-keyout', file('k.pem'), '-out', file('c.pem')];
    await run('openssl', ['req', '-x509', ...kind, ...out, '-subj', '/CN=edge', '-days', '2']);
    const both = ['c.pem', 'k.pem'].map((name) => readFileSync(file(name), 'utf8')).join('');
    writeFileSync(file('both.pem'), both);
    const plain = await freeTcpPort();
    const port = await haproxy(
      [await gateway('one')],
      ...['--certificate', file('both.pem'), '--redirect-port', String(plain)],
    );
    await expect
      .poll(() =>
        open(port, '', {}, true).then(
          ({ name }) => name,
          () => 'not yet',
        ),
      )
      .toBe('one');
    const redirected = await fetch(`http://127.0.0.1:${String(plain)}/x`, {
      redirect: 'manual',
    });
    expect(redirected.status).toBe(308);
    expect(redirected.headers.get('location')).toMatch(/^https:\/\/127\.0\.0\.1/);
  });
});
