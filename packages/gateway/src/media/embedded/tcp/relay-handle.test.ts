import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RelayHandle } from './relay-handle.ts';
import { RELAY_LIMITS } from './relay-limits.ts';
import { TOKEN_BYTES } from './hop.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) {
    await step();
  }
});

async function setup() {
  const log: string[] = [];
  const handle = new RelayHandle(Buffer.alloc(TOKEN_BYTES), RELAY_LIMITS, (message) =>
    log.push(message),
  );
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    handle.take(socket, Buffer.alloc(0));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    server.close();
  });
  undo.push(() => handle.close());
  const call = (): Socket => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    undo.push(() => {
      socket.destroy();
    });
    return socket;
  };
  return { handle, log, call };
}

/** Its process id; a signal to 0 would go to the tests' own process group. */
function pidOf(handle: RelayHandle): number {
  if (handle.pid === null) {
    throw new Error('the process that carries media over TCP is not there');
  }
  return handle.pid;
}

describe('the process that carries media over TCP', () => {
  it('is started by the first connection, ends with the gateway, and ends its connections', async () => {
    const { handle, call } = await setup();
    expect(handle.pid).toBeNull();
    const socket = call();
    await expect.poll(() => handle.counts.taken, { timeout: 10_000 }).toBe(1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await handle.close();
    await closed;
    expect(handle.pid).toBeNull();
  }, 20_000);

  it('that cannot be started is said, keeps nobody waiting, and is tried again', async () => {
    const { handle, log, call } = await setup();
    const { execPath } = process;
    process.execPath = '/no/such/node';
    undo.push(() => {
      process.execPath = execPath;
    });
    const socket = call();
    await new Promise((resolve) => socket.once('close', resolve));
    await expect.poll(() => log.join()).toContain('ENOENT');
    process.execPath = execPath;
    const again = (): number => {
      call();
      return handle.counts.taken;
    };
    await expect.poll(again, { timeout: 10_000, interval: 300 }).toBeGreaterThan(0);
  }, 30_000);

  it('is started again by a later connection when it died, which is said', async () => {
    const { handle, log, call } = await setup();
    call();
    await expect.poll(() => handle.counts.taken, { timeout: 10_000 }).toBe(1);
    const first = pidOf(handle);
    process.kill(first, 'SIGKILL');
    await expect
      .poll(() => log, { timeout: 10_000 })
      .toEqual(['the process that carries media over TCP ended (SIGKILL)']);
    const again = (): number => {
      call();
      return handle.counts.taken;
    };
    await expect.poll(again, { timeout: 10_000, interval: 300 }).toBeGreaterThan(0);
    expect(handle.pid).not.toBe(first);
  }, 30_000);

  it('that hangs is ended and replaced', async () => {
    const { handle, log, call } = await setup();
    call();
    await expect.poll(() => handle.counts.taken, { timeout: 10_000 }).toBe(1);
    const first = pidOf(handle);
    process.kill(first, 'SIGSTOP');
    await expect
      .poll(() => log, { timeout: 20_000 })
      .toEqual([
        'the process that carries media over TCP hangs',
        'the process that carries media over TCP ended (SIGKILL)',
      ]);
    const again = (): number => {
      call();
      return handle.counts.taken;
    };
    await expect.poll(again, { timeout: 10_000, interval: 300 }).toBeGreaterThan(0);
    expect(handle.pid).not.toBe(first);
  }, 40_000);
});
