import { createHash, randomUUID } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as v from 'valibot';
import { BackupError } from './backup-error.ts';
import { LOST_AND_FOUND, contentsOf } from './contents.ts';
import { FolderLock, HOLDER_FILE, LOCK_FILE, RESTORE_MARK } from './lock.ts';
import { FORMAT, MANIFEST, MAX_MANIFEST_BYTES, ManifestSchema } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { rightsProblem } from './rights.ts';
import { schemaVersion } from '../sqlite/database.ts';
import { KNOWN_SCHEMAS } from './schemas.ts';
import { TarError, pieces, readTar } from './tar.ts';
import type { TarEntry } from './tar.ts';

export interface RestoreOptions {
  readonly source: string;
  readonly dataDir: string;
  /** Whether a folder that holds something is taken; what it holds is kept aside. */
  readonly force: boolean;
  readonly onProgress?: (step: string) => void;
}

export interface RestoreOutcome {
  readonly dataDir: string;
  readonly manifest: Manifest;
  /** Where the former contents are; null when there were none. */
  readonly aside: string | null;
}

interface Unpacked {
  readonly manifest: Manifest;
  /** Of what was read, by name. */
  readonly sums: ReadonlyMap<string, string>;
}

/**
 * Puts a backup into a data folder. It is unpacked beside, looked at whole, and only then takes the place of what was there, which takes a moment; a mark
 * keeps a gateway from starting on a folder where that moment was cut short.
 * @throws {BackupError} and leaves the folder as it was
 * @throws {FolderInUse} when a gateway runs on it
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreOutcome> {
  const { source, onProgress = () => undefined } = options;
  const dataDir = resolve(options.dataDir);
  if (!existsSync(source)) {
    throw new BackupError(`There is no backup ${resolve(source)}`);
  }
  const fresh = !existsSync(dataDir);
  const lock = FolderLock.take(dataDir, 'restore');
  const draft = join(dataDir, `.restore-${randomUUID()}`);
  try {
    const former = formerEntries(dataDir);
    if (former.length > 0 && !options.force) {
      throw new BackupError(
        `${dataDir} is not empty. Give an empty folder, or --force, which keeps what is there aside`,
      );
    }
    mkdirSync(draft, { mode: 0o700 });
    onProgress('Unpacking');
    const { manifest, sums } = await unpack(source, draft);
    onProgress('Checking');
    checkWhole(manifest, sums);
    checkSchemas(manifest, draft);
    if (!fresh) {
      giveToOwner(draft, dataDir);
    }
    return { dataDir, manifest, aside: swap(dataDir, draft, former) };
  } catch (error) {
    throw explain(error, source, dataDir);
  } finally {
    rmSync(draft, { recursive: true, force: true });
    lock.release();
    if (fresh) {
      removeUnused(dataDir);
    }
  }
}

/** What is in the folder beside the lock. Of an earlier restore that was cut short nothing is worth keeping. */
function formerEntries(dataDir: string): readonly string[] {
  const own = new Set([LOCK_FILE, HOLDER_FILE, RESTORE_MARK, LOST_AND_FOUND]);
  return readdirSync(dataDir).filter(
    (name) => !own.has(name) && !name.startsWith('.restore-') && !name.startsWith('.before-'),
  );
}

async function unpack(source: string, draft: string): Promise<Unpacked> {
  const sums = new Map<string, string>();
  let manifest: Manifest | null = null;
  for await (const entry of statSync(source).isDirectory()
    ? readFolder(source)
    : readFile(source)) {
    if (entry.name === MANIFEST) {
      manifest = await readManifest(entry);
    } else {
      sums.set(entry.name, await unpackFile(entry, draft));
    }
  }
  if (manifest === null) {
    throw new BackupError('It is not whole: its manifest is missing');
  }
  return { manifest, sums };
}

async function* readFile(path: string): AsyncGenerator<TarEntry> {
  const file = await open(path, 'r');
  try {
    yield* readTar(file);
  } finally {
    await file.close();
  }
}

async function* readFolder(path: string): AsyncGenerator<TarEntry> {
  const { databases, files } = contentsOf(path);
  for (const name of [...databases, ...files]) {
    const file = await open(join(path, name), 'r');
    try {
      const { size } = await file.stat();
      yield { name, size, content: pieces(file, 0, size) };
    } finally {
      await file.close();
    }
  }
}

async function readManifest({ size, content }: TarEntry): Promise<Manifest> {
  if (size > MAX_MANIFEST_BYTES) {
    throw new BackupError('Its manifest is too large');
  }
  const read: Uint8Array[] = [];
  for await (const piece of content) {
    read.push(Buffer.from(piece));
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.concat(read).toString());
  } catch {
    throw new BackupError('Its manifest is damaged');
  }
  const { format, version } = v.parse(
    v.object({ format: v.fallback(v.number(), 0), version: v.fallback(v.string(), '?') }),
    parsed,
  );
  if (format > FORMAT) {
    throw new BackupError(`It was made by a newer Offhook (${version}); restore it with that one`);
  }
  const result = v.safeParse(ManifestSchema, parsed);
  if (!result.success) {
    throw new BackupError('Its manifest is none of an Offhook backup');
  }
  return result.output;
}

/** @returns the sum of what was written */
async function unpackFile({ name, content }: TarEntry, draft: string): Promise<string> {
  const path = resolve(draft, name);
  if (!path.startsWith(`${draft}/`)) {
    throw new BackupError(`It holds a file outside: ${name}`);
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of content) {
      hash.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

function checkWhole({ files }: Manifest, sums: ReadonlyMap<string, string>): void {
  const names = new Set(files.map(({ name }) => name));
  for (const name of sums.keys()) {
    if (!names.has(name)) {
      throw new BackupError(`It holds ${name}, which its manifest does not name`);
    }
  }
  for (const { name, sha256 } of files) {
    const sum = sums.get(name);
    if (sum === undefined) {
      throw new BackupError(`It is not whole: ${name} is missing`);
    }
    if (sum !== sha256) {
      throw new BackupError(`It is damaged: ${name} is not what was backed up`);
    }
  }
}

function checkSchemas({ version }: Manifest, draft: string): void {
  for (const name of contentsOf(draft).databases) {
    const database = new DatabaseSync(join(draft, name));
    try {
      const schema = schemaVersion(database);
      if (schema > (KNOWN_SCHEMAS[name] ?? Infinity)) {
        throw new BackupError(
          `Its ${name} was made by a newer Offhook (${version}); restore it with that one`,
        );
      }
      const fault = database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
      if (fault !== 'ok') {
        throw new BackupError(`Its ${name} is damaged: ${String(fault)}`);
      }
    } finally {
      database.close();
    }
  }
}

/** A restore by root must not take the folder from the user of the gateway. */
function giveToOwner(draft: string, dataDir: string): void {
  if (process.getuid?.() !== 0) {
    return;
  }
  const { uid, gid } = statSync(dataDir);
  if (uid === 0) {
    return;
  }
  chownSync(draft, uid, gid);
  for (const name of readdirSync(draft, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(draft, name), uid, gid);
  }
}

/** Databases before the rest, so that what cannot be moved is seen while least was. */
function databasesFirst(names: readonly string[]): readonly string[] {
  const databases = names.filter((name) => name.endsWith('.sqlite'));
  return [...databases, ...names.filter((name) => !name.endsWith('.sqlite'))];
}

/**
 * @returns where the former contents are
 * @throws what kept an entry from being moved, with all entries where they were
 */
function swap(dataDir: string, draft: string, former: readonly string[]): string | null {
  const mark = join(dataDir, RESTORE_MARK);
  const cutShort = existsSync(mark);
  writeFileSync(mark, '', { mode: 0o600 });
  let aside: string | null = null;
  const moved: (readonly [from: string, to: string])[] = [];
  const moveAll = (names: readonly string[], from: string, to: string): void => {
    for (const name of databasesFirst(names)) {
      renameSync(join(from, name), join(to, name));
      moved.push([join(from, name), join(to, name)]);
    }
  };
  try {
    if (former.length > 0) {
      const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
      aside = join(dataDir, `.before-restore-${stamp}`);
      mkdirSync(aside, { mode: 0o700 });
      moveAll(former, dataDir, aside);
    }
    moveAll(readdirSync(draft), draft, dataDir);
  } catch (error) {
    // Where this fails too, the mark stays: no gateway starts on what is mixed.
    for (const [from, to] of moved.reverse()) {
      renameSync(to, from);
    }
    if (aside !== null) {
      rmdirSync(aside);
    }
    if (!cutShort) {
      rmSync(mark);
    }
    throw error;
  }
  rmSync(mark);
  return aside;
}

/** A folder that was made for a restore that failed. */
function removeUnused(dataDir: string): void {
  if (formerEntries(dataDir).length === 0) {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function explain(error: unknown, source: string, dataDir: string): Error {
  const what = `${resolve(source)} was not restored`;
  if (error instanceof BackupError || error instanceof TarError || error instanceof v.ValiError) {
    const { message } = error;
    return new BackupError(`${what}. ${message.charAt(0).toUpperCase()}${message.slice(1)}`, {
      cause: error,
    });
  }
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new BackupError(`${what}: the disk of ${dataDir} is full`, { cause: error });
  }
  const rights = code === 'EACCES' && path !== undefined ? rightsProblem(path) : null;
  return new BackupError(`${what}: ${rights ?? message}`, { cause: error });
}
