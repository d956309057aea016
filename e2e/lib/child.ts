import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

const SETPRIV = '/usr/bin/setpriv';
const STOP_MS = 5_000;

/** A program of somebody else's, which ends with us however we end. */
export class Child {
  readonly log: string[] = [];
  onLine: (line: string) => void = () => undefined;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;

  /** @param listens it is told lines; see {@link say} */
  constructor(program: string, args: readonly string[], folder: string, listens = false) {
    const mortal = existsSync(SETPRIV);
    const all = mortal ? ['--pdeathsig', 'TERM', program, ...args] : [...args];
    this.#process = spawn(mortal ? SETPRIV : program, all, {
      cwd: folder,
      stdio: [listens ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      // A Ctrl-C of the terminal reaches it through us.
      detached: true,
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (!stream) {
        continue;
      }
      createInterface({ input: stream }).on('line', (line) => {
        this.log.push(line);
        if (this.log.length > 2_000) {
          this.log.shift();
        }
        this.onLine(line);
      });
    }
    // It may end while it is told something.
    this.#process.stdin?.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.log.push(error.message);
        resolve();
      });
      this.#process.once('exit', () => resolve());
    });
  }

  say(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  get runs(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get ended(): Promise<void> {
    return this.#ended;
  }

  /** As a crash, or a machine that stands still. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(name);
  }

  async stop(): Promise<void> {
    if (this.runs) {
      this.#process.kill('SIGTERM');
    }
    const late = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(late);
  }
}
