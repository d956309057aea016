import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CONTROL_SOCKET } from './control-path.ts';
import { HOLDER_FILE, LOCK_FILE } from './lock.ts';

export interface Contents {
  /** Names of databases, which are copied by SQLite. */
  readonly databases: readonly string[];
  /** Of the other files; paths below the folder, with `/`. */
  readonly files: readonly string[];
}

/** Of this run, or made anew when it is missed. */
const LEFT_OUT: ReadonlySet<string> = new Set([LOCK_FILE, HOLDER_FILE, CONTROL_SOCKET, 'speech']);
/** Every file system of its own has this folder in its root, which only root may look into or move. */
export const LOST_AND_FOUND = 'lost+found';
/** What SQLite keeps beside a database, and drafts: the copy of the database has it, or nobody misses it. */
const COMPANION = /^\.|-(wal|shm|journal)$/;
/** Folders below the data folder that are looked into; a link that leads round in a circle ends there. */
const MAX_DEPTH = 4;

/** What a data folder holds that a backup needs. Links are followed: recordings may lie on another disk. */
export function contentsOf(dataDir: string): Contents {
  const databases: string[] = [];
  const files: string[] = [];
  const look = (below: string, depth: number): void => {
    for (const entry of readdirSync(join(dataDir, below))) {
      if (
        COMPANION.test(entry) ||
        entry === LOST_AND_FOUND ||
        (depth === 0 && LEFT_OUT.has(entry))
      ) {
        continue;
      }
      const name = below === '' ? entry : `${below}/${entry}`;
      const found = statSync(join(dataDir, name), { throwIfNoEntry: false });
      if (found?.isDirectory() === true) {
        if (depth < MAX_DEPTH) {
          look(name, depth + 1);
        }
      } else if (found?.isFile() === true) {
        (depth === 0 && entry.endsWith('.sqlite') ? databases : files).push(name);
      }
    }
  };
  look('', 0);
  return { databases: databases.sort(), files: files.sort() };
}
