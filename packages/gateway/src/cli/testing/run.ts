import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const OFFHOOK = fileURLToPath(new URL('../offhook.ts', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** The first line of standard output. */
  readonly firstLine: Promise<string>;
  readonly finished: Promise<Finished>;
}

interface RunOptions {
  readonly input?: string;
  readonly env?: Record<string, string>;
  /** As this user; tests that run as root only. */
  readonly uid?: number;
}

/** The command as a user runs it, from its sources, without the variables of this process's own surroundings. */
export function spawnOffhook(args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(process.execPath, ['--conditions=offhook-source', OFFHOOK, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  const firstLine = new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      stdout += `${line}\n`;
      resolve(line);
    });
    child.once('exit', () => {
      reject(new Error(`ended without a line: ${stderr}`));
    });
  });
  firstLine.catch(() => undefined);
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return { child, firstLine, finished };
}

export function offhook(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return spawnOffhook(args, options).finished;
}
