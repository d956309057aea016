import {
  existsSync,
  lchownSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as v from 'valibot';
import { createPrivateFile } from '../sqlite/database.ts';
import { StartError } from '../start-error.ts';
import { rightsProblem } from './rights.ts';

/** The lock, and who holds it: neither is part of a backup. */
export const LOCK_FILE = 'gateway.lock';
export const HOLDER_FILE = 'gateway.json';
/** There while a restore exchanges the contents of the folder. */
export const RESTORE_MARK = 'restore-unfinished';

const SQLITE_BUSY = 5;

const HolderSchema = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** What it does with the folder. */
  use: v.picklist(['gateway', 'restore']),
  /** Epoch milliseconds. */
  since: v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15)),
});
export type Holder = v.InferOutput<typeof HolderSchema>;

/** Another process uses the data folder. */
export class FolderInUse extends StartError {
  readonly holder: Holder | null;
  constructor(dataDir: string, holder: Holder | null) {
    super(`${resolve(dataDir)} is in use: ${describe(holder)}`);
    this.name = 'FolderInUse';
    this.holder = holder;
  }
}

/**
 * One gateway a data folder. The lock is SQLite's own exclusive one on an empty database: the system holds it for the process and takes
 * it back when that dies, however it dies, so that there is nothing to clean up and no race over a stale file. `gateway.json` beside it
 * only says who that is.
 */
export class FolderLock {
  readonly #database: DatabaseSync;
  readonly #holderPath: string;

  private constructor(database: DatabaseSync, holderPath: string) {
    this.#database = database;
    this.#holderPath = holderPath;
  }

  /**
   * Makes the folder when it is missing.
   * @throws {FolderInUse} when another process has it
   * @throws {StartError} when the folder cannot be used
   */
  static take(dataDir: string, use: Holder['use']): FolderLock {
    const path = join(dataDir, LOCK_FILE);
    const holderPath = join(dataDir, HOLDER_FILE);
    let database: DatabaseSync | undefined;
    try {
      createPrivateFile(path);
      giveToOwner(path, dataDir);
      database = new DatabaseSync(path, { timeout: 0 });
      // Nothing is ever written to it, so it needs no file beside it.
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      if (use === 'gateway' && existsSync(join(dataDir, RESTORE_MARK))) {
        throw new StartError(
          `A restore to ${resolve(dataDir)} was cut short, so that its contents are mixed: restore the backup again, with --force`,
        );
      }
      const draft = `${holderPath}.${String(process.pid)}`;
      const holder: Holder = { pid: process.pid, use, since: Date.now() };
      writeFileSync(draft, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
      giveToOwner(draft, dataDir);
      renameSync(draft, holderPath);
      return new FolderLock(database, holderPath);
    } catch (error) {
      database?.close();
      if (((error as { readonly errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY) {
        throw new FolderInUse(dataDir, holderOf(dataDir));
      }
      if (error instanceof StartError) {
        throw error;
      }
      const why = rightsProblem(path) ?? (error as Error).message;
      throw new StartError(`The data folder ${resolve(dataDir)} cannot be used: ${why}`, {
        cause: error,
      });
    }
  }

  /** Idempotent. */
  release(): void {
    if (!this.#database.isOpen) {
      return;
    }
    rmSync(this.#holderPath, { force: true });
    this.#database.close();
  }
}

/** What root made in the folder of another user, whose gateway must be able to open it. */
function giveToOwner(path: string, dataDir: string): void {
  if (process.getuid?.() !== 0) {
    return;
  }
  const { uid, gid } = statSync(dataDir);
  const found = lstatSync(path);
  // The owner of the folder may put links there: what those lead to is not given away.
  if (uid !== 0 && found.uid === 0 && found.isFile() && found.nlink === 1) {
    lchownSync(path, uid, gid);
  }
}

/** Who wrote that it uses the folder; whether it still does only the lock knows. */
export function holderOf(dataDir: string): Holder | null {
  try {
    const text = readFileSync(join(dataDir, HOLDER_FILE), 'utf8');
    const holder = v.parse(HolderSchema, JSON.parse(text));
    // What a process that died left behind, while its successor has not written its own yet, is of no use.
    return isAlive(holder.pid) ? holder : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function describe(holder: Holder | null): string {
  if (holder === null) {
    return 'another process has it. Stop that, or give another data folder';
  }
  const { pid, use, since } = holder;
  const who = use === 'gateway' ? 'a gateway runs on it' : 'a backup is being restored to it';
  const when = new Date(since).toISOString();
  return `${who} (process ${String(pid)}, since ${when}). Stop that, or give another data folder`;
}
