import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, open, start, useFreshFolder } from './testing/harness.ts';

useFreshFolder();

async function connection(base: string): Promise<Socket> {
  const { hostname, port } = new URL(`http://${base}`);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

const end = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => {
      resolve();
    });
    socket.resume();
  });

describe('connections of an HTTP server', () => {
  it('of one address are bounded, whatever they send, and give their place back', async () => {
    const { base } = await start({
      limits: { connectionsPerAddress: 1, httpConnectionsPerAddress: 2 },
    });
    const held = [await connection(base), await connection(base), await connection(base)];
    await end(await connection(base));
    for (const socket of held) {
      socket.destroy();
    }
    await expect
      .poll(
        () =>
          ask(base, '/metrics').then(
            ({ body }) => body,
            () => '',
          ),
        { timeout: 10_000 },
      )
      .toContain('offhook_http_connections_refused_total{reason="address_full"}');
    expect(await open(base)).toMatchObject({ open: true });
  });

  it('are bounded in all, also those that come through a trusted proxy', async () => {
    const { base } = await start({
      limits: {
        connections: 1,
        connectionsPerAddress: 1,
        httpConnectionsPerAddress: 1,
        httpConnections: 3,
      },
      trustProxy: ['loopback'],
    });
    const held = [
      await connection(base),
      await connection(base),
      await connection(base),
      await connection(base),
    ];
    await end(await connection(base));
    for (const socket of held) {
      socket.destroy();
    }
    await expect
      .poll(
        () =>
          ask(base, '/healthz').then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 10_000 },
      )
      .toBe(200);
  });
});
