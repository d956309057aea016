import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadUsers } from '../../packages/gateway/src/load/credentials.ts';
import type { LoadUser } from '../../packages/gateway/src/load/credentials.ts';
import { Child } from './child.ts';

export interface BenchGatewayOptions {
  /** False: signalling alone. */
  readonly media: boolean;
  readonly workers?: number;
  /** Of the configuration, beside those of servers/gateway.ts. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of Node. */
  readonly flags?: readonly string[];
}

/** A gateway process, and tokens for as many users as anybody wants. */
export class BenchGateway {
  readonly #folder = mkdtempSync(join(tmpdir(), 'offhook-bench-'));
  readonly #secret = randomBytes(32).toString('hex');
  readonly #options: BenchGatewayOptions;
  #child: Child | null = null;
  #users = 0;

  static async start(options: BenchGatewayOptions): Promise<BenchGateway> {
    const gateway = new BenchGateway(options);
    await gateway.#start(0);
    return gateway;
  }

  private constructor(options: BenchGatewayOptions) {
    this.#options = options;
    writeFileSync(join(this.#folder, 'secret'), this.#secret, { mode: 0o600 });
  }

  get process(): Child {
    if (this.#child === null) {
      throw new Error('The gateway does not run.');
    }
    return this.#child;
  }

  get url(): URL {
    return this.process.url;
  }

  /** Users that nobody had before, each with a token that the gateway has not seen. */
  async users(count: number): Promise<LoadUser[]> {
    const prefix = `bench-${(this.#users += 1)}-`;
    const source = { jwtSecretFile: join(this.#folder, 'secret') };
    return loadUsers(this.url, source, count, prefix);
  }

  async token(): Promise<{ readonly name: string; readonly loginToken: string }> {
    const [user] = await this.users(1);
    if (user === undefined || !('loginToken' in user)) {
      throw new Error('no token');
    }
    return user;
  }

  /** As after a crash: killed, and started again on the same port with the same data. */
  async crash(): Promise<void> {
    await this.process.stop('SIGKILL');
  }

  async restart(port: number): Promise<void> {
    await this.#start(port);
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
    this.#child = null;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(port: number): Promise<void> {
    const { media, workers, flags, settings } = this.#options;
    this.#child = await Child.start(
      'gateway.ts',
      { port, secret: this.#secret, dataDir: this.#folder, media, workers, settings },
      flags,
    );
  }
}
