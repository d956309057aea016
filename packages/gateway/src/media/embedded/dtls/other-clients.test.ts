import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DtlsServer } from '../testing/dtls-server.ts';
import { TestDtlsClient } from '../testing/dtls-client.ts';
import { createCertificate } from './certificate.ts';
import type { Fingerprint } from './certificate.ts';
import type { SrtpKeying } from './keys.ts';

/**
 * Other people's DTLS against ours: OpenSSL and GnuTLS as programs, over real sockets. Both print the keys that RFC 5764 exports, so it is seen
 * that both ends have the same ones. `npm test` installs them where it may; elsewhere what is missing is left out.
 */
const PROGRAMS = { openssl: '/usr/bin/openssl', gnutls: '/usr/bin/gnutls-cli' } as const;
const LABEL = 'EXTRACTOR-dtls_srtp';
const KEYS = ['P-256', 'P-384', 'RSA'] as const;
type KeyKind = (typeof KEYS)[number];

interface Identity {
  readonly certificate: string;
  readonly key: string;
  readonly fingerprint: Fingerprint;
}

const folder = mkdtempSync(join(tmpdir(), 'offhook-dtls-'));
const identities = new Map<string, Identity>();

function identity(kind: KeyKind, name: string = kind): Identity {
  const known = identities.get(name);
  if (known) {
    return known;
  }
  const [certificate, key] = [join(folder, `${name}.crt`), join(folder, `${name}.pk`)];
  const algorithm = kind === 'RSA' ? ['rsa:2048'] : ['ec', '-pkeyopt', `ec_paramgen_curve:${kind}`];
  execFileSync(
    PROGRAMS.openssl,
    ['req', '-x509', '-nodes', '-newkey', ...algorithm, '-keyout', key, '-out', certificate].concat(
      ['-subj', '/CN=test', '-days', '2'],
    ),
    { stdio: 'ignore' },
  );
  const value = new X509Certificate(readFileSync(certificate)).fingerprint256;
  const made = { certificate, key, fingerprint: { algorithm: 'sha-256', value } };
  identities.set(name, made);
  return made;
}

type Program = keyof typeof PROGRAMS;

interface Client {
  readonly process: ChildProcessWithoutNullStreams;
  readonly output: () => string;
  /** Resolves with the match as soon as it has said this. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
}

interface ClientOptions {
  readonly identity?: Identity;
  readonly mtu?: number;
  readonly more?: readonly string[];
}

const ARGUMENTS: Readonly<
  Record<Program, (port: number, bytes: number, options: ClientOptions) => string[]>
> = {
  openssl: (port, bytes, { identity: mine, mtu, more = [] }) => [
    's_client',
    '-dtls1_2',
    '-timeout',
    ...['-connect', `127.0.0.1:${String(port)}`],
    ...['-use_srtp', bytes === 56 ? 'SRTP_AEAD_AES_128_GCM' : 'SRTP_AES128_CM_SHA1_80'],
    ...['-keymatexport', LABEL, '-keymatexportlen', String(bytes)],
    ...(mine ? ['-cert', mine.certificate, '-key', mine.key] : []),
    ...(mtu === undefined ? [] : ['-mtu', String(mtu)]),
    ...more,
  ],
  gnutls: (port, bytes, { identity: mine, mtu, more = [] }) => [
    '--udp',
    '--insecure',
    ...['--port', String(port)],
    '--srtp-profiles=SRTP_AES128_CM_HMAC_SHA1_80',
    '--priority=NORMAL:-VERS-ALL:+VERS-DTLS1.2',
    ...[`--keymatexport=${LABEL}`, `--keymatexportsize=${String(bytes)}`],
    ...(mine ? [`--x509certfile=${mine.certificate}`, `--x509keyfile=${mine.key}`] : []),
    ...(mtu === undefined ? [] : [`--mtu=${String(mtu)}`]),
    ...more,
    '127.0.0.1',
  ],
};

const running: (() => Promise<void>)[] = [];

function start(program: Program, args: readonly string[]): Client {
  const child = spawn(PROGRAMS[program], args);
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      for (const listener of listeners) {
        listener();
      }
    });
  }
  // What is said to a client that is gone.
  child.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  running.push(() => {
    child.kill('SIGKILL');
    return gone;
  });
  return {
    process: child,
    output: () => output,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match) {
            resolve(match);
          }
        };
        listeners.add(look);
        look();
        void gone.then(() => {
          reject(new Error(`It never said ${String(pattern)}:\n${output}`));
        });
      }),
  };
}

async function serve(announced: readonly Fingerprint[]) {
  const server = new DtlsServer(announced);
  running.push(() => server.close());
  return { server, port: await server.open() };
}

/** As RFC 5764, 4.2 exports them: both keys, then both salts, the client's first. */
function exported({ local, remote }: SrtpKeying): string {
  return Buffer.concat([remote.key, local.key, remote.salt, local.salt]).toString('hex');
}

function keyingOf(outcome: Awaited<DtlsServer['outcome']>): SrtpKeying {
  if ('failed' in outcome) {
    throw new Error(outcome.failed);
  }
  return outcome.connected;
}

const MATERIAL = /key(?:ing)? material: ([\da-f]{100,})/i;
const has = (program: Program): boolean =>
  existsSync(PROGRAMS.openssl) && existsSync(PROGRAMS[program]);

beforeAll(() => {
  if (has('openssl')) {
    for (const kind of KEYS) {
      identity(kind);
    }
  }
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((end) => end()));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.each(['openssl', 'gnutls'] as const)('%s against our end of DTLS', (program) => {
  /** GnuTLS 3.7 has no AES-GCM for SRTP. */
  const bytes = program === 'openssl' ? 56 : 60;
  // Debian's packages, which only root can install.
  const given = it.skipIf(!has(program));

  given.each(KEYS)('has the same keys with a certificate of %s', async (kind) => {
    const mine = identity(kind);
    const { server, port } = await serve([mine.fingerprint]);
    const client = start(program, ARGUMENTS[program](port, bytes, { identity: mine }));
    const keying = keyingOf(await server.outcome);
    const [, material = ''] = await client.says(MATERIAL);
    expect(material.toLowerCase()).toBe(exported(keying));
    if (program === 'openssl') {
      client.process.stdin.end('Q\n');
    } else {
      client.process.stdin.end();
    }
    await server.closed;
    expect(server.outcomes).toHaveLength(1);
  });

  given('comes through in datagrams of 300 bytes, in the wrong order', async () => {
    const mine = identity('RSA');
    const { server, port } = await serve([mine.fingerprint]);
    const waiting: Buffer[] = [];
    // The network holds what comes for a moment and hands it on the wrong way round.
    server.deliver = (data) => {
      if (waiting.length === 0) {
        setTimeout(() => {
          for (const each of waiting.splice(0).reverse()) {
            server.accept(each);
          }
        }, 20);
      }
      waiting.push(data);
    };
    const client = start(program, ARGUMENTS[program](port, bytes, { identity: mine, mtu: 300 }));
    const keying = keyingOf(await server.outcome);
    const [, material = ''] = await client.says(MATERIAL);
    expect(material.toLowerCase()).toBe(exported(keying));
    expect(Math.max(...server.received)).toBeLessThanOrEqual(300);
    expect(server.received.length).toBeGreaterThan(4);
  });

  given('is refused with another certificate than the one that was announced', async () => {
    const { server, port } = await serve([identity('P-256', 'another').fingerprint]);
    start(program, ARGUMENTS[program](port, bytes, { identity: identity('P-256') }));
    expect(await server.outcome).toEqual({ failed: expect.stringContaining('not the one') });
  });

  given('is refused without a certificate', async () => {
    const { server, port } = await serve([identity('P-256').fingerprint]);
    const client = start(program, ARGUMENTS[program](port, bytes, {}));
    expect(await server.outcome).toHaveProperty('failed');
    expect(client.output()).not.toMatch(MATERIAL);
  });

  given('is not given another handshake in the one that is there', async () => {
    const mine = identity('P-256');
    const { server, port } = await serve([mine.fingerprint]);
    const asked = new Promise<void>((resolve) => {
      let sealed = 0;
      server.deliver = (data) => {
        server.accept(data);
        // Sealed records of handshakes (RFC 6347, 4.1): the first one ended ours.
        if (data.includes(Buffer.from('16fefd0001', 'hex'))) {
          sealed += 1;
        }
        if (sealed > 1) {
          resolve();
        }
      };
    });
    const more = program === 'gnutls' ? ['--rehandshake'] : [];
    const client = start(program, ARGUMENTS[program](port, bytes, { identity: mine, more }));
    const keying = keyingOf(await server.outcome);
    if (program === 'openssl') {
      await client.says(MATERIAL);
      client.process.stdin.write('R\n');
    }
    await asked;
    expect(server.outcomes).toEqual([{ connected: keying }]);
  });
});

describe('a client of our own that does one thing wrong', () => {
  /** Everything up to its Finished; `change` may damage that. */
  async function handshake(change: (finished: Buffer) => void) {
    const mine = createCertificate();
    const { server, port } = await serve([{ algorithm: 'sha-256', value: mine.fingerprint }]);
    const client = new TestDtlsClient(mine);
    const socket = createSocket('udp4');
    running.push(
      () =>
        new Promise((resolve) => {
          socket.close(() => {
            resolve();
          });
        }),
    );
    const say = (datagrams: readonly Buffer[]): void => {
      for (const datagram of datagrams) {
        socket.send(datagram, port, '127.0.0.1');
      }
    };
    socket.on('message', (data) => {
      if (client.hasServerFlight) {
        return;
      }
      client.receive(data);
      if (!client.hasServerFlight) {
        return;
      }
      // Its own messages follow when the flight is whole.
      setImmediate(() => {
        say(client.datagrams(client.certificate()));
        say(client.datagrams(client.keyExchange()));
        say(client.datagrams(client.proof()));
        const finished = client.finished();
        change(finished.body);
        say([client.record(20, Buffer.from([1])), ...client.datagrams(finished, 1)]);
      });
    });
    say(client.datagrams(client.hello()));
    return server.outcome;
  }

  it('connects when it does nothing wrong', async () => {
    expect(await handshake(() => undefined)).toHaveProperty('connected');
  });

  it('is refused with a wrong Finished', async () => {
    const outcome = await handshake((finished) => {
      finished.writeUInt8(finished.readUInt8(3) ^ 1, 3);
    });
    expect(outcome).toEqual({ failed: 'the handshake was tampered with' });
  });
});
