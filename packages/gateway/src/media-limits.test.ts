import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { configFrom } from './config.ts';
import { startGateway } from './gateway.ts';
import { silentLogger } from './logging/logger.ts';
import { realParts } from './main.ts';
import type { MediaPlane } from './media/media-plane.ts';
import { Party } from './media/testing/party.ts';
import { TcpBridge } from './media/testing/tcp-bridge.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) {
    await step();
  }
});

async function serve(limits: Record<string, number>) {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-limits-'));
  undo.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const media = { bind: ['127.0.0.1'], workers: 1, portMin: 42_200, portMax: 42_299 };
  const planes: MediaPlane[] = [];
  const gateway = await startGateway(
    configFrom({ port: 0, dataDir: folder, media, limits }),
    silentLogger(),
    {
      ...realParts,
      createMedia: (...given) => {
        const plane = realParts.createMedia(...given);
        planes.push(plane);
        return plane;
      },
    },
  );
  undo.push(() => gateway.close());
  const [plane] = planes;
  if (!plane) {
    throw new Error('no plane');
  }
  const count = async (line: string): Promise<number> => {
    const reply = await fetch(`http://127.0.0.1:${String(gateway.port)}/metrics`);
    const found = (await reply.text()).split('\n').find((each) => each.startsWith(`${line} `));
    return Number(found?.slice(line.length) ?? 0);
  };
  const counted = (line: string) => expect.poll(() => count(line), { timeout: 20_000 });
  return { plane, counted };
}

/** A party that hears itself. */
async function reach(plane: MediaPlane, leg: string, bridge?: TcpBridge): Promise<Party> {
  const party = await Party.create();
  undo.push(() => party.close());
  const { sdp } = await plane.offer({ call: leg, leg, sdp: await party.offer() });
  await party.accept(bridge ? bridge.through(sdp) : sdp);
  await plane.play({ call: leg, leg, source: { kind: 'echo' } });
  return party;
}

describe('limits of the media plane, as an operator sets and sees them', () => {
  it('of a leg: what is beyond them is dropped and counted, and the call goes on', async () => {
    const { plane, counted } = await serve({ legPacketsPerSecond: 60, legSources: 1 });
    const party = await reach(plane, 'a');
    party.talk('n');
    await party.listen(5, 20_000);
    party.sendAs(77, 1, Buffer.from('of another source'));
    await counted('offhook_media_refused_total{limit="sources"}').toBeGreaterThan(0);
    for (let at = 0; at < 400; at += 1) {
      party.sendAs(77, at, Buffer.from('x'));
    }
    await counted('offhook_media_refused_total{limit="packets"}').toBeGreaterThan(100);
    expect((await party.listen(5, 20_000)).map(({ payload }) => String(payload))).toContain('n');
  });

  it('of a thread: a leg beyond them is refused and counted', async () => {
    const { plane, counted } = await serve({ legsPerThread: 1 });
    await reach(plane, 'a');
    await expect(reach(plane, 'b')).rejects.toMatchObject({ code: 'no_capacity' });
    await counted('offhook_media_refused_total{limit="legs"}').toBe(1);
  });

  it('of media over TCP: a connection beyond them is closed and counted', async () => {
    const { plane, counted } = await serve({ tcpMediaConnections: 1 });
    const bridge = await TcpBridge.open();
    undo.push(() => {
      bridge.close();
    });
    const party = await reach(plane, 'a', bridge);
    party.talk('n');
    await party.listen(5, 20_000);
    const second = await TcpBridge.open();
    undo.push(() => {
      second.close();
    });
    void reach(plane, 'b', second).catch(() => undefined);
    await counted('offhook_media_tcp_refused_total').toBeGreaterThan(0);
    await counted('offhook_media_tcp_connections').toBe(1);
  });
});
