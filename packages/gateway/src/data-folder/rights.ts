import { accessSync, constants, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';

/** What keeps this process from writing a file, when it is the rights; null when it is something else. */
export function rightsProblem(path: string): string | null {
  let place = resolve(path);
  for (;;) {
    try {
      const found = statSync(place);
      const needed = found.isDirectory()
        ? constants.R_OK | constants.W_OK | constants.X_OK
        : constants.R_OK | constants.W_OK;
      accessSync(place, needed);
      const parent = dirname(place);
      // A file may be writable in a folder that is not, where its companions cannot be made.
      if (found.isDirectory() || parent === place) {
        return null;
      }
      place = parent;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM') {
        return explain(place);
      }
      if (code !== 'ENOENT' || dirname(place) === place) {
        return null;
      }
      place = dirname(place);
    }
  }
}

function explain(place: string): string {
  const own = ownName();
  const found = statOf(place);
  if (found === null) {
    return `${place} may not be entered by the user ${own}`;
  }
  const kind = found.isDirectory() ? 'folder' : 'file';
  const owner = found.uid === 0 ? 'root' : `user id ${String(found.uid)}`;
  return (
    `the user ${own} may not write the ${kind} ${place}, which belongs to ${owner}. ` +
    `Give it to that user (chown -R ${own} ${place}), or run the command as its owner`
  );
}

function statOf(place: string): Stats | null {
  try {
    return statSync(place);
  } catch {
    return null;
  }
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry in /etc/passwd, as in some containers.
    return String(process.getuid?.() ?? '?');
  }
}
