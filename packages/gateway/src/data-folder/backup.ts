import { createHash, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as sqlite from 'node:sqlite';
import { createPrivateFile, schemaVersion } from '../sqlite/database.ts';
import { rightsProblem } from './rights.ts';
import { BackupError } from './backup-error.ts';
import { contentsOf } from './contents.ts';
import { FORMAT, MANIFEST } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { pieces, writeEnd, writeEntry } from './tar.ts';

export interface BackupOptions {
  readonly dataDir: string;
  /** A file whose name ends in `.tar`, or a folder; neither may be there. */
  readonly target: string;
  readonly version: string;
  readonly elsewhere: readonly string[];
  /** @param done bytes of `total` of this file */
  readonly onProgress?: (file: string, done: number, total: number) => void;
}

export interface BackupOutcome {
  readonly target: string;
  readonly files: number;
  readonly bytes: number;
  /** Files that were there at the beginning and were removed before they were read: recordings whose time was over. */
  readonly gone: readonly string[];
}

/** Pages of a database that are copied in one go; 4 MiB. */
const PAGES = 1000;
const BUSY_MS = 5000;

/** Where the parts of a backup go, until it is whole. */
interface Sink {
  add(name: string, file: FileHandle, size: number): Promise<string>;
  /** Makes what was written the target, whole or not at all. */
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

/**
 * Copies a data folder, also while a gateway runs on it. Each database is copied by SQLite's online backup from one reading transaction, so that
 * writers do not make it begin anew. With a rollback journal they wait for that transaction, so it ends with the copy: what is slow, such as the
 * recordings, is read after it. A recording that a copied row names is there unless its time was over by then.
 * @throws {BackupError} and leaves nothing at the target
 */
export async function makeBackup(options: BackupOptions): Promise<BackupOutcome> {
  const { dataDir } = options;
  const target = resolve(options.target);
  refuseTarget(target, resolve(dataDir));
  let sink: Sink | null = null;
  try {
    sink = await openSink(target);
    const outcome = await copyAll(options, sink, `${target}.partial-${randomUUID()}`);
    await sink.finish();
    return { target, ...outcome };
  } catch (error) {
    await sink?.abandon();
    throw explain(error, target);
  }
}

async function copyAll(
  { dataDir, version, elsewhere, onProgress }: BackupOptions,
  sink: Sink,
  draft: string,
): Promise<Omit<BackupOutcome, 'target'>> {
  const files: Manifest['files'] = [];
  const gone: string[] = [];
  const schemas: Record<string, number> = {};
  const add = async (name: string, path: string): Promise<void> => {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      files.push({ name, size, sha256: await sink.add(name, file, size) });
      onProgress?.(name, size, size);
    } finally {
      await file.close();
    }
  };
  try {
    for (const name of contentsOf(dataDir).databases) {
      // Passwords are in it: SQLite itself would make a file that others may read.
      createPrivateFile(draft);
      const reader = openReader(join(dataDir, name));
      try {
        schemas[name] = schemaVersion(reader);
        await sqlite.backup(reader, draft, {
          rate: PAGES,
          progress: ({ totalPages, remainingPages }) => {
            onProgress?.(name, totalPages - remainingPages, totalPages);
          },
        });
      } finally {
        reader.close();
      }
      await add(name, draft);
      removeDatabase(draft);
    }
    for (const name of contentsOf(dataDir).files) {
      try {
        await add(name, join(dataDir, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
          throw error;
        }
        gone.push(name);
      }
    }
    const manifest: Manifest = {
      kind: 'offhook-backup',
      format: FORMAT,
      version,
      createdAt: Date.now(),
      dataDir: resolve(dataDir),
      schemas,
      files,
      elsewhere: [...elsewhere],
    };
    const bytes = Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`);
    const file = await open(draft, 'wx+', 0o600);
    try {
      await file.writeFile(bytes);
      await sink.add(MANIFEST, file, bytes.length);
    } finally {
      await file.close();
    }
    return { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0), gone };
  } finally {
    removeDatabase(draft);
  }
}

function refuseTarget(target: string, dataDir: string): void {
  if (!existsSync(dataDir)) {
    throw new BackupError(`There is no data folder ${dataDir}`);
  }
  const { databases } = contentsOf(dataDir);
  if (databases.length === 0) {
    throw new BackupError(`${dataDir} is no data folder of a gateway`);
  }
  if (existsSync(target)) {
    throw new BackupError(`${target} is there already; give another name`);
  }
  if (/\.(t?gz|zip|bz2|xz|zst)$/i.test(target)) {
    throw new BackupError('Backups are not compressed: give a name that ends in .tar, or a folder');
  }
  if (`${target}/`.startsWith(`${dataDir}/`)) {
    throw new BackupError('A backup inside the data folder would go with it; give another place');
  }
  if (!existsSync(dirname(target))) {
    throw new BackupError(`There is no folder ${dirname(target)}`);
  }
}

/** Reads the database as it is now, until it is closed. Never changes it: a newer command must not migrate what an older gateway uses. */
function openReader(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_MS });
    database.exec('BEGIN; SELECT COUNT(*) FROM sqlite_master');
    return database;
  } catch (error) {
    database?.close();
    const why = rightsProblem(path) ?? (error as Error).message;
    throw new BackupError(`The database ${path} cannot be read: ${why}`, { cause: error });
  }
}

function openSink(target: string): Promise<Sink> {
  return /\.tar$/i.test(target) ? tarSink(target) : Promise.resolve(folderSink(target));
}

async function tarSink(target: string): Promise<Sink> {
  const draft = `${target}.partial-${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  return {
    async add(name, source, size) {
      const hash = createHash('sha256');
      await writeEntry(file, name, size, hashed(pieces(source, 0, size), hash));
      return hash.digest('hex');
    },
    async finish() {
      await writeEnd(file);
      await file.sync();
      await file.close();
      place(draft, target);
      await syncFolder(dirname(target));
    },
    async abandon() {
      await file.close().catch(() => undefined);
      rmSync(draft, { force: true });
    },
  };
}

function folderSink(target: string): Sink {
  const draft = `${target}.partial-${randomUUID()}`;
  mkdirSync(draft, { mode: 0o700 });
  return {
    async add(name, source, size) {
      const path = join(draft, name);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const hash = createHash('sha256');
      const file = await open(path, 'wx', 0o600);
      try {
        for await (const piece of hashed(pieces(source, 0, size), hash)) {
          await file.writeFile(piece);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      return hash.digest('hex');
    },
    async finish() {
      // Fails where a folder with something in it came there meanwhile.
      renameSync(draft, target);
      await syncFolder(dirname(target));
    },
    abandon() {
      rmSync(draft, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** Unlike a rename, overwrites nothing that came there meanwhile. */
function place(draft: string, target: string): void {
  try {
    linkSync(draft, target);
    rmSync(draft);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A file system without links.
    if (!['EPERM', 'ENOSYS', 'EOPNOTSUPP'].includes(code ?? '') || existsSync(target)) {
      throw error;
    }
    renameSync(draft, target);
  }
}

async function* hashed(
  content: AsyncIterable<Uint8Array>,
  hash: { update(piece: Uint8Array): unknown },
): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    hash.update(piece);
    yield piece;
  }
}

/** So that the name outlives a power failure too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems know no such thing.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') {
      throw error;
    }
  } finally {
    await folder.close();
  }
}

function removeDatabase(path: string): void {
  for (const end of ['', '-journal', '-wal', '-shm']) {
    rmSync(`${path}${end}`, { force: true });
  }
}

function explain(error: unknown, target: string): Error {
  if (error instanceof BackupError) {
    return error;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT' || message.includes('disk is full');
  const free = full ? `the disk of ${dirname(target)} is full` : null;
  const rights = code === 'EACCES' ? rightsProblem(dirname(target)) : null;
  return new BackupError(`No backup was made: ${free ?? rights ?? message}`, { cause: error });
}
