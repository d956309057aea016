import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

const SIPP = '/usr/bin/sipp';
const MESSAGES = 'messages.log';
const scenarios = fileURLToPath(new URL('../../../../../e2e/sip/scenarios', import.meta.url));

/** `npm test` installs it; a single run of Vitest on a machine without it has nobody to play the other end. */
export const hasSipp = existsSync(SIPP);

export interface SippOptions {
  /** Values of `[name]` in the scenario. */
  readonly keys?: Readonly<Record<string, string>>;
  /** How many calls end it; a ping is one. Without this it runs until the test is over. */
  readonly calls?: number;
  readonly address?: string;
  readonly port?: number;
  readonly extra?: readonly string[];
}

export async function freePort(address = '127.0.0.1'): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

/** sipp with one of the scenarios, until the test is over. */
export class Sipp {
  readonly place: string;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #exited: Promise<number>;

  private constructor(child: ChildProcess, folder: string, address: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
    this.place = `${address}:${String(port)}`;
    this.#exited = once(child, 'exit').then(([code]) => (code === null ? -1 : Number(code)));
  }

  /** Waits for calls. */
  static answering(scenario: string, options: SippOptions = {}): Promise<Sipp> {
    return Sipp.#start(scenario, [], options);
  }

  /** Calls a number at that port. */
  static calling(
    scenario: string,
    port: number,
    number: string,
    options: SippOptions = {},
  ): Promise<Sipp> {
    const to = [`127.0.0.1:${String(port)}`, '-s', number];
    return Sipp.#start(scenario, to, { calls: 1, ...options });
  }

  static async #start(scenario: string, to: string[], options: SippOptions): Promise<Sipp> {
    const address = options.address ?? '127.0.0.1';
    const port = options.port ?? (await freePort(address));
    const folder = mkdtempSync(join(tmpdir(), 'offhook-sipp-'));
    const keys = Object.entries({ status: '486 Busy Here', header: 'X-Row: 1', ...options.keys });
    const file = join(folder, `${scenario}.xml`);
    const text = keys.reduce(
      (sum, [name, value]) => sum.replaceAll(`[${name}]`, value),
      readFileSync(join(scenarios, `${scenario}.xml`), 'utf8'),
    );
    writeFileSync(file, text);
    const child = spawn(
      SIPP,
      [
        ...to,
        ...['-sf', file, '-i', address, '-p', String(port)],
        ...['-nostdin', '-trace_err', '-error_file', join(folder, 'errors.log')],
        ...['-trace_msg', '-message_file', join(folder, MESSAGES)],
        ...(options.calls === undefined ? [] : ['-m', String(options.calls)]),
        ...(options.extra ?? []),
      ],
      { stdio: 'ignore', cwd: folder },
    );
    const sipp = new Sipp(child, folder, address, port);
    onTestFinished(({ task }) => {
      // How the far end saw it; the folder goes with the test.
      if (task.result?.state === 'fail') {
        const how = `${scenario} at ${sipp.place}, exit code ${String(child.exitCode)}`;
        process.stderr.write(`${how}\n${sipp.#logs()}\n`);
      }
      return sipp.#end();
    });
    return sipp;
  }

  /** Settles when so many of its messages, in and out, begin so. */
  async saw(start: string, times: number): Promise<void> {
    const file = join(this.#folder, MESSAGES);
    await expect
      .poll(
        () => {
          const text = existsSync(file) ? readFileSync(file, 'latin1') : '';
          return text.split(`\n${start}`).length - 1;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThanOrEqual(times);
    // What it sent lies in our socket, which is read in the next turns.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Settles when its calls are over; throws unless each message was what the scenario expects. */
  async done(): Promise<void> {
    const code = await this.#exited;
    if (code === 0) {
      return;
    }
    throw new Error(`sipp ended with ${String(code)}: ${this.#logs('errors.log').slice(0, 4_000)}`);
  }

  /** What it wrote down: of all, or of files whose names end so. */
  #logs(ending = '.log'): string {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(ending))
      .map((name) => readFileSync(join(this.#folder, name), 'latin1'))
      .join('\n');
  }

  async #end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
    rmSync(this.#folder, { recursive: true });
  }
}
