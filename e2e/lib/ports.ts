import { createSocket } from 'node:dgram';
import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A TCP port of loopback that nobody used a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** As many ports in a row of loopback, for datagrams and for connections, as nobody used a moment ago. */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const first = 20_000 + 2 * Math.floor(Math.random() * 5_000);
    const all = Array.from({ length: count }, (_, index) => isFree(first + index));
    if ((await Promise.all(all)).every(Boolean)) {
      return first;
    }
  }
  throw new Error(`No ${String(count)} free ports in a row.`);
}

/** Nobody has the port, neither for datagrams nor for connections. */
export async function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4').bind({ port, address: '127.0.0.1', exclusive: true });
  const server = createServer().listen(port, '127.0.0.1');
  const [udp, tcp] = await Promise.all([opens(socket), opens(server)]);
  if (udp) {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
  if (tcp) {
    await new Promise((resolve) => server.close(resolve));
  }
  return udp && tcp;
}

const opens = (end: EventEmitter): Promise<boolean> =>
  once(end, 'listening').then(
    () => true,
    () => false,
  );
