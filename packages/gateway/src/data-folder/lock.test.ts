import { chownSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { offhook, spawnOffhook } from '../cli/testing/run.ts';
import type { Running } from '../cli/testing/run.ts';
import { FolderInUse, FolderLock, HOLDER_FILE } from './lock.ts';

let folder: string;
const started: Running[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
});
afterEach(async () => {
  for (const { child, finished } of started.splice(0)) {
    if (child.exitCode === null) {
      child.kill('SIGKILL');
    }
    await finished;
  }
  rmSync(folder, { recursive: true, force: true });
});

function serve(): Running {
  const args = ['serve', '--port', '0', '--json', '--log-level', 'warn', '--data-dir', folder];
  const running = spawnOffhook(args);
  started.push(running);
  return running;
}

it('one gateway a data folder: the second ends and names the process; after kill -9 the next one starts', async () => {
  const first = serve();
  await first.firstLine;
  const { code, stderr } = await serve().finished;
  expect(code).toBe(1);
  expect(stderr).toContain(`${folder} is in use: a gateway runs on it`);
  expect(stderr).toContain(`process ${String(first.child.pid)},`);
  expect(stderr).not.toContain('    at ');
  // Commands beside a running gateway are not kept out.
  const added = await offhook(['user', 'add', 'ann', '--generate', '--data-dir', folder]);
  expect(added).toMatchObject({ code: 0 });

  first.child.kill('SIGKILL');
  await first.finished;
  const third = serve();
  expect(JSON.parse(await third.firstLine)).toMatchObject({ ready: true });
  third.child.kill('SIGTERM');
  expect((await third.finished).code).toBe(0);
  expect(readdirSync(folder)).not.toContain(HOLDER_FILE);
});

it.skipIf(process.getuid?.() !== 0)(
  'that root takes in the folder of another user can be taken by that user later',
  () => {
    chownSync(folder, 65_534, 65_534);
    const lock = FolderLock.take(folder, 'restore');
    const owners = readdirSync(folder).map((name) => statSync(join(folder, name)).uid);
    lock.release();
    expect(owners).toEqual([65_534, 65_534]);
  },
);

it('is given up and taken again within one process', () => {
  const lock = FolderLock.take(folder, 'gateway');
  expect(() => FolderLock.take(folder, 'restore')).toThrow(FolderInUse);
  lock.release();
  lock.release();
  FolderLock.take(folder, 'restore').release();
});
