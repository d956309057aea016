import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = join(root, 'packages/gateway/src/cli/offhook.ts');
const START_MS = 20_000;

/** A real edge before real gateways, in a process of its own. */
export class EdgeProcess {
  readonly port: number;
  readonly log: string[] = [];
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #address: string;

  /** @param address to listen on; default loopback */
  static async start(config: object, address = '127.0.0.1'): Promise<EdgeProcess> {
    const edge = new EdgeProcess(await freePort(), address, config);
    await edge.#ready();
    return edge;
  }

  private constructor(port: number, address: string, config: object) {
    this.port = port;
    this.#address = address;
    this.#folder = mkdtempSync(join(tmpdir(), 'offhook-edge-'));
    const file = join(this.#folder, 'edge.json');
    writeFileSync(file, JSON.stringify({ ...config, port, host: address }));
    const flags = ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'];
    this.#process = spawn(process.execPath, [...flags, command, 'edge', '--config', file], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.log.push(chunk.toString()));
    }
  }

  get host(): string {
    return `ws://${this.#address}:${String(this.port)}`;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM');
      await once(this.#process, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const until = Date.now() + START_MS;
    while (Date.now() < until && this.#process.exitCode === null) {
      const response = await fetch(`http://${this.#address}:${String(this.port)}/healthz`).catch(
        () => null,
      );
      if (response?.ok) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await this.stop();
    throw new Error(`The edge did not start:\n${this.log.join('')}`);
  }
}
