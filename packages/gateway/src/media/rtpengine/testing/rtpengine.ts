import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { freeTcpPort } from '../../../testing/free-tcp-port.ts';
import { NgClient } from '../ng-client.ts';
import type { NgAddress } from '../ng-client.ts';

/** An rtpengine of a test, on loopback, without a kernel module. */
export class TestRtpengine {
  readonly ng: NgAddress;
  readonly #child: ChildProcess;

  private constructor(ng: NgAddress, child: ChildProcess) {
    this.ng = ng;
    this.#child = child;
  }

  /**
   * @param firstPort of its thousand media ports
   * @param ngPort default: a free one
   */
  static async start(firstPort: number, ngPort?: number): Promise<TestRtpengine> {
    const ng = { address: '127.0.0.1', port: ngPort ?? (await freePort()) };
    const child = spawn(
      '/usr/bin/rtpengine',
      [
        '--config-file=none',
        '--foreground',
        '--table=-1',
        '--interface=lo/127.0.0.1',
        `--listen-ng=127.0.0.1:${String(ng.port)}`,
        `--listen-cli=127.0.0.1:${String(await freeTcpPort())}`,
        `--port-min=${String(firstPort)}`,
        `--port-max=${String(firstPort + 999)}`,
        // With more, packets that come close together leave in another order.
        '--num-threads=1',
        '--log-stderr',
        '--log-level=4',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let log = '';
    child.stderr.on('data', (data: Buffer) => {
      log = (log + data.toString()).slice(-4_000);
    });
    const ended = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        reject(new Error(`rtpengine ended with code ${String(code)}: ${log}`));
      });
    });
    ended.catch(() => {});
    const client = await NgClient.open(ng, { heard: () => {}, resent: () => {} });
    try {
      await Promise.race([answers(client), ended]);
    } finally {
      client.close();
    }
    return new TestRtpengine(ng, child);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      return;
    }
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}

async function answers(client: NgClient): Promise<void> {
  for (let tries = 0; tries < 6; tries += 1) {
    try {
      await client.request('ping');
      return;
    } catch {
      // It is still starting.
    }
  }
  throw new Error('rtpengine does not answer');
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  const port = await new Promise<number>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      resolve(socket.address().port);
    });
  });
  await new Promise<void>((resolve) => {
    socket.close(resolve);
  });
  return port;
}
