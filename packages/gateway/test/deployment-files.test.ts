import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const container = join(repository, 'deploy/container');
const read = (name: string): string => readFileSync(join(repository, name), 'utf8');
const manual = read('docs/operations.md');
const containerfile = read('deploy/container/Containerfile');
const RTPENGINE = '/usr/bin/rtpengine';

let folder: string;
const cleanups: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-deployment-'));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
  rmSync(folder, { recursive: true, force: true });
});

const texts = v.array(v.pipe(v.string(), v.nonEmpty()));
const portMapping = v.pipe(v.string(), v.regex(/^\d+(-\d+)?:\d+(-\d+)?\/(tcp|udp)$/));
const Service = v.strictObject({
  build: v.strictObject({ context: v.string(), dockerfile: v.string() }),
  image: v.string(),
  environment: v.record(v.string(), v.string()),
  ports: v.array(portMapping),
  volumes: v.array(v.pipe(v.string(), v.regex(/^[a-z]+:\/\S+$/))),
  secrets: texts,
  user: v.pipe(v.string(), v.regex(/^[1-9]\d*$/)),
  read_only: v.literal(true),
  tmpfs: texts,
  cap_drop: v.tuple([v.literal('ALL')]),
  security_opt: v.tuple([v.literal('no-new-privileges:true')]),
  ulimits: v.strictObject({ nofile: v.strictObject({ soft: v.number(), hard: v.number() }) }),
  stop_signal: v.literal('SIGTERM'),
  stop_grace_period: v.pipe(v.string(), v.regex(/^\d+s$/)),
  restart: v.picklist(['unless-stopped', 'always']),
});
/**
 * The part of the compose specification that our file uses, in its names and forms. Smaller than the specification on purpose: it
 * also holds what we promise (an account without rights, a root that is read only), and a word that is not here is a mistake.
 */
const Compose = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9_-]*$/)),
  services: v.strictObject({ gateway: Service }),
  volumes: v.record(v.string(), v.strictObject({})),
  secrets: v.record(v.string(), v.strictObject({ file: v.string() })),
});

const composed = v.parse(Compose, JSON.parse(read('deploy/container/small.json')));
const { gateway } = composed.services;

/** `ENV` of the image, then `environment` of the service with what an operator gives. */
function environmentOf(given: Readonly<Record<string, string>>): Record<string, string> {
  const image = [...(/^ENV (.+)$/m.exec(containerfile)?.[1] ?? '').split(' ')].map((pair) =>
    pair.split('='),
  );
  const service = Object.entries(gateway.environment).map(([name, value]) => [
    name,
    value.replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_, asked: string) => given[asked] ?? ''),
  ]);
  return Object.fromEntries([...image, ...service]) as Record<string, string>;
}

async function exitCodeOf(env: Record<string, string>): Promise<number | null> {
  const child = spawn(process.execPath, [join(container, 'health.mjs')], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: 'ignore',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

describe('deploy/container', () => {
  it('gives the gateway settings that it takes, and as long to drain as they ask for', () => {
    const config = loadConfig({
      environment: environmentOf({
        OFFHOOK_NAME: 'phone.example.com',
        OFFHOOK_ADDRESS: '203.0.113.7',
      }),
    });
    expect(config).toMatchObject({
      host: '0.0.0.0',
      publicUrl: 'https://phone.example.com',
      media: { publicAddress: ['203.0.113.7'] },
    });
    const grace = Number.parseInt(gateway.stop_grace_period, 10);
    expect(grace).toBeGreaterThan(config.drain.callSeconds + config.drain.idleSeconds);
    expect(gateway.ulimits.nofile.soft).toBeGreaterThanOrEqual(config.limits.connections + 2000);
    const { portMin, portMax } = config.media;
    const range = `${String(portMin)}-${String(portMax)}`;
    expect(gateway.ports).toEqual([`443:${String(config.port)}/tcp`, `${range}:${range}/udp`]);
    expect(gateway.volumes).toEqual([`data:${config.dataDir}`]);
  });

  it('names only files that are there, or that the manual says how to make; git keeps out the latter', () => {
    expect(existsSync(join(container, gateway.build.context, gateway.build.dockerfile))).toBe(true);
    expect(Object.keys(composed.volumes)).toEqual(['data']);
    expect(Object.keys(composed.secrets).sort()).toEqual([...gateway.secrets].sort());
    for (const name of gateway.secrets) {
      expect(Object.values(gateway.environment)).toContain(`/run/secrets/${name}`);
    }
    const ignored = read('.gitignore').split('\n');
    expect(ignored).toContain('deploy/container/private/');
    expect(ignored).toContain('deploy/container/tarballs/');
    for (const { file } of Object.values(composed.secrets)) {
      expect(file).toMatch(/^\.\/private\/\w+$/);
      expect(manual).toContain(`private/${basename(file)}`);
    }
  });

  it('the image runs as the account of the file, with no secret in it and a signal that drains', () => {
    expect(containerfile).toMatch(new RegExp(`^USER ${gateway.user}$`, 'm'));
    expect(containerfile).toContain(`--uid ${gateway.user} `);
    expect(containerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(containerfile).toMatch(/^HEALTHCHECK .+ CMD \["node", "\/opt\/offhook\/health.mjs"\]$/m);
    expect(containerfile).not.toMatch(/private|SECRET|PASSWORD|TOKEN/);
    const copied = [...containerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from]) =>
      (from ?? '').split(' '),
    );
    expect(copied.filter((name) => !name.startsWith('tarballs/'))).toEqual(['health.mjs']);
  });

  it.each([
    [200, 0],
    [503, 0],
    [500, 1],
  ])('a gateway that answers %i makes the health check end with %i', async (status, code) => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/healthz' ? status : 404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    expect(await exitCodeOf({ OFFHOOK_PORT: String(port) })).toBe(code);
    // It speaks TLS to a gateway that has a certificate, and this one has none.
    expect(await exitCodeOf({ OFFHOOK_PORT: String(port), OFFHOOK_TLS_CERT: '/a' })).toBe(1);
  });
});

describe('deploy/systemd and deploy/sysctl', () => {
  const dropIn = read('deploy/systemd/rtpengine-daemon.conf');
  const command = /^ExecStart=(\/.+)$/m.exec(dropIn)?.[1] ?? '';

  it('ports of media are none that the system hands out', () => {
    const sysctl = read('deploy/sysctl/60-offhook.conf');
    const { portMin, portMax } = loadConfig().media;
    const [low, high] = ['min', 'max'].map((end) =>
      String(new RegExp(`--port-${end}=(\\d+)`).exec(command)?.[1]),
    );
    expect(sysctl).toContain(
      `ip_local_reserved_ports = ${String(portMin)}-${String(portMax)},${String(low)}-${String(high)}\n`,
    );
    for (const line of sysctl.split('\n').filter((text) => /^[^#]/.test(text))) {
      const [name = ''] = line.split(' ');
      expect(existsSync(join('/proc/sys', name.replaceAll('.', '/'))), name).toBe(true);
    }
  });

  it('systemd takes the drop-in of rtpengine', (context) => {
    const unit = '/lib/systemd/system/rtpengine-daemon.service';
    if (!existsSync('/usr/bin/systemd-analyze') || !existsSync(unit)) {
      context.skip('systemd or rtpengine is not here');
    }
    const copy = join(folder, 'rtpengine-daemon.service');
    copyFileSync(unit, copy);
    mkdirSync(`${copy}.d`);
    /** What it complains of, whatever its exit code. */
    const complaints = (text: string): string => {
      writeFileSync(join(`${copy}.d`, 'offhook.conf'), text);
      const { stdout, stderr, error } = spawnSync('systemd-analyze', ['verify', '--man=no', copy], {
        encoding: 'utf8',
        env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` },
      });
      expect(error).toBeUndefined();
      return stdout + stderr;
    };
    expect(complaints(`${dropIn}NoSuchWord=yes\n`)).toContain('NoSuchWord');
    expect(complaints(dropIn)).toBe('');
  });

  it('rtpengine starts by the command of the drop-in, and answers at its ng port', async (context) => {
    if (!existsSync(RTPENGINE)) {
      context.skip('rtpengine is not here');
    }
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    cleanups.push(
      () =>
        new Promise<void>((resolve) =>
          socket.close(() => {
            resolve();
          }),
        ),
    );
    const spare = createSocket('udp4').bind(0, '127.0.0.1');
    await once(spare, 'listening');
    const { port } = spare.address();
    spare.close();
    await once(spare, 'close');
    const [program = '', ...args] = command
      .replace('203.0.113.5', '127.0.0.1')
      .replace('10.0.0.5:2223', `127.0.0.1:${String(port)}`)
      .split(' ');
    const child = spawn(program, args, { stdio: 'ignore' });
    const ended = once(child, 'exit');
    cleanups.push(() => {
      child.kill('SIGKILL');
      return ended;
    });
    let answer = '';
    socket.on('message', (message) => (answer = message.toString()));
    await expect
      .poll(() => {
        socket.send('1 d7:command4:pinge', port, '127.0.0.1');
        return answer;
      })
      .toBe('1 d6:result4:ponge');
  });
});
