import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { edgeConfigFrom } from './edge-config.ts';
import { startEdge } from './edge-server.ts';
import { stickySigner } from './sticky.ts';

const SECRET = 'a secret of the edge and its gateways';
const silent = pino({ level: 'silent' });
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

/** A gateway that says its name and what it was asked, on the socket and over HTTP. */
async function gateway(
  name: string,
): Promise<{ url: string; state: { busy: boolean }; stop: () => Promise<void> }> {
  const state = { busy: false };
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      response.end(
        JSON.stringify({
          name,
          url: request.url,
          body,
          address: request.headers['x-forwarded-for'],
        }),
      );
    });
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (request.headers.origin === 'http://refused.example') {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
      return;
    }
    if (state.busy) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.send(
        JSON.stringify({ name, url: request.url, address: request.headers['x-forwarded-for'] }),
      );
      ws.on('message', (data) => {
        ws.send(data, { binary: false });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) {
      return;
    }
    stopped = true;
    for (const ws of sockets.clients) {
      ws.terminate();
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  cleanups.push(stop);
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, state, stop };
}

async function edge(gateways: Record<string, { url: string }>, pools: object, rtc: object = {}) {
  const upstreams = Object.fromEntries(
    Object.entries(gateways).map(([name, { url }]) => [name, { url }]),
  );
  const config = edgeConfigFrom({ port: 0, secret: SECRET, upstreams, pools, rtc });
  const running = await startEdge(config, silent);
  cleanups.push(() => running.close());
  return running.url;
}

function open(
  url: string,
  options: { origin?: string } = {},
): Promise<{ first: { name: string; url: string; address: string }; socket: WebSocket }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), options);
    cleanups.push(() => {
      socket.terminate();
      return Promise.resolve();
    });
    socket.once('message', (data: Buffer) => {
      resolve({ first: JSON.parse(data.toString()) as never, socket });
    });
    socket.on('error', reject);
  });
}

describe('the edge', () => {
  it('sends each client to the gateway of its region, canary or session, path and query untouched', async () => {
    const [a, e, c] = await Promise.all([gateway('a'), gateway('e'), gateway('c')]);
    const pools = { default: ['a'], canary: ['c'], regions: { eu: ['e'] } };
    const url = await edge({ a, e, c }, pools);
    expect((await open(`${url}/some/path?x=1`)).first).toMatchObject({
      name: 'a',
      url: '/some/path?x=1',
    });
    expect((await open(`${url}/?region=eu`)).first.name).toBe('e');
    expect((await open(`${url}/?canary=true`)).first.name).toBe('c');
    const token = stickySigner('e', SECRET).issue();
    expect((await open(`${url}/?voice_sdk_id=${token}`)).first.name).toBe('e');
    expect((await open(`${url}/?voice_sdk_id=${token}x`)).first.name).toBe('a');
  });

  it('tells the gateway the client’s address and lets no client forge it', async () => {
    const a = await gateway('a');
    const url = await edge({ a }, { default: ['a'] });
    expect((await open(`${url}/`)).first.address).toBe('127.0.0.1');
    const forged = await fetch(`${url}/x`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(await forged.json()).toMatchObject({ address: '127.0.0.1' });
  });

  it('carries frames both ways, and a lost gateway closes the client', async () => {
    const a = await gateway('a');
    const url = await edge({ a }, { default: ['a'] });
    const { socket } = await open(`${url}/`);
    const echoed = new Promise((resolve) => {
      socket.once('message', (data: Buffer) => {
        resolve(data.toString());
      });
    });
    socket.send('x'.repeat(200_000));
    expect(await echoed).toBe('x'.repeat(200_000));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await a.stop();
    await closed;
  });

  it('tries the next gateway when one is down, before the client sees anything', async () => {
    const [a, b] = await Promise.all([gateway('a'), gateway('b')]);
    const url = await edge({ a, b }, { default: ['a', 'b'] });
    const token = stickySigner('a', SECRET).issue();
    await a.stop();
    expect((await open(`${url}/?voice_sdk_id=${token}`)).first.name).toBe('b');
  });

  it('tries the next gateway when one is full or leaves, and says so when all are', async () => {
    const [a, b] = await Promise.all([gateway('a'), gateway('b')]);
    const url = await edge({ a, b }, { default: ['a', 'b'] });
    const token = stickySigner('a', SECRET).issue();
    a.state.busy = true;
    expect((await open(`${url}/?voice_sdk_id=${token}`)).first.name).toBe('b');
    b.state.busy = true;
    await expect(open(`${url}/?voice_sdk_id=${token}`)).rejects.toThrow('503');
  });

  it('hands a gateway’s refusal to the client', async () => {
    const a = await gateway('a');
    const url = await edge({ a }, { default: ['a'] });
    await expect(open(`${url}/`, { origin: 'http://refused.example' })).rejects.toThrow('403');
  });

  it('refuses rtc_ip and rtc_port off the allow-list, and obeys those on it', async () => {
    const [a, b] = await Promise.all([gateway('a'), gateway('b')]);
    const url = await edge({ a, b }, { default: ['a'] }, { '10.1.2.3:99': 'b' });
    expect((await open(`${url}/?rtc_ip=10.1.2.3&rtc_port=99`)).first.name).toBe('b');
    await expect(open(`${url}/?rtc_ip=10.1.2.4&rtc_port=99`)).rejects.toThrow('403');
  });

  it('takes the host of no request line for its upstream', async () => {
    const [a, other] = await Promise.all([gateway('a'), gateway('other')]);
    const url = await edge({ a }, { default: ['a'] });
    const answer = await fetch(`${url}//${new URL(other.url).host}/x`);
    expect(await answer.json()).toMatchObject({ name: 'a' });
  });

  it('routes uploads by x-voice-sdk-id, body untouched', async () => {
    const [a, b] = await Promise.all([gateway('a'), gateway('b')]);
    const url = await edge({ a, b }, { default: ['a'] });
    const response = await fetch(`${url}/call_report`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-voice-sdk-id': stickySigner('b', SECRET).issue(),
      },
      body: '{"n":1}',
    });
    expect(await response.json()).toMatchObject({
      name: 'b',
      url: '/call_report',
      body: '{"n":1}',
    });
  });

  it('answers 503 and says so when no gateway is up', async () => {
    const a = await gateway('a');
    await a.stop();
    const url = await edge({ a }, { default: ['a'] });
    expect((await fetch(`${url}/healthz`)).status).toBe(503);
    await expect(open(`${url}/`)).rejects.toThrow('503');
  });

  it('names every mistake in its configuration', () => {
    expect(() =>
      edgeConfigFrom({
        secret: SECRET,
        upstreams: { a: { url: 'http://x' } },
        pools: { default: ['b'] },
      }),
    ).toThrow(/pools\.default.*names b/s);
    expect(() => edgeConfigFrom({ secret: 'short', upstreams: {}, pools: {} })).toThrow(/secret/);
  });
});
