import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program is; null when this machine has none of that name. */
export function findProgram(name: string): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') {
      continue;
    }
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}

export interface Run {
  readonly program: string;
  readonly args: readonly string[];
  /** Given to it on its standard input. */
  readonly input?: string;
  readonly signal: AbortSignal;
}

const MAX_OUTPUT = 16 * 1024 * 1024;
const MAX_MS = 15_000;
/** At once in this process; more would only take turns on the cores. */
const MAX_RUNNING = 4;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs a program of this machine to its end and returns what it wrote. Rejects when it fails, takes too long, or is aborted. */
export async function runProgram(run: Run): Promise<Buffer> {
  if (running >= MAX_RUNNING) {
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running += 1;
  try {
    return await execute(run);
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

function execute({ program, args, input, signal }: Run): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(MAX_MS)]),
      killSignal: 'SIGKILL',
    });
    const parts: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= MAX_OUTPUT) {
        parts.push(part);
      } else {
        child.kill('SIGKILL');
      }
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) {
        resolve(Buffer.concat(parts));
      } else {
        reject(new Error(`${program} ended with code ${String(code)}`));
      }
    });
    // It may end without reading.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}
