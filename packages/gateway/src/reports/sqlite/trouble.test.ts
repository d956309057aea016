import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { call, report, upload } from '../testing/samples.ts';
import { reportsPath } from './schema.ts';
import { ThreadedReports } from './threaded.ts';

let folder: string;
let store: ThreadedReports;
let time: number;
/** What was said: why nothing is kept, or null for "again". */
let said: (string | null)[];
const undo: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-trouble-'));
  time = 0;
  said = [];
});
afterEach(async () => {
  await store.close();
  for (const step of undo.splice(0).reverse()) {
    step();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function open(busyMs = 200): Promise<void> {
  store = await ThreadedReports.start({
    dataDir: folder,
    retentionDays: 30,
    maxBytes: 2 ** 30,
    now: () => time,
    busyMs,
    onBroken: () => undefined,
    onPaused: (reason) => said.push(reason),
  });
}

/** Whether a call was kept; null when nothing is at the moment. */
async function keep(id: string): Promise<boolean | null> {
  try {
    await store.saveCall(call(id));
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    return code === 'paused' || code === 'gone' ? null : false;
  }
}

/** A disk of its own, of a megabyte. Only root may mount one. */
function smallDisk(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return false;
  }
  undo.push(() => execFileSync('umount', ['-l', folder]));
  return true;
}

function fill(): () => void {
  const ballast = join(folder, 'ballast');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
  return () => {
    rmSync(ballast);
  };
}

describe('reports on a disk that is full', () => {
  it('pause, which is said once, and go on by themselves when there is room', async (context) => {
    if (!smallDisk()) {
      context.skip('only root may mount a small disk');
    }
    await open();
    expect(await keep('before')).toBe(true);
    const free = fill();
    const logs = [{ timestamp: 't', level: 'info', message: 'x'.repeat(100) }];
    const [a] = call('before').legs;
    if (!a) {
      throw new Error('no leg');
    }
    const outcomes: (boolean | null)[] = [];
    for (let index = 0; index < 40; index += 1) {
      outcomes.push(await keep(`full${String(index)}`));
    }
    expect(outcomes.at(-1)).toBeNull();
    expect(outcomes).not.toContain(false);
    await expect(store.addReport(upload(a, report(a.callId, { logs })))).rejects.toMatchObject({
      code: 'paused',
    });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/full|disk/);
    // What was kept can be read meanwhile.
    expect((await store.find('before'))?.call.id).toBe('before');
    free();
    expect(await keep('too early')).toBeNull();
    time += 10_001;
    expect(await keep('after')).toBe(true);
    expect(said).toEqual([said[0], null]);
    expect((await store.find('after'))?.call.id).toBe('after');
  });
});

describe('a database of reports', () => {
  it('that is damaged pauses, and does not end the thread', async () => {
    await open();
    for (let index = 0; index < 20; index += 1) {
      await keep(`c${String(index)}`);
    }
    const junk = Buffer.alloc(64 * 1024, 0xa5);
    writeFileSync(reportsPath(folder), junk);
    writeFileSync(`${reportsPath(folder)}-journal`, junk);
    const outcomes: (boolean | null)[] = [];
    for (let index = 0; index < 5; index += 1) {
      outcomes.push(await keep(`d${String(index)}`));
    }
    expect(outcomes).not.toContain(false);
  });

  it('that is cut short fails by name; it is not mapped, so nothing faults', async () => {
    await open();
    for (let index = 0; index < 20; index += 1) {
      await keep(`c${String(index)}`);
    }
    truncateSync(reportsPath(folder), 4096);
    expect(readdirSync(folder).filter((name) => name.endsWith('-shm'))).toEqual([]);
    for (let index = 0; index < 5; index += 1) {
      expect(await keep(`d${String(index)}`)).not.toBe(false);
    }
    await store.list({}).catch(() => undefined);
  });

  it('that another program locks pauses, and goes on when it lets go', async () => {
    await open();
    expect(await keep('before')).toBe(true);
    const other = new DatabaseSync(reportsPath(folder));
    undo.push(() => {
      other.close();
    });
    other.exec('BEGIN IMMEDIATE');
    expect(await keep('locked')).toBeNull();
    other.exec('COMMIT');
    time += 10_001;
    expect(await keep('after')).toBe(true);
    expect(said).toEqual([expect.stringContaining('locked'), null]);
  });

  it('that another program locks for longer than a write waits keeps it all the same', async () => {
    await open(100);
    expect(await keep('before')).toBe(true);
    const other = new DatabaseSync(reportsPath(folder));
    undo.push(() => {
      other.close();
    });
    other.exec('BEGIN IMMEDIATE');
    const kept = Promise.all([keep('one'), keep('two')]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    other.exec('COMMIT');
    expect(await kept).toEqual([true, true]);
    expect(said).toEqual([]);
    expect((await store.find('two'))?.call.id).toBe('two');
  });

  it('that somebody reads for long keeps what is written meanwhile, and says nothing', async () => {
    await open(20_000);
    expect(await keep('before')).toBe(true);
    const reader = new DatabaseSync(reportsPath(folder), { readOnly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT COUNT(*) FROM calls').get();
    const kept = keep('meanwhile');
    await new Promise((resolve) => setTimeout(resolve, 300));
    reader.exec('COMMIT');
    reader.close();
    expect(await kept).toBe(true);
    expect(said).toEqual([]);
  });

  it('that was removed is made anew; later calls are in it', async () => {
    await open();
    expect(await keep('before')).toBe(true);
    for (const end of ['', '-journal']) {
      rmSync(`${reportsPath(folder)}${end}`, { force: true });
    }
    expect(await keep('gone')).toBeNull();
    // The thread ends and another one is started, each in its own time.
    await vi.waitFor(
      async () => {
        time += 10_001;
        expect(await keep('after')).toBe(true);
      },
      { timeout: 15_000 },
    );
    expect((await store.list({})).calls.map(({ id }) => id)).toEqual(['after']);
  });
});
