import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START_MS = 30_000;

/** A server of the bench in a process of its own, whose CPU time and memory are read from /proc. */
export class Child {
  readonly port: number;
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;

  /** @param script in bench/servers; prints `{"port":...}` when it is ready */
  static async start(
    script: string,
    settings: object,
    flags: readonly string[] = [],
  ): Promise<Child> {
    const path = fileURLToPath(new URL(`../servers/${script}`, import.meta.url));
    const child = spawn(
      process.execPath,
      [
        '--conditions=offhook-source',
        '--disable-warning=ExperimentalWarning',
        '--expose-gc',
        ...flags,
        path,
        JSON.stringify(settings),
      ],
      { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
    );
    const ready = new Promise<number>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`${script} did not start`));
      }, START_MS);
      if (child.stdout === null) {
        throw new Error('no output');
      }
      createInterface({ input: child.stdout }).on('line', (line) => {
        const said = /^\{"port":(\d+)\}$/.exec(line);
        if (!said) {
          return;
        }
        clearTimeout(late);
        resolve(Number(said[1]));
      });
      child.once('exit', (code) => {
        clearTimeout(late);
        reject(new Error(`${script} ended with ${String(code)}`));
      });
    });
    try {
      return new Child(child, await ready);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.pid = child.pid ?? 0;
    this.port = port;
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
      });
    });
  }

  get url(): URL {
    return new URL(`ws://127.0.0.1:${this.port}`);
  }

  /** Seconds of CPU of all its threads so far, and of those of the processes that it started and that run. */
  cpu(): number {
    return cpuOf(this.pid) / 1e9;
  }

  /** Bytes in memory, after a garbage collection. */
  async rss(): Promise<number> {
    await this.#collect();
    const text = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
  }

  #collect(): Promise<void> {
    return new Promise((resolve) => {
      this.#process.once('message', () => {
        resolve();
      });
      this.#process.send('collect');
    });
  }

  /** @param signal SIGKILL is a crash: nothing is said to anybody */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#process.kill(signal);
    const late = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(late);
  }
}

/** Nanoseconds: the scheduler's own count, since /proc/pid/stat has steps of 10 ms. */
function cpuOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).reduce((sum, task) => {
    const [own = ''] = readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ');
    const children = readFileSync(`${tasks}/${task}/children`, 'utf8').split(' ').filter(Boolean);
    return sum + Number(own) + children.reduce((rest, child) => rest + cpuOf(Number(child)), 0);
  }, 0);
}
