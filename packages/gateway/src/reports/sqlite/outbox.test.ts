import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_AGE_MS, MAX_WAITING } from '../outbox.ts';
import { describeOutbox } from '../outbox.contract.ts';
import { call } from '../testing/samples.ts';
import { SqliteReports } from './store.ts';
import { ThreadedReports } from './threaded.ts';

const URL = 'https://a.example.com/';
const NOW = 1_700_000_000_000;
let folder: string;
const options = () => ({ dataDir: folder, retentionDays: 30, maxBytes: 2 ** 30 });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-outbox-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describeOutbox('SQLite', async () => {
  const store = await ThreadedReports.start({ ...options(), onBroken: () => undefined });
  return { outbox: store, close: () => store.close() };
});

describe('deliveries in SQLite', () => {
  const delivery = (id: string) => ({ id, call: 'c1', url: URL, body: '{}', createdAt: NOW });
  const request = { url: URL, now: NOW, until: NOW + 30_000, limit: 10 };

  it('are kept with their call, or neither is, and outlive the store', () => {
    const first = new SqliteReports(options());
    expect(first.saveCall({ ...call('c1'), deliveries: [delivery('d1')] })).toBe(0);
    // A name that is there already: the second call is not kept either.
    expect(() => first.saveCall({ ...call('c2'), deliveries: [delivery('d1')] })).toThrow();
    first.close();
    const second = new SqliteReports(options());
    expect(second.find('c1')).not.toBeNull();
    expect(second.find('c2')).toBeNull();
    expect(second.takeDeliveries(request).due).toMatchObject([{ id: 'd1' }]);
    second.close();
  });

  it('for which there is no room are told, and the call is kept', () => {
    const store = new SqliteReports(options());
    const many = Array.from({ length: MAX_WAITING }, (_, index) => delivery(String(index)));
    store.addDeliveries(many);
    expect(store.saveCall({ ...call('c1'), deliveries: [delivery('late')] })).toBe(1);
    expect(store.find('c1')).not.toBeNull();
    store.close();
  });

  it('that were under way when the gateway died are due at once when it is back', () => {
    const store = new SqliteReports(options());
    store.addDeliveries([delivery('d1')]);
    store.takeDeliveries(request);
    store.recover(NOW + 1000);
    const { due } = store.takeDeliveries({ ...request, now: NOW + 1000 });
    expect(due).toMatchObject([{ id: 'd1', attempts: 2 }]);
    store.close();
  });

  it('to an address that is served no more are forgotten when they are old', () => {
    const store = new SqliteReports(options());
    store.addDeliveries([delivery('d1')]);
    store.prune(NOW + MAX_AGE_MS);
    expect(store.takeDeliveries({ ...request, limit: 0 }).waiting).toBe(1);
    store.prune(NOW + MAX_AGE_MS + 1);
    expect(store.takeDeliveries(request).waiting).toBe(0);
    store.close();
  });
});
