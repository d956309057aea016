import { execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { loadLocalKey, mintToken } from '../auth/local-key.ts';
import { RANDOM_PASSWORD_COST, hashPassword } from '../auth/passwords.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import { offhook, spawnOffhook } from '../cli/testing/run.ts';
import { configFrom } from '../config.ts';
import { startGateway } from '../gateway.ts';
import type { Gateway } from '../gateway.ts';
import { silentLogger } from '../logging/logger.ts';
import { FakeMediaPlane } from '../media/testing/fake-media-plane.ts';
import { createSignalingServer } from '../signaling/server.ts';
import { makeBackup } from './backup.ts';
import type { BackupOutcome } from './backup.ts';
import { restoreBackup } from './restore.ts';
import type { RestoreOutcome } from './restore.ts';

let folder: string;
let data: string;
let elsewhere: string;
const undo: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
  data = join(folder, 'data');
  elsewhere = join(folder, 'elsewhere');
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) {
    await step();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function serve(dataDir: string): Promise<Gateway> {
  const drain = { callSeconds: 0, idleSeconds: 0 };
  const gateway = await startGateway(configFrom({ port: 0, dataDir, drain }), silentLogger(), {
    createSignaling: createSignalingServer,
    createMedia: () => new FakeMediaPlane(),
  });
  undo.push(() => gateway.close());
  return gateway;
}

async function addUsers(dataDir: string, names: readonly string[]): Promise<void> {
  const passwordHash = await hashPassword('correct horse', RANDOM_PASSWORD_COST);
  const store = new Store(databasePath(dataDir));
  for (const name of names) {
    const rest = { displayName: name, admin: false, generateRingback: false };
    new Users(store).add({ name, passwordHash, ...rest });
  }
  store.close();
}

function namesIn(dataDir: string): string[] {
  const store = new Store(databasePath(dataDir));
  const names = new Users(store).list().map(({ name }) => name);
  store.close();
  return names;
}

const OFFER =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\n';

/** Signs in with a token and dials a number that leads nowhere: a call with a record. */
async function dial(port: number, dataDir: string, number: string): Promise<void> {
  // First: a socket that opens while its token is made would be open before anybody listens.
  const token = await mintToken(loadLocalKey(dataDir), 'ann', 60, Date.now());
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/`);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      socket.send(frame('login', { login_token: token }));
    });
    socket.on('message', (text: Buffer) => {
      const { id, method } = JSON.parse(text.toString()) as { id?: string; method?: string };
      if (id === 'login') {
        socket.send(
          frame('telnyx_rtc.invite', {
            sdp: OFFER,
            dialogParams: { callID: crypto.randomUUID(), destination_number: number },
          }),
        );
      }
      if (method === 'telnyx_rtc.bye') {
        resolve();
      }
    });
  });
  socket.close();
}

function frame(method: string, params: object): string {
  const id = method === 'login' ? 'login' : 'other';
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

function callsIn(dataDir: string): string[] {
  const database = new DatabaseSync(join(dataDir, 'reports.sqlite'));
  const rows = database.prepare('SELECT destination FROM calls ORDER BY destination').all();
  database.close();
  return rows.map((row) => String(row['destination']));
}

const backup = (target: string): Promise<BackupOutcome> =>
  makeBackup({ dataDir: data, target, version: '0.1.0', elsewhere: [] });
const restore = (source: string, force = false): Promise<RestoreOutcome> =>
  restoreBackup({ source, dataDir: elsewhere, force });

/** Refused with words for people. */
async function expectRefusal(work: Promise<unknown>, message: string): Promise<void> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(['BackupError', 'FolderInUse', 'StartError']).toContain((error as Error).name);
  expect((error as Error).message).toContain(message);
}

describe('a backup of a running gateway', () => {
  it('has the users and calls of this moment, and starts a gateway elsewhere', async () => {
    await addUsers(data, ['ann']);
    const running = await serve(data);
    await addUsers(data, ['ben', 'cem']);
    await dial(running.port, data, '4711');
    await expect.poll(() => callsIn(data), { timeout: 10_000 }).toEqual(['4711']);
    mkdirSync(join(data, 'recordings'));
    writeFileSync(join(data, 'recordings', '1.wav'), 'RIFF');
    const config = join(folder, 'offhook.json');
    writeFileSync(config, JSON.stringify({ dataDir: data, dc: 'here' }));
    // Nothing of what the gateway wrote waits in a log beside its databases.
    expect(readdirSync(data).filter((name) => /-(wal|shm)$/.test(name))).toEqual([]);

    const tar = join(folder, 'of today.tar');
    const made = await offhook(['backup', tar, '-c', config]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain(`${tar} holds the data folder ${data}`);
    expect(made.stdout).toContain(`  ${config}\n`);
    expect(statSync(tar).mode & 0o777).toBe(0o600);
    expect(execFileSync('tar', ['tf', tar], { encoding: 'utf8' }).split('\n')).toEqual(
      expect.arrayContaining(['offhook.sqlite', 'reports.sqlite', 'token-secret', 'manifest.json']),
    );

    const restored = await restore(tar);
    expect(restored).toMatchObject({
      dataDir: elsewhere,
      manifest: { dataDir: data },
      aside: null,
    });
    expect(namesIn(elsewhere)).toEqual(['ann', 'ben', 'cem']);
    expect(callsIn(elsewhere)).toEqual(['4711']);
    expect(readFileSync(join(elsewhere, 'token-secret'))).toEqual(
      readFileSync(join(data, 'token-secret')),
    );
    expect(statSync(join(elsewhere, 'token-secret')).mode & 0o777).toBe(0o600);
    // The former gateway's tokens sign in at the new one.
    const second = await serve(elsewhere);
    await dial(second.port, data, '4712');
    await expect.poll(() => callsIn(elsewhere), { timeout: 10_000 }).toEqual(['4711', '4712']);
  });

  it('neither overwrites anything nor goes where it would be lost', async () => {
    await addUsers(data, ['ann']);
    const there = join(folder, 'there.tar');
    writeFileSync(there, 'mine');
    await expectRefusal(backup(there), `${there} is there already`);
    expect(readFileSync(there, 'utf8')).toBe('mine');
    await expectRefusal(backup(folder), 'is there already');
    await expectRefusal(backup(join(data, 'b.tar')), 'inside the data folder');
    await expectRefusal(backup(join(folder, 'b.tar.gz')), 'not compressed');
    await expectRefusal(backup(join(folder, 'no', 'b.tar')), 'There is no folder');
    data = join(folder, 'nothing');
    await expectRefusal(backup(join(folder, 'b.tar')), `There is no data folder ${data}`);
    expect(existsSync(data)).toBe(false);
  });

  it('keeps nobody from writing to its databases while it reads large recordings', async () => {
    await addUsers(data, ['ann']);
    mkdirSync(join(data, 'recordings'));
    writeFileSync(join(data, 'recordings', '1.wav'), '');
    truncateSync(join(data, 'recordings', '1.wav'), 300 * 2 ** 20);
    const store = new Store(databasePath(data));
    let running = true;
    const finished = offhook(['backup', join(folder, 'b.tar'), '--data-dir', data]).finally(() => {
      running = false;
    });
    let longest = 0;
    for (let count = 0; running; count += 1) {
      const begun = performance.now();
      store.setMeta('count', String(count));
      longest = Math.max(longest, performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    store.close();
    expect(await finished).toMatchObject({ code: 0, stderr: '' });
    expect(longest).toBeLessThan(1000);
  });

  it('has let go of its databases when it reads recordings', async () => {
    await addUsers(data, ['ann']);
    mkdirSync(join(data, 'recordings'));
    writeFileSync(join(data, 'recordings', '1.wav'), 'RIFF');
    const store = new Store(databasePath(data), { busyMs: 0 });
    const written: string[] = [];
    const onProgress = (file: string): void => {
      if (file.startsWith('recordings/')) {
        // Waits for nobody: it throws where the database is locked.
        store.setMeta('during', file);
        written.push(file);
      }
    };
    const target = join(folder, 'b.tar');
    await makeBackup({ dataDir: data, target, version: '0.1.0', elsewhere: [], onProgress });
    store.close();
    expect(written).toEqual(['recordings/1.wav']);
  });

  it('is never readable by others, not even the copy of a database that goes into it', async () => {
    await addUsers(data, ['ann']);
    const modes: number[] = [];
    const onProgress = (): void => {
      for (const name of readdirSync(folder).filter((each) => each.includes('.partial-'))) {
        modes.push(statSync(join(folder, name)).mode & 0o077);
      }
    };
    const target = join(folder, 'b.tar');
    await makeBackup({ dataDir: data, target, version: '0.1.0', elsewhere: [], onProgress });
    expect(modes.length).toBeGreaterThanOrEqual(2);
    expect(new Set(modes)).toEqual(new Set([0]));
  });

  it('leaves out lost+found, which only root may look into, and a restore leaves it where it is', async () => {
    await addUsers(data, ['ann']);
    await addUsers(elsewhere, ['zoe']);
    for (const place of [data, elsewhere]) {
      mkdirSync(join(place, 'lost+found'));
      writeFileSync(join(place, 'lost+found', '#12'), place);
    }
    const target = join(folder, 'b.tar');
    expect(await backup(target)).toMatchObject({ files: 1 });
    await restore(target, true);
    expect(namesIn(elsewhere)).toEqual(['ann']);
    expect(readFileSync(join(elsewhere, 'lost+found', '#12'), 'utf8')).toBe(elsewhere);
  });

  it('killed in the middle leaves no half one that looks whole', async () => {
    await addUsers(data, ['ann']);
    mkdirSync(join(data, 'recordings'));
    writeFileSync(join(data, 'recordings', '1.wav'), '');
    truncateSync(join(data, 'recordings', '1.wav'), 2 ** 29);
    const tar = join(folder, 'b.tar');
    const running = spawnOffhook(['backup', tar, '--data-dir', data]);
    const partial = (): string | undefined =>
      readdirSync(folder).find((name) => name.startsWith('b.tar.partial-'));
    const size = (): number => {
      const name = partial();
      return name === undefined ? 0 : statSync(join(folder, name)).size;
    };
    await expect.poll(size, { timeout: 20_000, interval: 5 }).toBeGreaterThan(1e6);
    running.child.kill('SIGKILL');
    await running.finished;
    expect(existsSync(tar)).toBe(false);
    await expectRefusal(restore(join(folder, partial() ?? '')), 'It ends');
    expect(existsSync(elsewhere)).toBe(false);
  });

  it('on a disk that is full ends in words and leaves nothing', async (context) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      context.skip('only root may mount a small disk');
    }
    undo.push(() => void execFileSync('umount', ['-l', disk]));
    await addUsers(data, ['ann']);
    mkdirSync(join(data, 'recordings'));
    writeFileSync(join(data, 'recordings', '1.wav'), Buffer.alloc(300_000));
    await expectRefusal(backup(join(disk, 'b.tar')), `the disk of ${disk} is full`);
    await expectRefusal(backup(join(disk, 'b')), `the disk of ${disk} is full`);
    expect(readdirSync(disk)).toEqual([]);
    await backup(join(folder, 'b.tar'));
    elsewhere = join(disk, 'data');
    await expectRefusal(restore(join(folder, 'b.tar')), 'is full');
    expect(readdirSync(disk)).toEqual([]);
  });
});

describe('a restore', () => {
  it.each(['b.tar', 'b'])(
    'of %s takes an empty folder only, unless told, and keeps the former aside',
    async (name) => {
      await addUsers(data, ['ann']);
      const target = join(folder, name);
      expect(await backup(target)).toMatchObject({ target, files: 1, gone: [] });
      await addUsers(elsewhere, ['zoe']);
      if (process.getuid?.() === 0) {
        chownSync(elsewhere, 65_534, 65_534);
      }
      await expectRefusal(restore(target), 'is not empty');
      expect(namesIn(elsewhere)).toEqual(['zoe']);
      const forced = await restore(target, true);
      expect(namesIn(elsewhere)).toEqual(['ann']);
      // Root restores for the user whose folder it is.
      if (process.getuid?.() === 0) {
        expect(statSync(databasePath(elsewhere)).uid).toBe(65_534);
      }
      expect(namesIn(forced.aside ?? '')).toEqual(['zoe']);
    },
  );

  it('that cannot move what is there puts everything back', async (context) => {
    await addUsers(data, ['ann']);
    await backup(join(folder, 'b.tar'));
    await addUsers(elsewhere, ['zoe']);
    const mounted = join(elsewhere, 'recordings');
    mkdirSync(mounted);
    try {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mounted], { stdio: 'ignore' });
    } catch {
      context.skip('only root may mount a disk');
    }
    undo.push(() => void execFileSync('umount', ['-l', mounted]));
    await expectRefusal(restore(join(folder, 'b.tar'), true), 'was not restored');
    expect(namesIn(elsewhere)).toEqual(['zoe']);
    const left = readdirSync(elsewhere);
    expect(left).toContain('recordings');
    expect(left.filter((name) => name.includes('restore'))).toEqual([]);
    await serve(elsewhere);
  });

  it('never goes to a folder that a gateway runs on', async () => {
    await addUsers(data, ['ann']);
    await backup(join(folder, 'b.tar'));
    elsewhere = data;
    await serve(data);
    await expectRefusal(restore(join(folder, 'b.tar'), true), 'a gateway runs on it');
    expect(namesIn(data)).toEqual(['ann']);
  });

  it('refuses what is cut, changed, no backup or of a newer Offhook, and leaves the folder as it was', async () => {
    await addUsers(data, ['ann']);
    const tar = join(folder, 'b.tar');
    await backup(tar);
    const whole = readFileSync(tar);
    const broken = join(folder, 'broken.tar');
    for (const end of [0, 700, 1024, Math.floor(whole.length / 2), whole.length - 1024]) {
      writeFileSync(broken, whole.subarray(0, end));
      await expectRefusal(restore(broken), 'was not restored');
    }
    const changed = Buffer.from(whole);
    changed.writeUInt8(changed.readUInt8(2000) ^ 1, 2000);
    writeFileSync(broken, changed);
    await expectRefusal(restore(broken), 'It is damaged: offhook.sqlite');
    writeFileSync(broken, 'no archive at all'.repeat(100));
    await expectRefusal(restore(broken), 'It is no archive');
    await expectRefusal(restore(join(folder, 'missing.tar')), 'There is no backup');
    await expectRefusal(restore(data), 'its manifest is missing');

    const database = new DatabaseSync(databasePath(data));
    database.exec("INSERT INTO migrations VALUES (99, 'of tomorrow', 0)");
    database.close();
    await backup(join(folder, 'newer.tar'));
    await expectRefusal(restore(join(folder, 'newer.tar')), 'made by a newer Offhook');
    expect(existsSync(elsewhere)).toBe(false);
  });

  it('that was cut short keeps gateways away until it was done again', async () => {
    await addUsers(data, ['ann']);
    await backup(join(folder, 'b.tar'));
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'restore-unfinished'), '');
    await expectRefusal(serve(elsewhere), 'was cut short');
    await restore(join(folder, 'b.tar'));
    await serve(elsewhere);
  });
});

it('a hostile archive writes nothing outside the folder', async () => {
  await addUsers(data, ['ann']);
  mkdirSync(join(folder, 'sub'));
  const tar = join(folder, 'evil.tar');
  writeFileSync(join(folder, 'outside'), 'evil');
  await new Promise((resolve) => {
    spawn('tar', ['-cPf', tar, '../outside'], { cwd: join(folder, 'sub') }).once('exit', resolve);
  });
  rmSync(join(folder, 'outside'));
  await expectRefusal(restore(tar), 'a file outside');
  expect(existsSync(join(folder, 'outside'))).toBe(false);
});
