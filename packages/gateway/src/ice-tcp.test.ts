import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { configFrom } from './config.ts';
import { startGateway } from './gateway.ts';
import { makeCertificate } from './http/testing/certificate.ts';
import { silentLogger } from './logging/logger.ts';
import { realParts } from './main.ts';
import { writeRequest } from './media/embedded/net/stun.ts';
import { frame } from './media/embedded/tcp/frames.ts';
import type { MediaPlane } from './media/media-plane.ts';
import { Party } from './media/testing/party.ts';
import { TcpBridge } from './media/testing/tcp-bridge.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) {
    await step();
  }
});

/** A gateway with TLS, as it is on the open Internet, and its media plane. */
async function serve(settings: Record<string, unknown> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-ice-tcp-'));
  undo.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const { cert, key } = await makeCertificate('localhost');
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  writeFileSync(tls.cert, cert);
  writeFileSync(tls.key, key);
  const media = { bind: ['127.0.0.1'], workers: 2, ...settings };
  const planes: MediaPlane[] = [];
  const config = configFrom({ port: 0, dataDir: folder, tls, media });
  const gateway = await startGateway(config, silentLogger(), {
    ...realParts,
    createMedia: (...given) => {
      const plane = realParts.createMedia(...given);
      planes.push(plane);
      return plane;
    },
  });
  undo.push(() => gateway.close());
  const [plane] = planes;
  if (!plane) {
    throw new Error('no plane');
  }
  return { plane, port: gateway.port };
}

async function reach(plane: MediaPlane, leg: string): Promise<{ party: Party; bridge: TcpBridge }> {
  const [party, bridge] = [await Party.create(), await TcpBridge.open()];
  undo.push(async () => {
    await party.close();
    bridge.close();
  });
  const { sdp } = await plane.offer({ call: `call of ${leg}`, leg, sdp: await party.offer() });
  await party.accept(bridge.through(sdp));
  await plane.play({ call: `call of ${leg}`, leg, source: { kind: 'echo' } });
  party.talk(leg);
  return { party, bridge };
}

const healthy = (port: number): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asking = request(
      { port, host: '127.0.0.1', path: '/healthz', rejectUnauthorized: false },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    asking.on('error', reject);
    asking.end();
  });

describe('a network that lets no UDP out', () => {
  it('has audio by the port of HTTPS, for calls of every media thread, with HTTPS beside it', async () => {
    const { plane, port } = await serve();
    const [a, b] = [await reach(plane, 'a'), await reach(plane, 'b')];
    const heard = await Promise.all([a.party.listen(25, 10_000), b.party.listen(25, 10_000)]);
    expect(heard.map((packets) => new Set(packets.map(({ payload }) => String(payload))))).toEqual([
      new Set(['a']),
      new Set(['b']),
    ]);
    for (const { bridge } of [a, b]) {
      expect(bridge.connections.map(({ remotePort }) => remotePort)).toContain(port);
    }
    expect(await healthy(port)).toBe(200);
    await expect.poll(() => plane.tcp?.counts().open).toBeGreaterThanOrEqual(2);
  }, 30_000);

  it('has the first connection of all taken, which a browser makes once', async () => {
    const { plane, port } = await serve();
    const socket = connect(port, '127.0.0.1');
    undo.push(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined);
    const request = writeRequest({
      transaction: Buffer.alloc(12, 1),
      username: 'AAnobody:theirs',
      password: 'secret',
      priority: 1,
      controlling: true,
      tieBreaker: 1n,
    });
    socket.write(frame(request));
    await expect.poll(() => plane.tcp?.counts(), { timeout: 10_000 }).toMatchObject({ taken: 1 });
    expect(socket.destroyed).toBe(false);
  }, 30_000);

  it('goes on to be heard while the signalling thread stands still', async () => {
    const { plane } = await serve();
    const count = new SharedArrayBuffer(4);
    const heard = new Int32Array(count);
    const program = new URL('media/testing/tcp-party.fixture.ts', import.meta.url);
    const thread = new Worker(program, {
      workerData: count,
      execArgv: ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'],
    });
    undo.push(async () => {
      await thread.terminate();
    });
    const [offer] = (await once(thread, 'message')) as [string];
    const { sdp } = await plane.offer({ call: 'c', leg: 'a', sdp: offer });
    thread.postMessage(sdp);
    await plane.play({ call: 'c', leg: 'a', source: { kind: 'echo' } });
    await expect.poll(() => heard[0], { timeout: 10_000 }).toBeGreaterThan(10);
    const before = Atomics.load(heard, 0);
    // This is the thread that signals, too. Whoever would carry audio here wakes up afterwards.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    const during = Atomics.load(heard, 0) - before;
    expect(during).toBeGreaterThan(50);
  }, 30_000);

  it('has no audio of ours where media over TCP is switched off, and none is promised', async () => {
    const { plane, port } = await serve({ iceTcp: false });
    const party = await Party.create();
    undo.push(() => party.close());
    const { sdp } = await plane.offer({ call: 'c', leg: 'a', sdp: await party.offer() });
    expect(sdp).not.toContain(' tcp ');
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(Buffer.from([0, 20, ...Buffer.alloc(20)]));
    await once(socket, 'close');
  }, 30_000);
});
