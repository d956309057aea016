import type { WebSocket } from 'ws';
import { LoadClient } from '../../packages/gateway/src/load/load-client.ts';
import type { LoadUser } from '../../packages/gateway/src/load/credentials.ts';
import { Child } from '../lib/child.ts';
import { BenchGateway } from '../lib/gateway.ts';
import type { Measure, Row } from '../lib/measure.ts';
import { pool } from '../lib/pool.ts';
import { open } from './sign-ins.ts';

/** The driver's and the server's sockets each fit into the usual 20,000 open files of a process. */
const MOST = 10_000;

/** Thousands of clients that are signed in and do nothing; then their gateway crashes, and all come back. */
export const idle: Row = {
  name: 'idle',
  title: 'Gateway: idle sessions, and all coming back',
  async run({ quick, log }) {
    const counts = quick ? [300, 3000] : [1000, MOST];
    const gateway = await BenchGateway.start({ media: false });
    const bare = await Child.start('bare-ws.ts', {});
    try {
      const offhook = await memoryOf(gateway, counts);
      log(`${counts.at(-1) ?? 0} clients signed in`);
      const back = await comeBack(gateway, offhook.users, offhook.clients);
      log(`all back ${back.seconds.toFixed(1)} s after the restart`);
      await gateway.stop();
      // Only now: this process may not have the files for both.
      const echo = await bareMemory(bare, counts);
      return measures(counts, offhook.bytes, echo, back);
    } finally {
      await Promise.all([gateway.stop(), bare.stop()]);
    }
  },
};

function measures(
  counts: readonly number[],
  offhook: readonly number[],
  bare: readonly number[],
  back: Return,
): Measure[] {
  const most = String(counts.at(-1) ?? 0);
  const points = (bytes: readonly number[]) =>
    counts.map((count, index) => [count, (bytes[index] ?? 0) * count] as const);
  return [
    {
      id: 'idle.memory',
      title: `Memory (RSS) of the gateway for each of ${most} signed-in sockets`,
      unit: 'KiB',
      samples: {
        offhook: [(offhook.at(-1) ?? 0) / 1024],
        bare: [(bare.at(-1) ?? 0) / 1024],
      },
      goals: [{ text: '≤ 2.5 × bare', against: 'bare', at: 'most', bound: 2.5 }],
      points: { offhook: points(offhook), bare: points(bare) },
      xTitle: 'sockets',
      linear: true,
    },
    {
      id: 'idle.return',
      title: `${most} clients back after a crash of their gateway`,
      unit: 's',
      samples: { offhook: [back.seconds] },
      note: 'From when the new gateway listens to the last client’s ready. Clients wait as the SDK does: 0–0.5 s at random, then longer.',
    },
    {
      id: 'idle.return-errors',
      title: 'Sign-ins refused or broken after the gateway was back',
      unit: '',
      samples: { offhook: [back.errors] },
      goals: [{ text: 'none', at: 'most', bound: 0 }],
    },
    {
      id: 'idle.return-cost',
      title: 'CPU of the gateway for each client that came back',
      unit: 'µs',
      samples: { offhook: [back.microseconds] },
    },
    {
      id: 'idle.return-sign-in',
      title: 'Open → ready of a client among all that come back',
      unit: 'ms',
      samples: { offhook: back.latencies },
    },
  ];
}

async function memoryOf(
  gateway: BenchGateway,
  counts: readonly number[],
): Promise<{ bytes: number[]; users: LoadUser[]; clients: LoadClient[] }> {
  // A start has memory that is used once; it is not the sockets'.
  await signIn(gateway, await gateway.users(200), true);
  const before = await gateway.process.rss();
  const users = await gateway.users(counts.at(-1) ?? 0);
  const clients: LoadClient[] = [];
  const bytes: number[] = [];
  for (const count of counts) {
    clients.push(...(await signIn(gateway, users.slice(clients.length, count), false)));
    bytes.push(((await gateway.process.rss()) - before) / count);
  }
  return { bytes, users, clients };
}

async function signIn(
  gateway: BenchGateway,
  users: readonly LoadUser[],
  close: boolean,
): Promise<LoadClient[]> {
  const clients = users.map((user) => newClient(gateway, user));
  await pool(clients.length, 50, async (index) => {
    await clients[index]?.signIn();
    if (close) {
      clients[index]?.close();
    }
  });
  return clients;
}

const newClient = (gateway: BenchGateway, user: LoadUser): LoadClient =>
  new LoadClient(gateway.url, user, { onCall: () => undefined, onLost: () => undefined });

async function bareMemory(bare: Child, counts: readonly number[]): Promise<number[]> {
  const warm = await Promise.all(Array.from({ length: 200 }, () => open(bare.url)));
  for (const socket of warm) {
    socket.terminate();
  }
  const before = await bare.rss();
  const sockets: WebSocket[] = [];
  const bytes: number[] = [];
  for (const count of counts) {
    await pool(count - sockets.length, 50, async () => {
      const socket = await open(bare.url);
      sockets.push(socket);
      for (const size of [520, 115]) {
        await new Promise((resolve) => {
          socket.once('message', resolve);
          socket.send('x'.repeat(size));
        });
      }
    });
    bytes.push(((await bare.rss()) - before) / count);
  }
  for (const socket of sockets) {
    socket.terminate();
  }
  return bytes;
}

interface Return {
  readonly seconds: number;
  readonly errors: number;
  readonly microseconds: number;
  readonly latencies: number[];
}

/** The gateway dies; every client tries again with full jitter, as the SDK does when nothing answers. */
async function comeBack(
  gateway: BenchGateway,
  users: readonly LoadUser[],
  clients: readonly LoadClient[],
): Promise<Return> {
  const port = gateway.process.port;
  const url = gateway.url;
  await gateway.crash();
  for (const client of clients) {
    client.close();
  }
  let listening = false;
  let errors = 0;
  const latencies: number[] = [];
  const back: LoadClient[] = [];
  const comesBack = async (user: LoadUser): Promise<void> => {
    for (let delay = 500; ; delay = Math.min(delay * 2, 30_000)) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * delay));
      const wasListening = listening;
      const client = new LoadClient(url, user, {
        onCall: () => undefined,
        onLost: () => undefined,
      });
      const from = performance.now();
      try {
        await client.signIn();
        latencies.push(performance.now() - from);
        back.push(client);
        return;
      } catch {
        // Refused because nobody listened is what a crash is.
        if (wasListening) {
          errors += 1;
        }
      }
    }
  };
  const all = Promise.all(users.map(comesBack));
  await gateway.restart(port);
  listening = true;
  const from = performance.now();
  const cpu = gateway.process.cpu();
  await all;
  const seconds = (performance.now() - from) / 1000;
  const microseconds = ((gateway.process.cpu() - cpu) * 1e6) / users.length;
  for (const client of back) {
    client.close();
  }
  return { seconds, errors, microseconds, latencies };
}
