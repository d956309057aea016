import { readFileSync, readdirSync } from 'node:fs';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** A process that we started, told by a mark in its arguments, with all that it started. */
export function treeOf(mark: string): number[] {
  const all = processes();
  const roots = all.filter(
    ({ command, parent }) => command.includes(mark) && parent === process.pid,
  );
  return descendants(
    roots.map(({ pid }) => pid),
    all,
  );
}

/** A process, with all that it started. */
export const treeFrom = (pid: number): number[] => descendants([pid], processes());

function descendants(roots: readonly number[], all: readonly Process[]): number[] {
  const tree = new Set(roots);
  for (let size = -1; size !== tree.size;) {
    size = tree.size;
    for (const { pid, parent } of all) {
      if (tree.has(parent)) {
        tree.add(pid);
      }
    }
  }
  return [...tree];
}

export function signal(pids: readonly number[], name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It ended meanwhile.
    }
  }
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/stat`, 'utf8');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        // The name in brackets may hold anything; what follows the last bracket does not.
        const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
        return [{ pid: Number(name), parent, command }];
      } catch {
        return [];
      }
    });
}
