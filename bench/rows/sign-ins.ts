import { WebSocket } from 'ws';
import { LoadClient } from '../../packages/gateway/src/load/load-client.ts';
import { Child } from '../lib/child.ts';
import { frameSizes } from '../lib/frame-sizes.ts';
import { BenchGateway } from '../lib/gateway.ts';
import type { Measure, Row } from '../lib/measure.ts';
import { tenfold } from '../lib/measure.ts';
import { pool } from '../lib/pool.ts';

const AT_ONCE = 50;

/** Sign-ins with tokens that the gateway sees for the first time, from the opening of the socket to ready, and its end. */
export const signIns: Row = {
  name: 'sign-ins',
  title: 'Gateway: sign-ins',
  async run({ quick, log }) {
    const rounds = quick ? 3 : 7;
    const count = quick ? 600 : 1500;
    const gateway = await BenchGateway.start({ media: false });
    const bare = await Child.start('bare-ws.ts', {});
    const microseconds: Record<'offhook' | 'bare' | 'bare sign-in', number[]> = {
      offhook: [],
      bare: [],
      'bare sign-in': [],
    };
    const few: number[] = [];
    try {
      const frames = await frameSizes(() => signInCost(gateway, 1));
      await signInCost(gateway, 300);
      await echoCost(bare, 2000, frames);
      for (let round = 0; round < rounds; round += 1) {
        few.push(await signInCost(gateway, count / 10));
        microseconds.offhook.push(await signInCost(gateway, count));
        microseconds.bare.push(await echoCost(bare, count * 10, frames));
        microseconds['bare sign-in'].push(
          await bareSignInCost(bare, count, frames.length / 2, frames),
        );
      }
      log(`${rounds} rounds of ${count} sign-ins`);
    } finally {
      await Promise.all([gateway.stop(), bare.stop()]);
    }
    return [
      {
        id: 'sign-ins.cost',
        title: 'CPU of the gateway for one sign-in',
        unit: 'µs',
        samples: microseconds,
        goals: [{ text: '≤ 20 bare round trips', against: 'bare', at: 'most', bound: 20 }],
        note: '`bare` is one echoed frame, of the sizes of a sign-in’s frames; `bare sign-in` opens a socket, echoes a sign-in’s frames and closes it.',
        ...tenfold(count, few, microseconds.offhook),
        xTitle: 'sign-ins',
      },
      {
        id: 'sign-ins.per-second',
        title: 'The same: sign-ins a CPU-second',
        unit: '/s',
        better: 'more',
        samples: { offhook: microseconds.offhook.map((us) => 1e6 / us) },
      },
    ] satisfies Measure[];
  },
};

/** Microseconds of the gateway's CPU for each. */
export async function signInCost(gateway: BenchGateway, count: number): Promise<number> {
  const users = await gateway.users(count);
  const before = gateway.process.cpu();
  await pool(count, AT_ONCE, async (index) => {
    const user = users[index];
    if (user === undefined) {
      return;
    }
    const client = new LoadClient(gateway.url, user, {
      onCall: () => undefined,
      onLost: () => undefined,
    });
    await client.signIn();
    client.close();
  });
  return ((gateway.process.cpu() - before) * 1e6) / count;
}

/** Microseconds for one echoed frame on sockets that are open. */
export async function echoCost(
  bare: Child,
  count: number,
  frames: readonly number[],
): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: AT_ONCE }, () => open(bare.url)));
  const texts = frames.map((bytes) => 'x'.repeat(bytes));
  const before = bare.cpu();
  await pool(count, AT_ONCE, async (index) => {
    const socket = sockets[index % AT_ONCE];
    if (socket) {
      await echo(socket, texts[index % texts.length] ?? '');
    }
  });
  const cost = ((bare.cpu() - before) * 1e6) / count;
  for (const socket of sockets) {
    socket.terminate();
  }
  return cost;
}

/** `trips` of the frames: half of them went each way. */
async function bareSignInCost(
  bare: Child,
  count: number,
  trips: number,
  frames: readonly number[],
): Promise<number> {
  const texts = frames.slice(0, Math.ceil(trips)).map((bytes) => 'x'.repeat(bytes));
  const before = bare.cpu();
  await pool(count, AT_ONCE, async () => {
    const socket = await open(bare.url);
    for (const text of texts) {
      await echo(socket, text);
    }
    socket.terminate();
  });
  return ((bare.cpu() - before) * 1e6) / count;
}

export function open(url: URL): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.once('open', () => {
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function echo(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve) => {
    socket.once('message', () => {
      resolve();
    });
    socket.send(text);
  });
}
