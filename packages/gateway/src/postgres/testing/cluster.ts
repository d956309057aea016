import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { freeTcpPort } from '../../testing/free-tcp-port.ts';
import type { PostgresSettings } from '../database.ts';

const ROOT = '/usr/lib/postgresql';
const START_MS = 60_000;

/** Of the newest one of Debian that is there. */
function binaries(): string {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).map(Number) : [];
  const newest = Math.max(...versions.filter((each) => !Number.isNaN(each)));
  const folder = join(ROOT, String(newest), 'bin');
  if (!existsSync(join(folder, 'initdb'))) {
    throw new Error('PostgreSQL is missing: npm test installs it');
  }
  return folder;
}

/** PostgreSQL refuses to run as root. */
function account(): { readonly uid: number; readonly gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) {
    return {};
  }
  const idOf = (kind: string): number =>
    Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** A PostgreSQL of the test's own, with its files and its socket in a temporary folder; reached by that socket only, unless it is told to listen. */
export class Cluster {
  readonly folder: string;
  readonly #as = account();
  #server: ChildProcess | null = null;
  #port = 5432;
  #network: readonly string[] = ['-c', 'listen_addresses='];

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'offhook-pg-'));
    chmodSync(this.folder, 0o755);
    if (this.#as.uid !== undefined) {
      chownSync(this.folder, this.#as.uid, this.#as.gid);
    }
  }

  static async start(): Promise<Cluster> {
    const cluster = new Cluster();
    const data = join(cluster.folder, 'data');
    execFileSync(
      join(binaries(), 'initdb'),
      ['-D', data, '-U', 'offhook', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
      { ...cluster.#as, stdio: 'pipe', cwd: cluster.folder },
    );
    await cluster.resume();
    return cluster;
  }

  /** An empty database. */
  async database(): Promise<PostgresSettings> {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    await this.#query(`CREATE DATABASE ${name}`);
    return this.settings(name);
  }

  settings(name: string): PostgresSettings {
    const url = `postgres:///${name}?host=${encodeURIComponent(this.folder)}&user=offhook`;
    return { url, pool: 4 };
  }

  /** From now on it is reached at a port of 127.0.0.1 too, by TLS. @returns the port */
  async listen({ cert, key }: { readonly cert: string; readonly key: string }): Promise<number> {
    const paths = [join(this.folder, 'server.crt'), join(this.folder, 'server.key')] as const;
    for (const [index, text] of [cert, key].entries()) {
      const path = paths[index] ?? '';
      writeFileSync(path, text, { mode: 0o600 });
      if (this.#as.uid !== undefined) {
        chownSync(path, this.#as.uid, this.#as.gid);
      }
    }
    await this.#end('SIGINT');
    this.#port = await freeTcpPort();
    this.#network = [
      ...['-c', 'listen_addresses=127.0.0.1', '-p', String(this.#port), '-c', 'ssl=on'],
      ...['-c', `ssl_cert_file=${paths[0]}`, '-c', `ssl_key_file=${paths[1]}`],
    ];
    await this.resume();
    return this.#port;
  }

  /** It dies at once, as by `kill -9`. */
  async kill(): Promise<void> {
    await this.#end('SIGQUIT');
  }

  /** It is there again, with what it had. */
  async resume(): Promise<void> {
    const { folder } = this;
    const server = spawn(
      join(binaries(), 'postgres'),
      [
        ...['-D', join(folder, 'data'), '-k', folder],
        ...this.#network,
        ...['-c', 'fsync=off', '-c', 'max_connections=60'],
      ],
      { ...this.#as, stdio: 'ignore', cwd: folder },
    );
    this.#server = server;
    const until = Date.now() + START_MS;
    for (;;) {
      try {
        await this.#query('SELECT 1');
        return;
      } catch (error) {
        if (Date.now() > until || server.exitCode !== null) {
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Frozen: it is there and answers nothing. Its parent alone is not enough. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    const parent = this.#server?.pid;
    if (parent === undefined) {
      return;
    }
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent)], {
      encoding: 'utf8',
    });
    for (const pid of [parent, ...children.trim().split(/\s+/).map(Number)]) {
      process.kill(pid, name);
    }
  }

  async stop(): Promise<void> {
    await this.#end('SIGINT');
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server?.exitCode !== null) {
      return;
    }
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await gone;
  }

  async #query(sql: string): Promise<void> {
    const client = new pg.Client({
      host: this.folder,
      port: this.#port,
      database: 'postgres',
      user: 'offhook',
      connectionTimeoutMillis: 5000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}
