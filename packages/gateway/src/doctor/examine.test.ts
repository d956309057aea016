import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDemoAccounts } from '../auth/demo.ts';
import { Devices } from '../auth/devices.ts';
import { makeHa1 } from '../auth/digest-hash.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import { configFrom } from '../config.ts';
import { FolderLock } from '../data-folder/lock.ts';
import { edgeConfigFrom } from '../edge/edge-config.ts';
import { makeCertificate } from '../http/testing/certificate.ts';
import { silentLogger } from '../logging/logger.ts';
import { writeSuccess } from '../media/embedded/net/stun.ts';
import { reportsPath } from '../reports/sqlite/schema.ts';
import { SqliteReports } from '../reports/sqlite/store.ts';
import { examineEdge } from './edge.ts';
import { examine } from './examine.ts';
import type { Finding } from './finding.ts';
import { checkNode } from './machine.ts';

let folder: string;
let servers: Server[];
let sockets: Socket[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
  servers = [];
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) {
    socket.close();
  }
  for (const server of servers) {
    await new Promise((resolve) => server.close(resolve));
  }
  rmSync(folder, { recursive: true, force: true });
});

async function look(
  subject: string,
  config: Record<string, unknown> = {},
): Promise<Finding | undefined> {
  const findings = await examine(configFrom({ port: 0, dataDir: folder, ...config }));
  return findings.find((finding) => finding.subject === subject);
}

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A STUN server that tells everybody where it sees them. */
async function stunServer(): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (data, { address, port }) => {
    socket.send(writeSuccess(data, address, port, 'unknown to the client'), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  sockets.push(socket);
  return socket.address().port;
}

const containing = (text: string): string => expect.stringContaining(text) as string;

describe('the doctor', () => {
  it('finds nothing that fails on a machine that can serve, and tells each finding what to do', async () => {
    const findings = await examine(
      configFrom({
        port: 0,
        dataDir: folder,
        publicUrl: 'https://phone.example.com',
        media: { publicAddress: ['8.8.8.8'] },
      }),
    );
    expect(findings.filter((finding) => finding.level === 'FAIL')).toEqual([]);
    for (const finding of findings) {
      expect(finding.fix === undefined).toBe(finding.level === 'OK');
    }
  });

  it('says whether browsers can be woken, and what they want for it', async () => {
    expect(await look('push')).toMatchObject({ level: 'WARN', message: containing('https only') });
    const tls = await makeCertificate('phone.example.com');
    writeFileSync(join(folder, 'cert.pem'), tls.cert);
    writeFileSync(join(folder, 'key.pem'), tls.key);
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    expect(await look('push', { tls: files })).toMatchObject({
      level: 'WARN',
      fix: containing('push.subject'),
    });
    expect(
      await look('push', { tls: files, push: { subject: 'mailto:phones@example.com' } }),
    ).toMatchObject({ level: 'OK', message: containing('phones@example.com') });
    expect(await look('push', { publicUrl: 'https://phone.example.com' })).toMatchObject({
      level: 'OK',
    });
    expect(await look('push', { push: { enabled: false } })).toMatchObject({ level: 'OK' });
  });

  it('reads no large database that a gateway writes to, and says so', async () => {
    const path = reportsPath(folder);
    writeFileSync(path, '');
    truncateSync(path, 65 * 2 ** 20);
    const lock = FolderLock.take(folder, 'gateway');
    expect(await look('reports database')).toMatchObject({
      level: 'OK',
      message: containing('was not read: a gateway writes to it'),
    });
    lock.release();
    expect(await look('reports database')).toMatchObject({ level: 'FAIL' });
  });

  it('knows which Node can run the gateway', () => {
    expect(checkNode('24.0.0').level).toBe('OK');
    expect(checkNode('22.20.0').level).toBe('OK');
    expect(checkNode('22.19.0').level).toBe('FAIL');
    expect(checkNode('20.19.0').level).toBe('FAIL');
  });

  it('tells a port that is taken by a gateway from one that is taken by something else', async () => {
    const other = await listen(createServer((socket) => socket.destroy()));
    expect(await look('port', { port: other })).toMatchObject({
      level: 'FAIL',
      message: containing('in use'),
    });
    const gateway = await listen(
      createHttpServer((_request, response) => response.end('{"status":"ok"}')),
    );
    expect(await look('port', { port: gateway })).toMatchObject({
      level: 'OK',
      message: containing('already answers'),
    });
  });

  it('tries UDP ports: some that are taken are a warning, all of them a failure', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    const range = (first: number, last: number) => ({
      media: { bind: ['127.0.0.1'], portMin: first, portMax: last, workers: 1 },
    });
    try {
      expect(await look('media ports', range(port, port))).toMatchObject({
        level: 'FAIL',
        message: containing('EADDRINUSE'),
      });
      expect(await look('media ports', range(port - 5, port))).toMatchObject({ level: 'WARN' });
    } finally {
      await new Promise<void>((resolve) => socket.close(resolve));
    }
    expect(await look('media ports', range(port, port))).toMatchObject({ level: 'OK' });
  });

  it.each([
    ['8.8.8.8', 'OK'],
    ['10.0.0.1', 'WARN'],
    ['127.0.0.1', 'FAIL'],
  ])('finds %s as the only media address: %s', async (address, level) => {
    expect(await look('public address', { media: { publicAddress: [address] } })).toMatchObject({
      level,
    });
  });

  it('says what it finds for names and STUN servers, as serve does', async () => {
    const found = (publicAddress: string) =>
      look('public address', { media: { publicAddress: [publicAddress] } });
    expect(await found('localhost')).toMatchObject({
      level: 'FAIL',
      message: containing('loopback'),
    });
    expect(await found('no-such-host.invalid')).toMatchObject({
      level: 'FAIL',
      message: containing('nothing is found for no-such-host.invalid'),
    });
    // Seen from loopback we are at loopback, which is no address for others.
    const port = await stunServer();
    expect(await found(`stun:127.0.0.1:${String(port)}`)).toMatchObject({
      level: 'FAIL',
      message: containing('127.0.0.1 (stun:127.0.0.1'),
    });
  });

  it.each([
    ['OK', 'on port 0', { host: '0.0.0.0' }],
    ['OK', 'off: media.iceTcp is false', { media: { iceTcp: false } }],
    ['WARN', 'the proxy ends TLS', { trustProxy: ['loopback'] }],
    ['OK', 'on port 443', { trustProxy: ['loopback'], media: { publicTcpPort: 443 } }],
    [
      'OK',
      'off: the proxy ends TLS',
      { trustProxy: ['loopback'], turn: { urls: ['turn:127.0.0.1:3478'], secret: 's' } },
    ],
  ])('media over TCP: %s, %s', async (level, message, config) => {
    expect(await look('media over TCP', config)).toMatchObject({
      level,
      message: containing(message),
    });
  });

  it.each([
    ['FAIL', { host: '0.0.0.0' }],
    ['WARN', { host: '0.0.0.0', trustProxy: ['10.0.0.1'] }],
    ['WARN', {}],
    ['OK', { trustProxy: ['loopback'] }],
  ])('without TLS: %s for %j', async (level, config) => {
    expect(await look('tls', config)).toMatchObject({ level });
  });

  it('looks into the certificate: key, name and end', async () => {
    const at = (name: string): string => join(folder, name);
    for (const name of ['a', 'b']) {
      const { cert, key } = await makeCertificate('phone.example.com');
      writeFileSync(at(`${name}.pem`), cert);
      writeFileSync(at(`${name}.key`), key);
    }
    const tls = { cert: at('a.pem'), key: at('a.key') };
    const publicUrl = 'https://phone.example.com';
    expect(await look('tls', { tls, publicUrl })).toMatchObject({
      level: 'WARN',
      message: containing('expires in 4 days'),
    });
    expect(await look('tls', { tls, publicUrl: 'https://other.example.com' })).toMatchObject({
      level: 'FAIL',
      message: containing('is not for'),
    });
    expect(await look('tls', { tls: { ...tls, key: at('b.key') }, publicUrl })).toMatchObject({
      level: 'FAIL',
      message: containing('does not belong'),
    });
    expect(await look('tls', { tls: { ...tls, cert: at('none') }, publicUrl })).toMatchObject({
      level: 'FAIL',
      message: containing('ENOENT'),
    });
  });

  it('says in words that a database is damaged', async () => {
    const path = databasePath(folder);
    const store = new Store(path);
    for (let index = 0; index < 200; index += 1) {
      const name = `user${String(index)}`;
      const rest = { displayName: name, admin: false, generateRingback: false };
      new Users(store).add({ name, passwordHash: 'x'.repeat(200), ...rest });
    }
    store.close();
    expect(await look('users database')).toMatchObject({ level: 'OK' });
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 5 * 4096, 7 * 4096);
    writeFileSync(path, bytes);
    expect(await look('users database')).toMatchObject({
      level: 'FAIL',
      message: containing('is damaged'),
      fix: containing('backup'),
    });
    writeFileSync(path, 'junk'.repeat(4096));
    expect(await look('users database')).toMatchObject({
      level: 'FAIL',
      message: containing('cannot be read'),
    });
  });

  it('looks whether the keys of assistants can be read, and at the file of the administrators', async () => {
    expect(await look('assistants')).toBeUndefined();
    const engine = (key: object) => ({
      kind: 'openai-realtime',
      url: 'wss://api.example.com',
      model: 'm',
      key,
    });
    const desk = (key: object) => ({
      assistants: [{ id: 'desk', versions: [{ version: '1', engine: engine(key) }] }],
    });
    expect(await look('assistants', desk({ env: 'PATH' }))).toMatchObject({ level: 'OK' });
    expect(await look('assistants', desk({ file: join(folder, 'no-key') }))).toMatchObject({
      level: 'FAIL',
      message: containing('desk: the key file'),
    });
    writeFileSync(join(folder, 'assistants.json'), '{"not": "assistants"}');
    expect(await look('assistants')).toMatchObject({ level: 'FAIL' });
  });

  it('looks at the file of an edge: certificate, and whether each gateway answers', async () => {
    const port = await listen(
      createHttpServer((_request, response) => response.end('{"status":"ok"}')),
    );
    const edge = edgeConfigFrom({
      host: '0.0.0.0',
      secret: 'a shared secret of 32 characters or more',
      tls: { cert: join(folder, 'no.pem'), key: join(folder, 'no.key') },
      upstreams: {
        here: { url: `http://127.0.0.1:${String(port)}` },
        gone: { url: 'http://127.0.0.1:9' },
      },
      pools: { default: ['here', 'gone'] },
    });
    const findings = await examineEdge(edge, silentLogger());
    expect(findings).toMatchObject([
      { subject: 'configuration', level: 'OK' },
      { subject: 'tls', level: 'FAIL', message: containing('ENOENT') },
      { subject: 'gateway', level: 'OK', message: containing('here') },
      { subject: 'gateway', level: 'FAIL', message: containing('gone') },
    ]);
  });

  it('warns where tokens of anybody would sign in', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const publicKeys = [publicKey.export({ type: 'spki', format: 'pem' })];
    expect(await look('tokens', { auth: { jwt: { publicKeys } } })).toMatchObject({
      level: 'WARN',
      message: containing('audience'),
    });
    const named = { publicKeys, audience: ['offhook'], issuer: ['https://id.example'] };
    expect(await look('tokens', { auth: { jwt: named } })).toBeUndefined();
  });

  it('looks into the data folder: who can sign in, whose it is, who can read its secret', async () => {
    expect(await look('users')).toMatchObject({ level: 'WARN', message: 'nobody can sign in yet' });
    const secrets = ['a shared secret of 32 bytes or more'];
    expect(await look('users', { auth: { jwt: { secrets } } })).toMatchObject({ level: 'OK' });
    const store = new Store(databasePath(folder));
    await createDemoAccounts(store, new Users(store), 1);
    store.close();
    expect(await look('users')).toMatchObject({
      level: 'FAIL',
      message: containing('belongs to a demo'),
    });
    expect(await look('token secret')).toBeUndefined();
    writeFileSync(join(folder, 'token-secret'), 'x'.repeat(43));
    chmodSync(join(folder, 'token-secret'), 0o644);
    expect(await look('token secret')).toMatchObject({
      level: 'FAIL',
      message: containing('chmod 600'),
    });
  });

  it('looks at where phones sign in: the port, their realm, and who else can try', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    sockets.push(socket);
    const { port } = socket.address();
    const sip = (realm: string, more = {}) => ({
      sip: { bind: '127.0.0.1', port, devices: { realm }, ...more },
    });
    expect(await look('registrar', sip('a.example'))).toMatchObject({
      level: 'FAIL',
      message: containing('EADDRINUSE'),
    });
    socket.on('message', (_data, from) => {
      socket.send('SIP/2.0 200 OK\r\n\r\n', from.port, from.address);
    });
    expect(await look('registrar', sip('a.example'))).toMatchObject({
      level: 'OK',
      message: containing('answers'),
    });
    const store = new Store(databasePath(folder));
    const rest = { displayName: '', passwordHash: 'x', admin: false, generateRingback: false };
    new Users(store).add({ name: 'ann', ...rest });
    const ha1 = makeHa1('ann~desk', 'a.example', 'secret');
    new Devices(store).add({ user: 'ann', name: 'desk', realm: 'a.example', ha1 });
    store.close();
    expect(await look('devices', sip('a.example'))).toMatchObject({ level: 'OK' });
    expect(await look('devices', sip('b.example'))).toMatchObject({
      level: 'WARN',
      message: containing('another realm'),
    });
    expect(await look('phones', sip('a.example'))).toBeUndefined();
    expect(await look('phones', sip('a.example', { publicAddress: '8.8.8.8' }))).toMatchObject({
      level: 'WARN',
      fix: containing('firewall'),
    });
  });

  it('says which pages may connect, and which of them get no microphone', async () => {
    expect(await look('origins')).toMatchObject({
      level: 'WARN',
      message: 'only pages on this machine may connect',
    });
    expect(await look('origins', { publicUrl: 'https://a.example' })).toMatchObject({
      level: 'OK',
    });
    expect(await look('origins', { origins: ['http://a.example'] })).toMatchObject({
      level: 'WARN',
      message: containing('not https'),
    });
    expect(await look('origins', { origins: ['http://localhost:3000'] })).toMatchObject({
      level: 'OK',
    });
  });

  it('looks up the TURN host and fetches the key set', async () => {
    const turn = (host: string) => ({ turn: { urls: [`turn:${host}:3478`], secret: 's' } });
    expect(await look('turn', turn('127.0.0.1'))).toMatchObject({ level: 'OK' });
    expect(await look('turn', turn('no-such-host.invalid'))).toMatchObject({
      level: 'WARN',
      message: containing('not found'),
    });
    const port = await listen(
      createHttpServer((request, response) =>
        response.end(request.url === '/keys' ? '{"keys":[]}' : '{}'),
      ),
    );
    const jwt = (path: string) => ({
      auth: {
        jwt: { jwksUrl: `http://127.0.0.1:${String(port)}${path}`, audience: ['offhook'] },
      },
    });
    expect(await look('key set', jwt('/keys'))).toMatchObject({ level: 'OK' });
    expect(await look('key set', jwt('/other'))).toMatchObject({ level: 'FAIL' });
  });
});

describe('webhooks that wait', () => {
  const url = 'https://crm.example.com/calls';
  const webhooks = { urls: [url], secret: '0123456789abcdef' };
  const wait = (createdAt: number): void => {
    const store = new SqliteReports({ dataDir: folder, retentionDays: 30, maxBytes: 2 ** 30 });
    store.addDeliveries([{ id: String(createdAt), call: 'c1', url, body: '{}', createdAt }]);
    store.close();
  };

  it('are told, and warned of when their receiver has not taken them for long', async () => {
    expect(await look('webhooks', { webhooks })).toBeUndefined();
    wait(Date.now());
    expect(await look('webhooks', { webhooks })).toMatchObject({
      level: 'OK',
      message: expect.stringContaining('1 wait for crm.example.com') as string,
    });
    wait(Date.now() - 3_600_000);
    expect(await look('webhooks', { webhooks })).toMatchObject({ level: 'WARN' });
  });
});
