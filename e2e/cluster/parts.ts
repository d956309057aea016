import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../lib/ports.ts';
import { Daemon, say } from './daemon.ts';

/** The address of something that was started on loopback, and how to stop, freeze and start it. */
export interface Part {
  readonly port: number;
  readonly daemon: Daemon;
}

/** @param folder its own */
export async function startRedis(folder: string): Promise<Part & { readonly url: string }> {
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const daemon = await Daemon.start({
    name: 'redis',
    program: '/usr/bin/redis-server',
    args: [...args, '--dir', folder],
    folder,
    answers: async () => (await say(port, 'PING\r\n')).startsWith('+PONG'),
  });
  return { port, daemon, url: `redis://127.0.0.1:${String(port)}` };
}

/** One more on loopback, with media ports of its own. */
export async function startRtpengine(folder: string, index: number): Promise<Part> {
  const [port, cli] = [await freePort(), await freePort()];
  mkdirSync(folder, { recursive: true });
  const first = 40_000 + 1_000 * index;
  const daemon = await Daemon.start({
    name: `rtpengine-${String(index + 1)}`,
    program: '/usr/bin/rtpengine',
    args: [
      ...['--foreground', '--config-file=none', '--table=-1', '--log-stderr', '--log-level=5'],
      ...['--interface=127.0.0.1', `--listen-ng=127.0.0.1:${String(port)}`],
      `--listen-cli=127.0.0.1:${String(cli)}`,
      ...[`--port-min=${String(first)}`, `--port-max=${String(first + 999)}`],
    ],
    folder,
    answers: () => answersPing(port),
  });
  return { port, daemon };
}

async function answersPing(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.send(`${randomUUID()} d7:command4:pinge`, port, '127.0.0.1');
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(300) })) as [
      Buffer,
    ];
    return answer.toString().includes('4:pong');
  } finally {
    socket.close();
  }
}

/** PostgreSQL does not run as root: then as the user whom its package made. */
export async function startPostgres(folder: string): Promise<Part & { readonly url: string }> {
  const port = await freePort();
  const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  const bin = join('/usr/lib/postgresql', versions[0] ?? '', 'bin');
  const data = join(folder, 'data');
  mkdirSync(folder, { recursive: true });
  const isRoot = process.getuid?.() === 0;
  // The signal of a parent's death is lost with a change of user, so it is asked for after that.
  const as = isRoot
    ? ['--pdeathsig', 'TERM', '--reuid=postgres', '--regid=postgres', '--init-groups']
    : ['--pdeathsig', 'TERM'];
  const setpriv = '/usr/bin/setpriv';
  if (isRoot) {
    const id = (kind: string) => Number(execFileSync('id', [kind, 'postgres']).toString());
    chownSync(folder, id('-u'), id('-g'));
  }
  const init = ['-D', data, '-U', 'offhook', '--auth=trust', '--no-sync', '--encoding=UTF8'];
  execFileSync(setpriv, [...as, join(bin, 'initdb'), ...init, '--locale=C'], {
    cwd: '/',
    stdio: 'ignore',
  });
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const ask = ['-h', '127.0.0.1', '-p', String(port), '-U', 'offhook', '-d', 'postgres', '-q'];
  const daemon = await Daemon.start({
    name: 'postgres',
    program: setpriv,
    args: [...as, join(bin, 'postgres'), '-D', data, '-p', String(port), ...flags],
    folder,
    answers: () => {
      execFileSync(join(bin, 'pg_isready'), ask, { stdio: 'ignore' });
      return Promise.resolve(true);
    },
  });
  execFileSync(join(bin, 'createdb'), [...ask.slice(0, 6), 'offhook'], { stdio: 'ignore' });
  return { port, daemon, url: `postgres://offhook@127.0.0.1:${String(port)}/offhook` };
}

export interface Server {
  readonly name: string;
  readonly port: number;
}

/** HAProxy, with the configuration that `offhook edge haproxy` writes. */
export async function startHaproxy(
  folder: string,
  gateways: readonly Server[],
  secret: string,
): Promise<Part> {
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const [file, secretFile] = [join(folder, 'haproxy.cfg'), join(folder, 'secret')];
  writeFileSync(secretFile, secret);
  chmodSync(secretFile, 0o600);
  execFileSync(process.execPath, [
    ...['--conditions=offhook-source', '--disable-warning=ExperimentalWarning', offhook],
    ...['edge', 'haproxy', '--out', file, '--listen', '127.0.0.1', '--port', String(port)],
    ...['--secret-file', secretFile, '--stats-socket', join(folder, 'stats.sock')],
    // As many as a test needs, all of one address.
    ...['--max-connections', '5000', '--connections-per-address', '4000'],
    ...['--requests-per-second', '2000'],
    ...gateways.flatMap((each) => ['--gateway', `${each.name}=127.0.0.1:${String(each.port)}`]),
  ]);
  const daemon = await Daemon.start({
    name: 'haproxy',
    program: '/usr/sbin/haproxy',
    args: ['-db', '-f', file],
    folder,
    answers: async () => (await fetch(`http://127.0.0.1:${String(port)}/healthz`)).ok,
  });
  return { port, daemon };
}

const offhook = fileURLToPath(
  new URL('../../packages/gateway/src/cli/offhook.ts', import.meta.url),
);
