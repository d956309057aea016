import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeReportStore } from '../store.contract.ts';
import type { ReportStore, ReportStoreOptions, ReportVerb } from '../store.ts';
import { T0, call, leg, recording, report, upload } from '../testing/samples.ts';
import { reportsPath } from './schema.ts';
import { SqliteReports } from './store.ts';
import { ThreadedReports } from './threaded.ts';

function direct(options: ReportStoreOptions): Promise<ReportStore> {
  const store = new SqliteReports(options);
  const ask = (verb: ReportVerb) => (request: unknown) =>
    Promise.resolve((store[verb] as (request: unknown) => unknown).call(store, request));
  return Promise.resolve({
    saveCall: ask('saveCall'),
    sessionEnded: ask('sessionEnded'),
    saveMedia: ask('saveMedia'),
    addReport: ask('addReport'),
    addRecording: ask('addRecording'),
    addDebug: ask('addDebug'),
    list: ask('list'),
    find: ask('find'),
    prune: ask('prune'),
    close: () => {
      store.close();
      return Promise.resolve();
    },
  } as unknown as ReportStore);
}

const threaded = (options: ReportStoreOptions): Promise<ThreadedReports> =>
  ThreadedReports.start({ ...options, onBroken: () => undefined });

describeReportStore('SQLite', direct);

describe('the thread of reports', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'offhook-reports-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const options = (): ReportStoreOptions => ({
    dataDir: folder,
    retentionDays: 30,
    maxBytes: 2 ** 30,
  });

  it('answers everything as the calling thread would', async () => {
    const run = async (store: ReportStore): Promise<unknown[]> => {
      const a = leg('a');
      const media = { codec: null, packetsReceived: 1, bytesReceived: 2, packetsLost: 1 };
      const rest = { jitterMs: 3, packetsSent: 4, bytesSent: 5 };
      const done: unknown[] = [];
      await store.saveCall(call('c1', { legs: [a], events: [{ t: T0, leg: 'a', type: 'away' }] }));
      await store.saveMedia({ leg: 'a', media: { ...media, ...rest } });
      done.push(await store.addReport(upload(a, report(a.callId))));
      done.push(await store.addRecording(upload(a, recording(a.callId))));
      const { session, callId } = a;
      await store.addDebug({ session, callId, receivedAt: T0, lines: '{}\n' });
      await store.sessionEnded({ session, at: T0 });
      done.push(await store.addReport(upload(a, report('other'))));
      done.push(await store.list({ user: '1001', sort: 'mos' }));
      done.push(await store.find('c1'), await store.find('c2'));
      done.push(await store.prune(Number.MAX_SAFE_INTEGER).then(({ removed }) => removed));
      await store.close();
      return done;
    };
    const here = await run(await direct(options()));
    rmSync(folder, { recursive: true });
    expect(await run(await threaded(options()))).toEqual(here);
    expect(here.at(-1)).toBe(1);
  });

  it('says what is wrong with a database that cannot be used', async () => {
    const path = reportsPath(folder);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'not a database, but long enough to look at '.repeat(50));
    await expect(threaded(options())).rejects.toMatchObject({
      name: 'StoreError',
      code: 'unusable',
    });
  });

  it('closes what a gateway that crashed left open, and keys with it', async () => {
    const first = new SqliteReports(options());
    const open = { endedAt: null, cause: null };
    first.saveCall(call('c1', { ...open, legs: [leg('a', { ...open, endedBy: null })] }));
    first.close();
    const store = await threaded(options());
    const detail = await store.find('c1');
    expect(detail?.call.cause).toBe('NORMAL_TEMPORARY_FAILURE');
    expect(detail?.legs[0]?.endedAt).toBeGreaterThan(T0);
    const late = { receivedAt: Date.now() + 8 * 24 * 3600 * 1000 };
    const parked = upload(leg('a'), report('client-a'), late);
    expect(await store.addReport(parked)).toMatchObject({ ok: false, reason: 'expired' });
    await store.close();
  });

  it('that breaks fails what waited for it, is told, and is started again when it is needed', async () => {
    // Ready, and dead at one of its requests.
    const fragile = `
      const { parentPort } = require('node:worker_threads');
      parentPort.postMessage({ type: 'ready' });
      parentPort.on('message', ({ type, id, request }) => {
        if (type === 'close') parentPort.close();
        else if (request === 'second') throw new Error('broken');
        else parentPort.postMessage({ type: 'result', id, result: null });
      });`;
    const broken: string[] = [];
    const recovered: boolean[] = [];
    const store = await ThreadedReports.start({
      ...options(),
      onBroken: (reason) => broken.push(reason),
      spawn: ({ recover }) => {
        recovered.push(recover);
        return new Worker(fragile, { eval: true });
      },
    });
    await store.find('first');
    const waiting = [store.find('second'), store.find('third')];
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'gone' } },
      { status: 'rejected' },
    ]);
    expect(broken).toEqual(['broken']);
    // Not at once: a database that breaks at every touch would keep a processor busy.
    await expect(store.find('too early')).rejects.toMatchObject({ code: 'gone' });
    await vi.waitFor(() => store.prune(0), { timeout: 5000 });
    // Live calls and their keys are not closed a second time.
    expect(recovered).toEqual([true, false]);
    await store.close();
  });

  it('refuses bodies beyond its bound instead of holding them', async () => {
    const store = await threaded(options());
    const big = (): Promise<unknown> =>
      store.addReport(
        upload(leg('a'), '', { encoding: 'identity', body: new Uint8Array(8 * 1024 * 1024) }),
      );
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, big));
    const busy = outcomes.filter((each) => each.status === 'rejected');
    expect(busy).toHaveLength(2);
    expect(busy[0]).toMatchObject({ reason: { code: 'busy' } });
    // With the queue empty again there is room.
    await expect(big()).resolves.toMatchObject({ ok: false, reason: 'call_unknown' });
    await store.close();
  });

  it('loses nothing that was asked before it was closed, and takes nothing after', async () => {
    const store = await threaded(options());
    const writes = Array.from({ length: 50 }, (_, index) =>
      store.saveCall(call(`c${String(index)}`)),
    );
    await store.close();
    await Promise.all(writes);
    await expect(store.list({})).rejects.toMatchObject({ code: 'gone' });
    const again = new SqliteReports(options());
    expect(again.list({}).total).toBe(50);
    again.close();
  });

  it('leaves the buffer of a body to its owner when that holds more', async () => {
    const store = await threaded(options());
    const a = leg('a');
    await store.saveCall(call('c1', { legs: [a] }));
    const text = JSON.stringify(report(a.callId));
    const pool = Buffer.from(`before${text}after`);
    const body = pool.subarray(6, 6 + Buffer.byteLength(text));
    const outcome = await store.addReport(upload(a, '', { encoding: 'identity', body }));
    expect(outcome).toMatchObject({ ok: true });
    expect(pool.toString()).toBe(`before${text}after`);
    await store.close();
  });
});
