import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFrom } from '../config.ts';
import { startGateway } from '../gateway.ts';
import type { Gateway } from '../gateway.ts';
import { silentLogger } from '../logging/logger.ts';
import { realParts } from '../main.ts';
import { loadUsers } from './credentials.ts';
import { isClean } from './load-report.ts';
import { LoadRun } from './load-run.ts';
import type { LoadOptions } from './load-run.ts';

const SECRET = 'a secret of the load tests, 32 bytes or more';
let folder: string;
let gateway: Gateway;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-load-'));
  writeFileSync(join(folder, 'secret'), SECRET);
  gateway = await startGateway(
    configFrom({
      port: 0,
      dataDir: folder,
      media: { bind: ['127.0.0.1'], workers: 1, portMin: 42_000, portMax: 42_099 },
      auth: { jwt: { secrets: [SECRET] } },
      drain: { callSeconds: 0, idleSeconds: 0 },
    }),
    silentLogger(),
    realParts,
  );
});
afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

const target = () => new URL(`ws://127.0.0.1:${gateway.port}`);

async function prepare(
  clients: number,
  options: Partial<LoadOptions>,
  signal = new AbortController().signal,
): Promise<LoadRun> {
  const source = { jwtSecretFile: join(folder, 'secret') };
  const users = await loadUsers(target(), source, clients, 'load-');
  const defaults = {
    target: target(),
    users,
    signInsPerSecond: 100,
    callsPerSecond: 20,
    callSeconds: 0.1,
    seconds: 0.5,
    rtp: false,
  };
  return new LoadRun({ ...defaults, ...options }, signal);
}

const load = async (clients: number, options: Partial<LoadOptions>) =>
  (await prepare(clients, options)).run();

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const long = { callSeconds: 60, seconds: 60, callsPerSecond: 1 };

describe('A load', () => {
  it('signs in, lets pairs call each other, and leaves nothing behind', async () => {
    const report = await load(6, {});
    expect(report).toMatchObject({ signIns: { ok: 6, failures: [] }, lost: 0, rtp: null });
    expect(report.calls).toMatchObject({ ok: 10 - report.calls.skipped, failures: [] });
    expect(report.calls.answerMs.count).toBe(report.calls.ok);
    expect(isClean(report)).toBe(true);
    expect(gateway.stats()).toMatchObject({ calls: 0 });
  });

  it('with audio counts packets from end to end', async () => {
    const stop = new AbortController();
    const run = await prepare(2, { ...long, rtp: true }, stop.signal);
    const running = run.run();
    await until(() => run.progress.packets > 50);
    stop.abort();
    const report = await running;
    expect(report.calls).toMatchObject({ ok: 1, failures: [] });
    expect(report.rtp).toMatchObject({ connected: 2, lost: 0 });
    expect(report.rtp?.delayMs.count).toBe(report.rtp?.received);
  });

  it('calls a service instead', async () => {
    const report = await load(2, { destination: 'echo', callsPerSecond: 4 });
    expect(report.calls).toMatchObject({ ok: 2, failures: [] });
  });

  it('counts what fails by its reason, and is not clean', async () => {
    const report = await load(2, { destination: 'nobody-there', callsPerSecond: 4 });
    expect(report.calls).toMatchObject({ ok: 0, failures: [{ reason: 'UNALLOCATED_NUMBER' }] });
    expect(isClean(report)).toBe(false);
  });

  it('counts sign-ins that are refused', async () => {
    const users = [{ name: 'load-1', password: 'wrong' }];
    const report = await load(1, { users });
    expect(report.signIns).toMatchObject({ ok: 0, failures: [{ reason: 'rpc_-32001', count: 1 }] });
    expect(JSON.stringify(report)).not.toContain('wrong');
  });

  it('says how many calls there was no free pair for', async () => {
    const report = await load(2, { callsPerSecond: 20, callSeconds: 2, seconds: 0.5 });
    expect(report.calls).toMatchObject({ ok: 1, atOnce: 1, skipped: 9 });
  });

  it('ends at once when it is asked to, hangs up, and says so', async () => {
    const stop = new AbortController();
    const running = (await prepare(2, long, stop.signal)).run();
    await until(() => gateway.stats().calls > 0);
    stop.abort();
    const report = await running;
    expect(report.interrupted).toBe(true);
    expect(report.seconds).toBeLessThan(60);
    expect(gateway.stats().calls).toBe(0);
  });
});

describe('Who signs in', () => {
  it('comes from a file of names and passwords, and there must be enough', async () => {
    const usersFile = join(folder, 'users');
    writeFileSync(usersFile, '# who\nann one\nbob two words\n');
    expect(await loadUsers(target(), { usersFile }, 2, '')).toEqual([
      { name: 'ann', password: 'one' },
      { name: 'bob', password: 'two words' },
    ]);
    await expect(loadUsers(target(), { usersFile }, 3, '')).rejects.toThrow('holds 2 users');
  });

  it('is said once', async () => {
    await expect(loadUsers(target(), {}, 1, '')).rejects.toThrow('one of --users');
    const both = { demo: true, usersFile: 'x' };
    await expect(loadUsers(target(), both, 1, '')).rejects.toThrow('one of --users');
  });

  it('is not a gateway that is no demo', async () => {
    await expect(loadUsers(target(), { demo: true }, 1, '')).rejects.toThrow('no demo gateway');
  });
});
