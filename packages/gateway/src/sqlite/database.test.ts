import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Store } from '../auth/store.ts';
import { openDatabase } from './database.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-database-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const MIGRATIONS = [{ name: 'notes', sql: 'CREATE TABLE IF NOT EXISTS notes (text TEXT)' }];

it('a database of earlier versions, with a write-ahead log: what the log holds is kept, and nothing of it stays mapped', () => {
  const [old, path] = [join(folder, 'old.sqlite'), join(folder, 'offhook.sqlite')];
  const former = new DatabaseSync(old);
  former.exec('PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT)');
  former.exec("INSERT INTO notes VALUES ('in the log')");
  // As a gateway that was killed leaves it.
  for (const end of ['', '-wal']) {
    copyFileSync(old + end, path + end);
  }
  former.close();
  const database = openDatabase(path, MIGRATIONS);
  expect(database.prepare('SELECT text FROM notes').all()).toEqual([{ text: 'in the log' }]);
  database.exec("INSERT INTO notes VALUES ('another')");
  const files = readdirSync(folder).filter((name) => name.startsWith('offhook'));
  expect(files.filter((name) => /-(wal|shm)$/.test(name))).toEqual([]);
  database.close();
});

it('one that is up to date is opened while another process reads it for long', () => {
  const path = join(folder, 'offhook.sqlite');
  const options = { beforeTables: 'PRAGMA auto_vacuum = INCREMENTAL' };
  openDatabase(path, MIGRATIONS, options).close();
  const [reader, writer] = [new DatabaseSync(path), new DatabaseSync(path)];
  reader.exec('BEGIN; SELECT COUNT(*) FROM notes');
  // Another one waits for that reader to end.
  writer.exec('BEGIN IMMEDIATE');
  const begun = performance.now();
  openDatabase(path, MIGRATIONS, options).close();
  expect(performance.now() - begun).toBeLessThan(1000);
  writer.close();
  reader.close();
});

it('commits to the users database outlive a power failure', () => {
  const store = new Store(join(folder, 'offhook.sqlite'));
  expect(store.database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  store.close();
});

it('a command writes while the gateway has the database open, and each sees what the other wrote', () => {
  const path = join(folder, 'offhook.sqlite');
  const gateway = openDatabase(path, MIGRATIONS);
  const command = openDatabase(path, MIGRATIONS);
  command.exec("INSERT INTO notes VALUES ('of the command')");
  gateway.exec("INSERT INTO notes VALUES ('of the gateway')");
  const rows = command.prepare('SELECT text FROM notes').all();
  expect(rows).toEqual([{ text: 'of the command' }, { text: 'of the gateway' }]);
  command.close();
  gateway.close();
});
