import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = join(root, 'packages/gateway/src/cli/offhook.ts');
const execute = promisify(execFile);
/** For one that hangs. To start takes some 2 s of CPU time, which on a machine with 40 programs that want it are 30 s and more. */
const START_MS = 45_000;
const STOP_MS = 10_000;

export interface GatewayOptions {
  /** Demo users 1001, 1002, ...; 0 starts without demo mode. Default 4. */
  readonly demoUsers?: number;
  /** Settings as environment variables, without the OFFHOOK_ prefix. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: a free one. */
  readonly port?: number;
  /** A data folder that outlives this process; the caller removes it. */
  readonly folder?: string;
  /** A file with a certificate that it trusts beside those of the system. */
  readonly trusts?: string;
}

/** A real gateway, from its sources, in a process and a data folder of its own. */
export class Gateway {
  readonly port: number;
  readonly logs: string[] = [];
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #keepsFolder: boolean;
  /** What the schemes of its addresses end in. */
  readonly #secure: 's' | '';
  readonly #ended: Promise<string>;
  #stopping = false;

  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const gateway = new Gateway(options.port ?? (await freePort()), options);
    await gateway.#ready();
    return gateway;
  }

  private constructor(port: number, options: GatewayOptions) {
    const { demoUsers = 4, settings = {}, folder } = options;
    this.port = port;
    this.#secure = settings['TLS_CERT'] === undefined ? '' : 's';
    this.#keepsFolder = folder !== undefined;
    this.#folder = folder ?? mkdtempSync(join(tmpdir(), 'offhook-e2e-'));
    const demo = demoUsers > 0 ? ['--demo'] : [];
    this.#process = spawn(process.execPath, [...flags, ...endsWithUs, command, 'serve', ...demo], {
      cwd: root,
      env: {
        ...withoutSettings(process.env),
        ...(options.trusts === undefined ? {} : { NODE_EXTRA_CA_CERTS: options.trusts }),
        OFFHOOK_PORT: String(port),
        OFFHOOK_HOST: '127.0.0.1',
        OFFHOOK_LOG_LEVEL: 'info',
        OFFHOOK_MEDIA_BIND: '127.0.0.1',
        OFFHOOK_MEDIA_WORKERS: '1',
        OFFHOOK_LIMITS_LOGIN_SECONDS: '4',
        ...(demoUsers > 0
          ? { OFFHOOK_DEMO_USERS: String(demoUsers) }
          : { OFFHOOK_DATA_DIR: this.#folder }),
        ...mediaNodes(process.env['E2E_MEDIA_NODES']),
        ...prefixed(settings),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream) {
        createInterface({ input: stream }).on('line', (line) => this.logs.push(line));
      }
    }
    this.#ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(error.message));
      this.#process.once('exit', (code, signal) => resolve(String(code ?? signal)));
    });
  }

  get url(): string {
    return `http${this.#secure}://127.0.0.1:${String(this.port)}`;
  }

  /** What the SDKs take as `host`. */
  get host(): string {
    return `ws${this.#secure}://127.0.0.1:${String(this.port)}`;
  }

  get dataFolder(): string {
    return this.#folder;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** A login token of a demo user. */
  async token(user: string): Promise<string> {
    const response = await fetch(`${this.url}/demo/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.url },
      body: JSON.stringify({ user }),
    });
    if (!response.ok) {
      throw new Error(`No token for ${user}: ${String(response.status)}`);
    }
    const { login_token: token } = (await response.json()) as { login_token: string };
    return token;
  }

  /** The password that the demo made for a user and printed when it was ready. */
  password(user: string): string {
    const line = this.logs.map((text) => /user (\S+)\s+password (\S+)/.exec(text));
    const password = line.find((match) => match?.[1] === user)?.[2];
    if (password === undefined) {
      throw new Error(`The gateway printed no password of ${user}.`);
    }
    return password;
  }

  /** Adds a user by the command line, as an operator does, and returns the password it made. */
  async addUser(name: string, ...options: string[]): Promise<string> {
    const stdout = await this.offhook('user', 'add', name, '--generate', ...options);
    const password = /with password (\S+)/.exec(stdout)?.[1];
    if (password === undefined) {
      throw new Error(`No password in: ${stdout}`);
    }
    return password;
  }

  /** What a command prints that runs beside the gateway, in its data folder. */
  async offhook(...args: string[]): Promise<string> {
    const all = [...flags, command, ...args, '--data-dir', this.#folder];
    return (await execute(process.execPath, all)).stdout;
  }

  /** Sum of a metric over its labels. */
  async metric(name: string): Promise<number> {
    const metrics = await text(await this.#get('/metrics'));
    const lines = metrics.split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** Log lines that must never be there: the gateway's own mistakes. */
  get errors(): string[] {
    return this.logs.filter((line) => /"level":"(error|fatal)"/.test(line) || /^\s+at /.test(line));
  }

  /** Undefined while it runs. */
  get exited(): boolean {
    return (
      !this.#stopping && (this.#process.exitCode !== null || this.#process.signalCode !== null)
    );
  }

  /** Asks it to end, and returns its exit code. */
  async stop(): Promise<string> {
    this.#stopping = true;
    this.#process.kill('SIGTERM');
    const late = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    const code = await this.#ended;
    clearTimeout(late);
    this.#clean();
    return code;
  }

  /** Asks it to end, without waiting; see {@link ended}. */
  terminate(): void {
    this.#stopping = true;
    this.#process.kill('SIGTERM');
  }

  /** As a crash: no good-byes. */
  async kill(): Promise<void> {
    this.#stopping = true;
    this.#process.kill('SIGKILL');
    await this.#ended;
    this.#clean();
  }

  /** Its exit code, or the signal that ended it. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  #clean(): void {
    if (!this.#keepsFolder) {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  /** Whoever made its certificate. */
  async #get(path: string): Promise<IncomingMessage> {
    const ask = this.#secure === '' ? requestPlain : requestSecure;
    const asking = ask(`${this.url}${path}`, { rejectUnauthorized: false, agent: false });
    asking.end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    return response;
  }

  async #ready(): Promise<void> {
    const until = Date.now() + START_MS;
    while (Date.now() < until && !this.exited) {
      const response = await this.#get('/healthz').catch(() => undefined);
      response?.resume();
      if (response?.statusCode === 200) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await this.stop();
    throw new Error(`The gateway did not start:\n${this.logs.join('\n')}`);
  }
}

const endsWithUs = ['--import', join(root, 'scripts/lib/end-with-parent.mjs')];
const flags = ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'];

const prefixed = (settings: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [`OFFHOOK_${name}`, value]));

/** What the surroundings set for another gateway is not for this one. */
/** With rtpengines, as JSON, every gateway uses them: see scripts/e2e-rtpengine.mjs. */
const mediaNodes = (nodes: string | undefined): Record<string, string> =>
  nodes === undefined ? {} : { OFFHOOK_MEDIA_PLANE: 'rtpengine', OFFHOOK_MEDIA_NODES: nodes };

const withoutSettings = (environment: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('OFFHOOK_')));
