import { connect } from 'node:net';
import { Child } from '../lib/child.ts';

/** For one that hangs. */
const START_MS = 20_000;

export interface DaemonSetup {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** Whether it answers; it may reject, or throw. */
  readonly answers: () => Promise<boolean>;
}

/**
 * A program that stands beside gateways, on the same port whenever it is started:
 *
 *     runs ⇄ frozen
 *      │ kill(), stop()      start()
 *      └───────→ ended ────────────→ runs
 */
export class Daemon {
  readonly name: string;
  readonly #setup: DaemonSetup;
  readonly #earlier: string[] = [];
  #child: Child | null = null;

  static async start(setup: DaemonSetup): Promise<Daemon> {
    const daemon = new Daemon(setup);
    await daemon.start();
    return daemon;
  }

  private constructor(setup: DaemonSetup) {
    this.name = setup.name;
    this.#setup = setup;
  }

  get log(): readonly string[] {
    return [...this.#earlier, ...(this.#child?.log ?? [])];
  }

  get runs(): boolean {
    return this.#child?.runs === true;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** After it ended: a new process with the same ports and data. Settles when it answers. */
  async start(): Promise<void> {
    if (this.runs) {
      throw new Error(`${this.name} runs already.`);
    }
    this.#earlier.push(...(this.#child?.log ?? []));
    const { program, args, folder, answers } = this.#setup;
    const child = new Child(program, args, folder);
    this.#child = child;
    const until = Date.now() + START_MS;
    while (Date.now() < until && child.runs) {
      if (await asked(answers)) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this.stop();
    throw new Error(`${this.name} did not start:\n${this.log.slice(-20).join('\n')}`);
  }

  /** As a crash. */
  async kill(): Promise<void> {
    this.#child?.signal('SIGKILL');
    await this.#child?.ended;
  }

  /** It stands still, with all its sockets open. */
  freeze(): void {
    this.#child?.signal('SIGSTOP');
  }

  thaw(): void {
    this.#child?.signal('SIGCONT');
  }

  async stop(): Promise<void> {
    // What is frozen hears of no end.
    this.#child?.signal('SIGCONT');
    await this.#child?.stop();
  }
}

async function asked(answers: () => Promise<boolean>): Promise<boolean> {
  try {
    return await answers();
  } catch {
    return false;
  }
}

/** What a TCP server of loopback says to a line; rejects when it is not there. */
export function say(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(line));
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString());
    });
  });
}
