import { statSync } from 'node:fs';

/** The file that was opened is not the one of that name any more: what is written to it nobody finds. */
export class FileReplaced extends Error {
  constructor(path: string) {
    super(`The file ${path} was moved or removed`);
    this.name = 'FileReplaced';
  }
}

/** SQLite has rolled back a transaction by itself, as it does when a disk is full or cannot be written. */
export class RolledBack extends Error {
  constructor() {
    super('SQLite rolled back what was to be written: the disk is full or does not do');
    this.name = 'RolledBack';
  }
}

/** Result codes of SQLite that are about the disk, the file or its locks, and not about what was asked (sqlite3.h). */
const DISK_CODES: ReadonlySet<number> = new Set([
  5, // SQLITE_BUSY
  6, // SQLITE_LOCKED
  8, // SQLITE_READONLY
  10, // SQLITE_IOERR
  11, // SQLITE_CORRUPT
  13, // SQLITE_FULL
  14, // SQLITE_CANTOPEN
  26, // SQLITE_NOTADB
]);
const DISK_ERRORS: ReadonlySet<string> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EROFS',
  'ENOENT',
  'EACCES',
]);

/** What of a failure is the fault of the disk or the file; null: of something else. */
export function troubleOf(error: unknown): 'disk' | 'replaced' | null {
  if (error instanceof FileReplaced) {
    return 'replaced';
  }
  if (error instanceof RolledBack) {
    return 'disk';
  }
  const { errcode, code } = error as { readonly errcode?: unknown; readonly code?: unknown };
  // The low byte: the rest says more exactly what of it.
  if (typeof errcode === 'number' && DISK_CODES.has(errcode & 0xff)) {
    return 'disk';
  }
  return typeof code === 'string' && DISK_ERRORS.has(code) ? 'disk' : null;
}

/** Which file a path leads to; null when there is none. */
export function fileId(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? null : `${String(found.dev)} ${String(found.ino)}`;
}
