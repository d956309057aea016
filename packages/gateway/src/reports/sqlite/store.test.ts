import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeReportStore } from '../store.contract.ts';
import { CALL_SORTS } from '../store.ts';
import type { ReportStore, ReportStoreOptions, ReportVerb } from '../store.ts';
import { fillStore } from '../testing/fill.ts';
import { T0, call, leg, recording, report, upload } from '../testing/samples.ts';
import { OVERVIEW } from './overview.ts';
import { listStatements } from './queries.ts';
import { reportsPath } from './schema.ts';
import { SqliteReports } from './store.ts';
import { ThreadedReports } from './threaded.ts';

function direct(options: ReportStoreOptions): Promise<ReportStore> {
  const store = new SqliteReports(options);
  const ask = (verb: ReportVerb) => (request: unknown) =>
    Promise.resolve((store[verb] as (request: unknown) => unknown).call(store, request));
  return Promise.resolve({
    saveCall: ask('saveCall'),
    addDeliveries: ask('addDeliveries'),
    takeDeliveries: ask('takeDeliveries'),
    settleDelivery: ask('settleDelivery'),
    sessionEnded: ask('sessionEnded'),
    saveMedia: ask('saveMedia'),
    saveSeries: ask('saveSeries'),
    saveConversation: ask('saveConversation'),
    saveMessages: ask('saveMessages'),
    addReport: ask('addReport'),
    addRecording: ask('addRecording'),
    addDebug: ask('addDebug'),
    list: ask('list'),
    find: ask('find'),
    view: ask('view'),
    overview: ask('overview'),
    recording: ask('recording'),
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

describe('with many calls', () => {
  let folder: string;
  let db: DatabaseSync;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'offhook-reports-'));
    fillStore(folder, { calls: 3000, until: T0 });
    db = new DatabaseSync(reportsPath(folder));
  });
  afterAll(() => {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const plan = (sql: string, ...values: readonly (string | number | null)[]): string =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...values)
      .map((row) => String(row['detail']))
      .join('; ');

  it.each(CALL_SORTS)('a list by %s is read from an index in its order', (sort) => {
    for (const order of ['asc', 'desc'] as const) {
      const { count, page } = listStatements({ sort, order });
      expect(plan(count)).toContain('COVERING INDEX');
      const pages = plan(page, 50, 0);
      expect(pages).toMatch(/USING COVERING INDEX/);
      expect(pages).not.toContain('USE TEMP B-TREE FOR ORDER BY');
    }
  });

  it.each([
    { from: T0 - 86_400_000 },
    { user: '1234' },
    { number: '12' },
    { cause: 'NO_ANSWER' },
    { browser: 'Firefox', mosTo: 3 },
    { sdkVersion: '2.27.10', reported: true },
  ])('a filter by %o is counted without a look at a row', (filter) => {
    const { count, values } = listStatements(filter);
    expect(plan(count, ...(values as string[]))).not.toMatch(/SCAN calls(?! USING COVERING)/);
  });

  it('an overview reads one index and no row', () => {
    expect(plan(OVERVIEW, 0, T0)).toMatch(/^SEARCH calls USING COVERING INDEX calls_for_overview/);
    const store = new SqliteReports({ dataDir: folder, retentionDays: 60, maxBytes: 2 ** 40 });
    const { totals } = store.overview({ from: 0, to: T0 + 1 });
    store.close();
    expect(totals.calls).toBe(3000);
  });
});
