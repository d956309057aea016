import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { freePort } from './ports.ts';

const START_MS = 10_000;
const binary = process.env['OFFHOOK_TURNSERVER'] ?? '/usr/bin/turnserver';

/** A real TURN server (Debian's coturn) on loopback, for one test. */
export class Coturn {
  readonly port: number;
  readonly username = 'ann';
  readonly credential = 'relay-me';
  readonly log: string[] = [];
  readonly #process: ChildProcess;

  static async start(): Promise<Coturn> {
    const coturn = new Coturn(await freePort());
    await coturn.#ready();
    return coturn;
  }

  private constructor(port: number) {
    this.port = port;
    this.#process = spawn(
      binary,
      [
        '-n',
        '--lt-cred-mech',
        '--fingerprint',
        '--listening-ip=127.0.0.1',
        '--relay-ip=127.0.0.1',
        `--listening-port=${String(port)}`,
        '--no-tls',
        '--no-dtls',
        '--no-cli',
        `--user=${this.username}:${this.credential}`,
        '--realm=offhook.test',
        '--allow-loopback-peers',
        '--min-port=34000',
        '--max-port=35000',
        '--log-file=stdout',
        '--verbose',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream) {
        createInterface({ input: stream }).on('line', (line) => this.log.push(line));
      }
    }
  }

  get server(): RTCIceServer {
    return {
      urls: `turn:127.0.0.1:${String(this.port)}?transport=udp`,
      username: this.username,
      credential: this.credential,
    };
  }

  /** Relayed addresses that clients were given since the start. */
  get allocations(): number {
    return this.log.filter((line) => /ALLOCATE processed, success/i.test(line)).length;
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** It dies without a word to anybody. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
      return;
    }
    this.#process.kill(signal);
    await once(this.#process, 'exit');
  }

  /** Answers a STUN binding request. */
  async #ready(): Promise<void> {
    const until = Date.now() + START_MS;
    while (Date.now() < until && this.#process.exitCode === null) {
      if (await answersStun(this.port)) {
        return;
      }
    }
    await this.stop();
    throw new Error(`coturn did not start:\n${this.log.join('\n')}`);
  }
}

async function answersStun(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const request = Buffer.alloc(20);
  request.writeUInt16BE(0x0001, 0);
  request.writeUInt32BE(0x2112a442, 4);
  try {
    socket.send(request, port, '127.0.0.1');
    await once(socket, 'message', { signal: AbortSignal.timeout(200) });
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
