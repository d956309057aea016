import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RANDOM_PASSWORD_COST, hashPassword } from '../auth/passwords.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import { spawnOffhook } from '../cli/testing/run.ts';
import type { Running } from '../cli/testing/run.ts';
import { dial } from '../signaling/testing/fixture.ts';
import { WireClient } from '../signaling/testing/wire-client.ts';
import { reportsPath } from './sqlite/schema.ts';

let folder: string;
let receiver: Server;
/** What the receiver does with what comes. */
let mood: 'hangs' | 'refuses' | 'takes';
/** Attempts, by call; and the names of deliveries that were taken. */
let tried: string[];
let taken: Map<string, Set<string>>;
const started: Running[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-webhooks-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>phone</title>');
  tried = [];
  taken = new Map();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { call, id } = JSON.parse(body) as { id: string; call: { destination: string } };
      tried.push(call.destination);
      if (mood === 'hangs') {
        return;
      }
      if (mood === 'takes') {
        const ids = taken.get(call.destination) ?? new Set();
        taken.set(call.destination, ids.add(id));
      }
      response.writeHead(mood === 'takes' ? 204 : 500).end();
    });
  });
  await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
  const store = new Store(databasePath(join(folder, 'data')));
  const passwordHash = await hashPassword('secret-1001', RANDOM_PASSWORD_COST);
  const rest = { displayName: 'Ann', passwordHash, admin: false, generateRingback: false };
  new Users(store).add({ name: '1001', ...rest });
  store.close();
});
afterEach(async () => {
  for (const { child, finished } of started.splice(0)) {
    child.kill('SIGKILL');
    await finished;
  }
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(...more: string[]): Promise<{ running: Running; port: number }> {
  const hook = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/`;
  const settings = [`web.root=${folder}`, `webhooks.urls=${hook}`, ...more];
  const running = spawnOffhook(
    [
      ...['serve', '--port', '0', '--json', '--log-level', 'warn'],
      ...['--data-dir', join(folder, 'data')],
      ...settings.flatMap((setting) => ['--set', setting]),
    ],
    { env: { OFFHOOK_WEBHOOKS_SECRET: 'a secret of the receiver', TMPDIR: folder } },
  );
  started.push(running);
  const { port } = JSON.parse(await running.firstLine) as { port: number };
  return { running, port };
}

/** A call to nobody, which ends at once. */
async function call(port: number, ...destinations: string[]): Promise<void> {
  const client = await WireClient.connect(`ws://127.0.0.1:${String(port)}/`);
  await client.register('1001');
  for (const destination of destinations) {
    await dial(client, destination);
    await client.next('bye');
  }
}

function written(): number {
  const db = new DatabaseSync(reportsPath(join(folder, 'data')), { readOnly: true, timeout: 5000 });
  const row = db.prepare('SELECT COUNT(*) AS count FROM deliveries').get();
  db.close();
  return Number(row?.['count']);
}

async function waitFor(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 30_000 });
}

const numbers = ['7001', '7002', '7003', '7004', '7005', '7006'];

it.each([
  ['with reports', []],
  ['without reports', ['reports.enabled=false']],
])(
  'every call is told of, %s, though its receiver hangs and fails, and the gateway is killed in between',
  async (_, settings) => {
    mood = 'hangs';
    const first = await serve(...settings);
    await call(first.port, ...numbers);
    // As many as may be under way at once; the others wait, and are written down.
    await waitFor(() => {
      expect(tried).toHaveLength(4);
      expect(written()).toBe(numbers.length);
    });
    first.running.child.kill('SIGKILL');
    await first.running.finished;
    tried = [];
    mood = 'refuses';
    const second = await serve(...settings);
    await call(second.port, '7007');
    await waitFor(() => {
      expect(new Set(tried)).toEqual(new Set([...numbers, '7007']));
    });
    second.running.child.kill('SIGKILL');
    await second.running.finished;
    mood = 'takes';
    await serve(...settings);
    await waitFor(() => {
      expect([...taken.keys()].sort()).toEqual([...numbers, '7007']);
    });
    // Twice at most where it was killed between the answer and the note of it; then by the same name.
    expect([...taken.values()].map(({ size }) => size)).toEqual(Array(7).fill(1));
  },
);
