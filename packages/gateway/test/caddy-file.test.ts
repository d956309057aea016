import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { configFrom } from '../src/config.ts';
import { startGateway } from '../src/gateway.ts';
import { silentLogger } from '../src/logging/logger.ts';
import { FakeMediaPlane } from '../src/media/testing/fake-media-plane.ts';
import { createSignalingServer } from '../src/signaling/server.ts';

const CADDY = '/usr/bin/caddy';
const file = fileURLToPath(new URL('../../../deploy/caddy/Caddyfile', import.meta.url));

let folder: string;
const undo: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-caddy-'));
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) {
    await step();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function get(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(`https://localhost:${String(port)}${path}`, {
      rejectUnauthorized: false,
      agent: false,
    });
    asking.on('error', reject);
    asking.on('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    asking.end();
  });
}

// `npm test` installs it.
describe.skipIf(!existsSync(CADDY))('Caddy with the file of deploy/caddy', () => {
  it('carries a client to the gateway by TLS, and shows nobody the figures', async () => {
    const config = {
      port: 0,
      dataDir: join(folder, 'data'),
      drain: { callSeconds: 0, idleSeconds: 0 },
      trustProxy: ['127.0.0.1', '::1'],
    };
    const gateway = await startGateway(configFrom(config), silentLogger(), {
      createSignaling: createSignalingServer,
      createMedia: () => new FakeMediaPlane(),
    });
    undo.push(() => gateway.close());
    const [port, plain] = [await freePort(), await freePort()];
    const child = spawn(CADDY, ['run', '--adapter', 'caddyfile', '--config', file], {
      stdio: 'ignore',
      env: {
        HOME: folder,
        XDG_DATA_HOME: folder,
        XDG_CONFIG_HOME: folder,
        // A name of this machine: Caddy's own CA signs for it.
        OFFHOOK_SITE: `localhost:${String(port)}`,
        OFFHOOK_GATEWAY: `127.0.0.1:${String(gateway.port)}`,
        OFFHOOK_HTTP_PORT: String(plain),
        OFFHOOK_CADDY_ADMIN: 'off',
      },
    });
    const ended = once(child, 'exit');
    undo.push(() => {
      child.kill('SIGKILL');
      return ended;
    });
    await expect
      .poll(() =>
        get(port, '/healthz').then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
    expect((await get(port, '/metrics')).status).toBe(404);
    expect((await get(port, '/%6detrics')).body).not.toContain('offhook_');

    const socket = new WebSocket(`wss://localhost:${String(port)}/`, { rejectUnauthorized: false });
    undo.push(() => {
      socket.terminate();
      return Promise.resolve();
    });
    await once(socket, 'open');
    const answer = once(socket, 'message');
    const login = { login: 'nobody', passwd: 'wrong', loginParams: {}, userVariables: {} };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'login', params: login }));
    expect(JSON.parse(String((await answer)[0]))).toMatchObject({ id: 'a', error: {} });
  });
});
