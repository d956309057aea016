import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Gateway } from '../lib/gateway.ts';
import { freePort } from '../lib/ports.ts';
import { signal, treeFrom } from '../survival/processes.ts';

/** A gateway of a cluster: the same name, port and data folder whenever it is started. */
export class GatewayNode {
  readonly name: string;
  readonly port: number;
  readonly #folder: string;
  readonly #config: string;
  readonly #mediaPort: number;
  readonly #earlier: string[] = [];
  #gateway: Gateway | null = null;

  /** @param config what its configuration file holds */
  static async make(name: string, folder: string, config: object): Promise<GatewayNode> {
    mkdirSync(folder, { recursive: true });
    return new GatewayNode(name, folder, config, await freePort(), await freePort());
  }

  private constructor(
    name: string,
    folder: string,
    config: object,
    port: number,
    mediaPort: number,
  ) {
    this.name = name;
    this.port = port;
    this.#mediaPort = mediaPort;
    this.#folder = folder;
    this.#config = join(folder, 'offhook.json');
    writeFileSync(this.#config, JSON.stringify(config), { mode: 0o600 });
  }

  /** @throws when it was not started, or was killed */
  get gateway(): Gateway {
    if (this.#gateway === null) {
      throw new Error(`${this.name} does not run.`);
    }
    return this.#gateway;
  }

  get runs(): boolean {
    return this.#gateway !== null;
  }

  get log(): readonly string[] {
    return [...this.#earlier, ...(this.#gateway?.logs ?? [])];
  }

  async start(): Promise<void> {
    const data = join(this.#folder, 'data');
    mkdirSync(data, { recursive: true });
    this.#gateway = await Gateway.start({
      demoUsers: 0,
      port: this.port,
      folder: data,
      settings: {
        CONFIG: this.#config,
        MEDIA_PUBLIC_ADDRESS: '127.0.0.1',
        MEDIA_PORT_MIN: String(this.#mediaPort),
        MEDIA_PORT_MAX: String(this.#mediaPort),
      },
    });
  }

  /** As a crash of the machine: the process and all that it started. */
  async kill(): Promise<void> {
    const { gateway } = this;
    const all = treeFrom(gateway.pid ?? -1);
    await gateway.kill();
    signal(all, 'SIGKILL');
    this.#ended();
  }

  freeze(): void {
    signal(treeFrom(this.gateway.pid ?? -1), 'SIGSTOP');
  }

  thaw(): void {
    signal(treeFrom(this.gateway.pid ?? -1), 'SIGCONT');
  }

  /** Asks it to end and returns its exit code: it drains, as long as `drain` of its configuration says. */
  async drain(): Promise<string> {
    const { gateway } = this;
    gateway.terminate();
    const code = await gateway.ended;
    this.#ended();
    return code;
  }

  async stop(): Promise<void> {
    if (this.#gateway !== null) {
      this.thaw();
      await this.#gateway.stop();
      this.#ended();
    }
  }

  #ended(): void {
    this.#earlier.push(...(this.#gateway?.logs ?? []));
    this.#gateway = null;
  }
}
