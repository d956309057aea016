import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Child } from './child.ts';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const offhook = [
  '--conditions=offhook-source',
  '--disable-warning=ExperimentalWarning',
  join(root, 'packages/gateway/src/cli/offhook.ts'),
];
const START_MS = 15_000;

export interface KamailioOptions {
  readonly port: number;
  /** SIP ports of gateways on loopback. */
  readonly gateways: readonly number[];
  /** Passwords by name. */
  readonly phones: Readonly<Record<string, string>>;
}

/** Debian's Kamailio on loopback, with the configuration that `offhook sip kamailio` writes. Needs no rights. */
export class Kamailio {
  static readonly domain = 'sip.example';
  readonly port: number;
  readonly #folder: string;
  readonly #child: Child;

  static async start(options: KamailioOptions): Promise<Kamailio> {
    const folder = mkdtempSync(join(tmpdir(), 'offhook-kamailio-'));
    const phones = join(folder, 'phones.json');
    writeFileSync(phones, JSON.stringify(options.phones));
    const gateways = options.gateways.flatMap((port) => ['--gateway', `127.0.0.1:${String(port)}`]);
    await execute(process.execPath, [
      ...offhook,
      ...['sip', 'kamailio', '--out', folder, '--listen', '127.0.0.1', '--domain', Kamailio.domain],
      ...['--port', String(options.port), '--phones', phones, ...gateways],
    ]);
    const kamailio = new Kamailio(options.port, folder);
    await kamailio.#ready();
    return kamailio;
  }

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    const file = join(folder, 'kamailio.cfg');
    this.#child = new Child(
      '/usr/sbin/kamailio',
      ['-DD', '-E', '-f', file, '-Y', folder, '-m', '32', '-M', '8'],
      folder,
    );
  }

  get log(): readonly string[] {
    return this.#child.log;
  }

  async stop(): Promise<void> {
    await this.#child.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const until = Date.now() + START_MS;
    while (Date.now() < until && this.#child.runs) {
      if (await answersOptions(this.port)) {
        return;
      }
    }
    await this.stop();
    throw new Error(`Kamailio did not start:\n${this.log.join('\n')}`);
  }
}

async function answersOptions(port: number): Promise<boolean> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  try {
    await once(socket, 'listening');
    const own = `127.0.0.1:${String(socket.address().port)}`;
    const lines = [
      `OPTIONS sip:127.0.0.1:${String(port)} SIP/2.0`,
      `Via: SIP/2.0/UDP ${own};rport;branch=z9hG4bK${String(Date.now())}`,
      `From: <sip:test@${own}>;tag=t`,
      `To: <sip:127.0.0.1:${String(port)}>`,
      `Call-ID: ready-${String(Date.now())}`,
      'CSeq: 1 OPTIONS',
      'Max-Forwards: 70',
      'Content-Length: 0',
    ];
    socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, '127.0.0.1');
    await once(socket, 'message', { signal: AbortSignal.timeout(300) });
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
